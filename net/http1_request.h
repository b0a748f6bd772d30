// RequestParser: reads a request's head as nginx reads it from a client, limits and refusals
// included (ngx_http_parse_request_line, ngx_http_process_request_headers and what they call).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http1_header_line.h"
#include "net/http1_message.h"
#include "net/http1_uri.h"

namespace badgate::net::http1 {

struct RequestRules {
  std::size_t client_header_buffer_size = 1024;
  std::size_t large_client_header_buffers = 4;
  std::size_t large_client_header_buffer_size = 8192;
  bool underscores_in_headers = false;
  bool ignore_invalid_headers = true;
  bool merge_slashes = true;
  // nginx always does; a back end behind it may be sent any Host, or none.
  bool check_host = true;
};

struct RequestHead {
  std::string method;
  std::string request_line;  // without its line end; on errors see RequestParser::feed
  std::string raw_uri;       // $request_uri: the path and query as sent
  std::string path;          // $uri: decoded, dots resolved, slashes merged; for choosing locations
  std::string args;          // $args: the query as sent
  bool empty_path = false;   // "http://host?args": nginx then builds the URI anew when it passes it
  int version = version_10;  // nginx's answer to a line it cannot read is an HTTP/1 response
  HeaderList headers;        // in order; invalid ones are left out
  std::string uri_host;      // of an absolute URI, normalised; wins over the Host header
  std::string host;          // $host: uri_host or the Host header's, lower case, without port
  std::optional<std::string> host_header;  // as sent, with port
  std::optional<std::int64_t> content_length;
  bool chunked = false;
  bool keepalive = false;        // by version and Connection, before keepalive_* limits
  bool expect_continue = false;  // "Expect: 100-continue" of an HTTP/1.1 request
  bool upgrade = false;          // has an Upgrade header
  std::size_t length = 0;        // $request_length of the head

  Framing framing() const;  // of the body; a request without length or chunks has none
};

// Why nginx refuses a request.
struct RequestError {
  int status = 400;  // nginx's own code: 494 is sent and logged as 400
  LogNote note;
  bool lingering_close = false;

  int sent_status() const { return status == 494 ? 400 : status; }
};

class RequestParser {
 public:
  enum class State { need_more, done, error };
  struct Step {
    State state = State::need_more;
    std::size_t consumed = 0;  // bytes after that are the body's, or the next request's
  };

  explicit RequestParser(RequestRules rules = {});

  // Reads until the head is done or refused, or the bytes are over. After `done` or `error` it
  // reads nothing until `reset`.
  // When the request line is refused, head().request_line is what nginx logs: all that had been
  // read by then up to a line end. So it alone depends on how the bytes were cut.
  Step feed(std::string_view bytes);

  State state() const { return state_; }
  // No byte has been read yet: the peer may close without offence.
  bool idle() const { return !any_; }
  const RequestHead& head() const { return head_; }
  RequestHead& head() { return head_; }
  const RequestError& error() const { return error_; }  // after State::error

  // Notes that refuse nothing (headers left out, at level info); the error's is not among them.
  const std::vector<LogNote>& notes() const { return notes_; }

  // While the request line is not complete: what has been read of it, without its line end.
  std::string_view partial_line() const {
    return part_ == Part::line ? std::string_view(line_).substr(0, line_.find_first_of("\r\n"))
                               : std::string_view();
  }

  // What nginx says it does at this point, to be appended to a note as " while …": "reading client
  // request line", "reading client pipelined request line" or "reading client request headers".
  std::string_view action() const;

  // For the next request of a connection, in the memory of the last one; `pipelined`: its first
  // bytes have come with the last one's.
  void reset(bool pipelined = false);

 private:
  enum class Part : std::uint8_t { line, headers };
  enum class LineState : std::uint8_t;
  enum class Outcome : std::uint8_t;
  enum class Connection : std::uint8_t { unsaid, close, keep_alive };

  std::size_t feed_line(std::string_view bytes);
  Outcome line_step(unsigned char c, std::size_t at);
  Outcome before_uri(unsigned char c, std::size_t at);
  Outcome authority_step(unsigned char c, std::size_t at);
  Outcome authority_end(unsigned char c, std::size_t at);
  Outcome uri_step(unsigned char c, std::size_t at);
  Outcome after_uri(unsigned char c);
  Outcome version_step(unsigned char c);
  std::size_t skip_uri(std::size_t at) const;
  void refuse_line(Outcome outcome);
  void finish_line();
  bool take_uri();
  bool take_host();

  std::size_t feed_headers(std::string_view bytes);
  void take_header();
  bool check_unique(const Header& header);
  bool check_host_header(const Header& header);
  void take_connection(std::string_view value);
  void finish_headers();
  bool check_framing();
  void settle_keepalive();

  void next_buffer();
  void refuse_too_long_header();
  std::string last_line() const;
  bool refuse(int status, std::string text);

  RequestRules rules_;
  State state_ = State::need_more;
  Part part_ = Part::line;
  bool any_ = false;
  bool pipelined_ = false;
  RequestHead head_;
  RequestError error_;
  std::vector<LogNote> notes_;
  HeaderLineScanner scanner_;
  bool any_header_ = false;
  Connection connection_ = Connection::unsaid;
  // Index + 1 in head_.headers of the headers that may come only once; 0: not yet.
  std::array<std::uint32_t, 10> once_{};
  std::uint32_t host_at_ = 0;

  // The request line as far as read, and where in it things begin and end.
  LineState line_state_;
  std::string line_;
  std::size_t literal_ = 0;  // how much of "HTTP/" has been read
  std::size_t method_end_ = 0;
  bool absolute_ = false;  // "http://host/path"
  std::size_t host_start_ = 0;
  std::size_t host_end_ = 0;
  std::size_t uri_start_ = 0;
  std::size_t uri_end_ = 0;
  int major_ = 0;
  int minor_ = 9;  // unless the line names a version

  // nginx's buffers: how much the current one still takes, and how many large ones are in use.
  std::size_t room_ = 0;
  std::size_t large_used_ = 0;
};

}  // namespace badgate::net::http1
