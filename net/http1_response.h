// ResponseParser: reads a response's head as nginx's proxy module reads it from an upstream
// (ngx_http_proxy_process_status_line, ngx_http_proxy_process_header and the handlers of
// ngx_http_upstream.c), or its FastCGI module the head of a CGI response, which has no status line
// (ngx_http_fastcgi_process_header). All differences between nginx versions are in ResponseRules.
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

namespace badgate::net::http1 {

struct ResponseRules {
  // Since 1.23.0: bad, negative or duplicate Content-Length, Content-Length together with
  // Transfer-Encoding, unknown or duplicate Transfer-Encoding are refused; before, a bad length is
  // ignored, the last of two wins, and a Transfer-Encoding that contains "chunked" is chunked.
  bool reject_bad_framing = false;
  // Since 1.23.0: the second Date, Server, ETag, … is logged and dropped; before, nothing is said.
  bool drop_duplicates = false;
  // Since 1.29.0: a 103 is read over and the next head is the response; before, it is the response.
  bool skip_early_hints = false;
  // Since 1.25.3: the client of a CGI response "Status: 404" gets nginx's own words for the number;
  // before, none.
  bool words_for_bare_status = false;

  // `version` is major * 1000000 + minor * 1000 + patch, as nginx's own nginx_version: 1022001.
  static ResponseRules of(int version);
};

struct ResponseHead {
  int version = version_10;
  int status = 0;
  std::string status_line;                     // "200 OK": what nginx passes on after "HTTP/1.1 "
  HeaderList headers;                          // in order
  std::optional<std::int64_t> content_length;  // nothing if chunked
  bool chunked = false;
  bool connection_close = false;  // nginx's u->headers_in.connection_close: HTTP/1.0, or said so

  // How nginx finds the end of the body (ngx_http_proxy_input_filter_init).
  Framing framing(bool head_request) const;
  // nginx's u->keepalive once the head is read: only a response without body may already be kept
  // alive; others may be when their body has ended, if not connection_close.
  bool keepalive_without_body(bool head_request) const;
};

class ResponseParser {
 public:
  // CGI (RFC 3875, section 6): the status is in the header "Status", if anywhere, and a
  // Transfer-Encoding takes no Content-Length away.
  enum class Form : std::uint8_t { http, cgi };

  enum class State {
    need_more,
    done,
    not_http,  // no status line: nginx passes all bytes raw, as HTTP/0.9
    invalid,   // nginx answers 502, condition invalid_header
  };
  struct Step {
    State state = State::need_more;
    // For `done`, where the body begins. For `not_http` it is 0, and what earlier feeds had read as
    // a status line is raw too: partial_status_line() comes before the bytes of this feed. (Before
    // the fix of CVE-2026-42946 nginx lost it, as its b->pos had moved on.)
    std::size_t consumed = 0;
  };

  explicit ResponseParser(ResponseRules rules = {}, Form form = Form::http);

  // Reads until the head is done or refused, or the bytes are over. The caller bounds the size of a
  // head ("upstream sent too big header") and so the parser's memory.
  Step feed(std::string_view bytes);

  State state() const { return state_; }
  const ResponseHead& head() const { return head_; }
  ResponseHead& head() { return head_; }
  // For `invalid` and `not_http`, what nginx logs, at level error.
  const LogNote& error() const { return error_; }
  // Warnings that refuse nothing; they may grow with each feed.
  const std::vector<LogNote>& notes() const { return notes_; }
  std::string_view partial_status_line() const { return line_; }
  // How many 103 heads were read over.
  int early_hints() const { return early_hints_; }

  void reset();

 private:
  enum class LineState : std::uint8_t;
  enum class Outcome : std::uint8_t;

  std::size_t feed_status_line(std::string_view bytes);
  Outcome line_step(unsigned char c, std::size_t at);
  Outcome version_step(unsigned char c);
  Outcome status_step(unsigned char c, std::size_t at);
  void finish_status_line(std::size_t end);
  void refuse_status_line(std::size_t from);

  std::size_t feed_headers(std::string_view bytes);
  void take_header();
  bool take_content_length(const Header& header);
  bool take_transfer_encoding(const Header& header);
  void drop_duplicate(Header& header);
  bool refuse_duplicate(const Header& header, const Header& previous);
  bool refuse_both_framings();
  void finish_headers();
  bool take_cgi_status();
  bool refuse(std::string text);
  void start_head();

  ResponseRules rules_;
  Form form_;
  State state_ = State::need_more;
  ResponseHead head_;
  LogNote error_;
  std::vector<LogNote> notes_;
  HeaderLineScanner scanner_;
  bool in_headers_ = false;
  int early_hints_ = 0;

  // The status line as far as read.
  LineState line_state_;
  std::string line_;
  std::size_t literal_ = 0;  // how much of "HTTP/" has been read
  int major_ = 0;
  int minor_ = 0;
  int digits_ = 0;  // of the status code
  std::size_t status_at_ = 0;

  // Index + 1 in head_.headers of the first of those headers that count once; 0: not yet.
  std::array<std::uint32_t, 12> once_{};
  std::uint32_t content_length_at_ = 0;
  std::uint32_t transfer_encoding_at_ = 0;
};

}  // namespace badgate::net::http1
