// ResponseParser, the status line: ngx_http_parse_status_line and
// ngx_http_proxy_process_status_line.
#include <utility>

#include "net/http1_response.h"

namespace badgate::net::http1 {

enum class ResponseParser::LineState : std::uint8_t {
  http,  // zero: where a head begins
  major_first,
  major_more,
  minor_first,
  minor_more,
  status,
  after_status,
  text,
  after_cr,
};

// What a byte of the line leads to.
enum class ResponseParser::Outcome : std::uint8_t { more, done, invalid };

namespace {

constexpr std::string_view protocol = "HTTP/";

bool is_digit(unsigned char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

ResponseParser::ResponseParser(ResponseRules rules, Form form)
    : rules_(rules),
      form_(form),
      scanner_({.underscores = true, .skip_status_lines = true}),
      in_headers_(form == Form::cgi),
      line_state_{} {}

void ResponseParser::reset() {
  *this = ResponseParser(rules_, form_);
}

// For the head after one that was read over.
void ResponseParser::start_head() {
  head_ = {};
  in_headers_ = false;
  line_state_ = LineState::http;
  line_.clear();
  literal_ = 0;
  digits_ = 0;
  once_ = {};
  content_length_at_ = transfer_encoding_at_ = 0;
}

std::size_t ResponseParser::feed_status_line(std::string_view bytes) {
  const std::size_t lf = bytes.find('\n');
  const std::size_t from = line_.size();
  line_.append(bytes.substr(0, lf == std::string_view::npos ? lf : lf + 1));
  for (std::size_t at = from; at < line_.size(); ++at) {
    const Outcome outcome = line_step(static_cast<unsigned char>(line_[at]), at);
    if (outcome == Outcome::more) continue;
    if (outcome == Outcome::invalid) {
      refuse_status_line(from);
      return 0;
    }
    finish_status_line(line_[at - 1] == '\r' ? at - 1 : at);
  }
  return line_.size() - from;
}

ResponseParser::Outcome ResponseParser::line_step(unsigned char c, std::size_t at) {
  switch (line_state_) {
    case LineState::http:
      if (c != protocol[literal_]) return Outcome::invalid;
      if (++literal_ == protocol.size()) line_state_ = LineState::major_first;
      return Outcome::more;
    case LineState::major_first:
    case LineState::major_more:
    case LineState::minor_first:
    case LineState::minor_more:
      return version_step(c);
    default:
      return status_step(c, at);
  }
}

// Any version from 1.0 on, with one to three digits on either side of the dot.
ResponseParser::Outcome ResponseParser::version_step(unsigned char c) {
  const int digit = c - '0';
  if (line_state_ == LineState::major_more && c == '.') {
    line_state_ = LineState::minor_first;
    return Outcome::more;
  }
  if (line_state_ == LineState::minor_more && c == ' ') {
    line_state_ = LineState::status;
    return Outcome::more;
  }
  if (!is_digit(c)) return Outcome::invalid;
  switch (line_state_) {
    case LineState::major_first:
      major_ = digit;
      line_state_ = LineState::major_more;
      return digit == 0 ? Outcome::invalid : Outcome::more;
    case LineState::minor_first:
      minor_ = digit;
      line_state_ = LineState::minor_more;
      return Outcome::more;
    default: {
      int& number = line_state_ == LineState::major_more ? major_ : minor_;
      if (number > 99) return Outcome::invalid;
      number = number * 10 + digit;
      return Outcome::more;
    }
  }
}

ResponseParser::Outcome ResponseParser::status_step(unsigned char c, std::size_t at) {
  switch (line_state_) {
    case LineState::status:  // nginx takes spaces also between the digits
      if (c == ' ') return Outcome::more;
      if (!is_digit(c)) return Outcome::invalid;
      head_.status = head_.status * 10 + (c - '0');
      if (++digits_ < 3) return Outcome::more;
      status_at_ = at - 2;
      line_state_ = LineState::after_status;
      return Outcome::more;
    case LineState::after_cr:
      return c == '\n' ? Outcome::done : Outcome::invalid;
    case LineState::after_status:  // '.' of IIS: "403.1"
      line_state_ = LineState::text;
      if (c != ' ' && c != '.' && c != '\r' && c != '\n') return Outcome::invalid;
      [[fallthrough]];
    default:
      if (c == '\n') return Outcome::done;
      if (c == '\r') line_state_ = LineState::after_cr;
      return Outcome::more;
  }
}

void ResponseParser::finish_status_line(std::size_t end) {
  head_.version = major_ * 1000 + minor_;
  head_.status_line = line_.substr(status_at_, end - status_at_);
  head_.connection_close = head_.version < version_11;
  in_headers_ = true;
  if (rules_.skip_early_hints && head_.status == 103 && head_.version < version_11) {
    refuse("upstream sent HTTP/1.0 response with early hints");
  }
}

// HTTP/0.9: "upstream sent no valid HTTP/1.0 header" is logged, and yet all is passed on.
void ResponseParser::refuse_status_line(std::size_t from) {
  refuse("upstream sent no valid HTTP/1.0 header");
  state_ = State::not_http;
  line_.resize(from);
  head_ = {};
  head_.version = version_9;
  head_.connection_close = true;
}

}  // namespace badgate::net::http1
