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
#include "proxy/settings.h"

namespace badgate::proxy {

// One attempt at an upstream server (ngx_http_upstream_state_t).
struct UpstreamState {
  std::string peer;  // "127.0.0.1:81", "unix:/path", the group's name; empty: none was reached
  int status = 0;    // of the response, or of the failure; 0: "-"
  std::optional<net::Duration> connect_time;  // 0 on a kept connection; nothing: "-"
  std::optional<net::Duration> header_time;
  std::optional<net::Duration> response_time;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;   // header and body, as they came
  std::uint64_t response_length = 0;  // body bytes, without header and chunk heads
};

// A request as it ended. The views and lists must be good while the line is written.
struct AccessRecord {
  net::WallTime now{};           // when the request ended
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
  std::string_view args;
  std::string_view request_uri;  // as sent
  std::string_view protocol;     // "HTTP/1.1"; empty: not known
  std::string_view host;         // $host: RequestHead::host; empty: server_name stands in
  std::uint64_t request_length = 0;
  const net::http1::HeaderList* request_headers = nullptr;

  int status = 0;                 // 9: the response had no status line
  std::uint64_t bytes_sent = 0;   // to the client, for this request
  std::uint64_t header_size = 0;  // how many of them were the head's
  bool complete = false;          // $request_completion
  // As sent to the client, Content-Length and Connection included.
  const net::http1::HeaderList* response_headers = nullptr;

  const std::vector<UpstreamState>* upstream_states = nullptr;
};

// A log_format.
class LogFormat {
 public:
  // Text with $variables and ${variables}. The Error names the unknown variable and the nearest
  // known one.
  static net::Result<LogFormat> compile(std::string_view text);

  // nginx's `combined` and, behind it, what tells the causes of a 50x apart.
  static std::string_view default_text();

  // Without the line feed. `join_headers`: several headers of one name are joined with ", "
  // (Rules::join_headers), else the first counts.
  std::string format(const AccessRecord& record, bool join_headers) const;

 private:
  // Appends a value, not escaped; false: nginx's "not found", which is logged as "-".
  using Getter = bool (*)(std::string& out, const AccessRecord& record, std::string_view argument,
                          bool join_headers);
  struct Part {
    std::string text;  // a literal, or the header's name of $http_… and $sent_http_…
    Getter getter = nullptr;
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
  bool join_headers_;
};

// $upstream_addr and so on: values joined with ", ", or " : " after an attempt without a peer.
std::string upstream_addr(const std::vector<UpstreamState>& states);
std::string upstream_status(const std::vector<UpstreamState>& states);
std::string upstream_time(const std::vector<UpstreamState>& states,
                          std::optional<net::Duration> UpstreamState::*which);
std::string upstream_bytes(const std::vector<UpstreamState>& states,
                           std::uint64_t UpstreamState::*which);

// As the default escaping of log_format: `"`, `\` and everything outside of printable ASCII
// becomes \xXX.
void append_escaped(std::string& out, std::string_view value);

}  // namespace badgate::proxy
