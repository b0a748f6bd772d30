// AccessLog: one line for each request, from a log_format compiled once, with nginx's variables,
// separators and escapes (ngx_http_log_module.c, ngx_http_variables.c, ngx_http_upstream.c).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http1_message.h"
#include "net/result.h"
#include "net/time.h"
#include "proxy/logs.h"
#include "proxy/upstream_state.h"

namespace badgate::proxy {

// A request as it ended. The views and lists must be good while the line is written.
struct AccessRecord {
  net::WallTime now{};           // when the request ended
  net::TimePoint started{};      // on the clock of the loop
  net::Duration request_time{};  // since its first byte was read
  std::uint64_t connection = 0;
  std::uint64_t connection_requests = 0;  // this one included
  bool pipelined = false;

  std::string_view remote_addr;  // Address::host()
  std::uint16_t remote_port = 0;
  std::string_view server_addr;  // Address::host()
  std::uint16_t server_port = 0;
  std::string_view server_name;

  std::optional<std::string_view> request;  // the request line; nothing: no byte of it came
  std::string_view method;                  // empty: not known
  std::string_view uri;                     // $uri: decoded path
  std::string_view args;                    // the query; empty is logged as "-"
  std::string_view request_uri;             // as sent
  std::string_view protocol;                // "HTTP/1.1"; empty: not known
  std::string_view proxy_host;              // of proxy_pass
  std::string_view document_root;           // `root`
  std::string_view fastcgi_script_name;     // empty without fastcgi_pass
  std::string_view fastcgi_path_info;
  std::string_view nginx_version;
  std::string_view host;  // $host: RequestHead::host; empty: server_name stands in
  std::uint64_t request_length = 0;
  std::optional<std::uint64_t> body_length;  // of a chunked body that has come completely
  const net::http1::HeaderList* request_headers = nullptr;

  int status = 0;                 // 9: the response had no status line
  std::uint64_t bytes_sent = 0;   // to the client, for this request
  std::uint64_t header_size = 0;  // how many of them were the head's
  bool complete = false;          // $request_completion
  bool ssl = false;               // $scheme, $https
  // As sent to the client, Content-Length and Connection included.
  const net::http1::HeaderList* response_headers = nullptr;

  const std::vector<UpstreamState>* upstream_states = nullptr;
};

// Appends a variable's value, not escaped; false: nginx's "not found", which is logged as "-".
// `header`: the name asked for by $http_… and $sent_http_….
using LogGetter = bool (*)(std::string& out, const AccessRecord& record, std::string_view header,
                           bool join_headers);

// A log_format.
class LogFormat {
 public:
  // Text with $variables and ${variables}. The Error names the unknown variable and the nearest
  // known one.
  static net::Result<LogFormat> compile(std::string_view text);

  // nginx's `combined` and, behind it, what tells the causes of a 50x apart, under the short names
  // that many configurations use.
  static constexpr std::string_view default_text() {
    return "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent "
           "\"$http_referer\" \"$http_user_agent\" rt=$request_time ua=\"$upstream_addr\" "
           "us=\"$upstream_status\" uct=\"$upstream_connect_time\" "
           "uht=\"$upstream_header_time\" urt=\"$upstream_response_time\" "
           "ubs=\"$upstream_bytes_sent\" ubr=\"$upstream_bytes_received\" "
           "cl=$sent_http_content_length conn=$connection reqs=$connection_requests";
  }

  // Appends the line, without the line feed. `join_headers`: several headers of one name are joined
  // with ", " (Rules::join_headers), else the first counts.
  void append(std::string& line, const AccessRecord& record, bool join_headers) const;
  // The value alone: nothing is escaped, and what is not there is empty. Not for logs.
  std::string evaluate(const AccessRecord& record, bool join_headers) const;

 private:
  struct Part {
    std::string text;            // a literal, or the header's name of $http_… and $sent_http_…
    LogGetter getter = nullptr;  // nothing: a literal
  };
  std::vector<Part> parts_;
};

class AccessLog {
 public:
  // `sink` must outlive it.
  AccessLog(LogSink& sink, LogFormat format, bool join_headers);
  void write(const AccessRecord& record);

 private:
  LogSink& sink_;
  LogFormat format_;
  std::string line_;
  bool join_headers_;
};

// As the default escaping of log_format: `"`, `\` and everything outside of printable ASCII
// becomes \xXX.
void append_escaped(std::string& out, std::string_view value);

}  // namespace badgate::proxy
