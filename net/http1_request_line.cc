// RequestParser, the request line: ngx_http_parse_request_line and ngx_http_process_request_line.
#include <algorithm>
#include <utility>

#include "net/http1_request.h"

namespace badgate::net::http1 {

enum class RequestParser::LineState : std::uint8_t {
  start,  // zero: where a parser begins
  method,
  before_uri,
  scheme,
  scheme_slash,
  scheme_slash_slash,
  host_start,
  host,
  ip_literal,
  after_ip_literal,
  port,
  uri,
  after_uri,
  http,
  major_first,
  major_more,
  minor_first,
  minor_more,
  after_version,
  after_cr,
};

// What a byte of the line leads to.
enum class RequestParser::Outcome : std::uint8_t {
  more,
  done,
  invalid_method,
  invalid_request,
  invalid_version,
};

namespace {

constexpr std::string_view protocol = "HTTP/";

bool is_digit(unsigned char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(unsigned char c) {
  return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}
// What may stand in a URI: all but controls and spaces.
bool is_uri(unsigned char c) {
  return c > ' ' && c != 0x7f;
}
bool is_method(unsigned char c) {
  return (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

// RFC 3986 section 3.2.2: unreserved, sub-delims and the colons of IPv6.
bool is_ip_literal(unsigned char c) {
  constexpr std::string_view others = ":-._~!$&'()*+,;=";
  return is_digit(c) || is_letter(c) || others.find(static_cast<char>(c)) != others.npos;
}

}  // namespace

// Reads up to a line end, a refusal or the end of the bytes.
std::size_t RequestParser::feed_line(std::string_view bytes) {
  std::size_t used = 0;
  if (line_state_ == LineState::start) {  // RFC 9112 section 2.2: empty lines before it
    used = std::min(bytes.find_first_not_of("\r\n"), bytes.size());
    bytes.remove_prefix(used);
  }
  const std::size_t lf = bytes.find('\n');
  const std::size_t from = line_.size();
  line_.append(bytes.substr(0, lf == std::string_view::npos ? lf : lf + 1));
  for (std::size_t at = from;; ++at) {
    if (line_state_ == LineState::uri) at = skip_uri(at);
    if (at == line_.size()) return used + at - from;
    const Outcome outcome = line_step(static_cast<unsigned char>(line_[at]), at);
    if (outcome == Outcome::more) continue;
    if (outcome == Outcome::done) {
      finish_line();
    } else {
      refuse_line(outcome);
    }
    return used + at + 1 - from;
  }
}

std::size_t RequestParser::skip_uri(std::size_t at) const {
  while (at < line_.size() && is_uri(static_cast<unsigned char>(line_[at])))
    ++at;
  return at;
}

RequestParser::Outcome RequestParser::line_step(unsigned char c, std::size_t at) {
  switch (line_state_) {
    case LineState::start:
      line_state_ = LineState::method;
      return is_method(c) ? Outcome::more : Outcome::invalid_method;
    case LineState::method:
      if (c == ' ') {
        method_end_ = at;
        line_state_ = LineState::before_uri;
        return Outcome::more;
      }
      return is_method(c) ? Outcome::more : Outcome::invalid_method;
    case LineState::before_uri:
      return before_uri(c, at);
    case LineState::uri:
      return uri_step(c, at);
    case LineState::after_uri:
      return after_uri(c);
    case LineState::http:
      if (c != protocol[literal_]) return Outcome::invalid_request;
      if (++literal_ == protocol.size()) line_state_ = LineState::major_first;
      return Outcome::more;
    case LineState::after_cr:
      return c == '\n' ? Outcome::done : Outcome::invalid_request;
    case LineState::major_first:
    case LineState::major_more:
    case LineState::minor_first:
    case LineState::minor_more:
    case LineState::after_version:
      return version_step(c);
    default:
      return authority_step(c, at);
  }
}

RequestParser::Outcome RequestParser::before_uri(unsigned char c, std::size_t at) {
  if (c == ' ') return Outcome::more;
  if (c == '/') {
    uri_start_ = at;
    line_state_ = LineState::uri;
    return Outcome::more;
  }
  line_state_ = LineState::scheme;
  return is_letter(c) ? Outcome::more : Outcome::invalid_request;
}

// An absolute URI up to its path: "http://host:port".
RequestParser::Outcome RequestParser::authority_step(unsigned char c, std::size_t at) {
  switch (line_state_) {
    case LineState::scheme:
      if (is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.') return Outcome::more;
      line_state_ = LineState::scheme_slash;
      return c == ':' ? Outcome::more : Outcome::invalid_request;
    case LineState::scheme_slash:
      line_state_ = LineState::scheme_slash_slash;
      return c == '/' ? Outcome::more : Outcome::invalid_request;
    case LineState::scheme_slash_slash:
      line_state_ = LineState::host_start;
      return c == '/' ? Outcome::more : Outcome::invalid_request;
    case LineState::host_start:
      absolute_ = true;
      host_start_ = at;
      line_state_ = c == '[' ? LineState::ip_literal : LineState::host;
      if (c == '[') return Outcome::more;
      [[fallthrough]];
    case LineState::host:
      if (is_letter(c) || is_digit(c) || c == '.' || c == '-') return Outcome::more;
      host_end_ = at;
      return authority_end(c, at);
    case LineState::ip_literal:
      if (c == ']') line_state_ = LineState::after_ip_literal;
      return c == ']' || is_ip_literal(c) ? Outcome::more : Outcome::invalid_request;
    case LineState::after_ip_literal:
      host_end_ = at;
      return authority_end(c, at);
    default:  // port
      return is_digit(c) ? Outcome::more : authority_end(c, at);
  }
}

// The byte that ends the host or the port.
RequestParser::Outcome RequestParser::authority_end(unsigned char c, std::size_t at) {
  if (c == ':' && line_state_ != LineState::port) {
    line_state_ = LineState::port;
    return Outcome::more;
  }
  if (c == '/' || c == '?') {
    uri_start_ = at;
    head_.empty_path = c == '?';
    line_state_ = LineState::uri;
    return Outcome::more;
  }
  line_state_ = LineState::after_uri;  // without any path the URI is "/"
  return c == ' ' ? Outcome::more : Outcome::invalid_request;
}

RequestParser::Outcome RequestParser::uri_step(unsigned char c, std::size_t at) {
  uri_end_ = at;
  if (c == '\n') return Outcome::done;
  if (c == '\r') {
    line_state_ = LineState::after_cr;
  } else if (c == ' ') {
    line_state_ = LineState::after_uri;
  } else {
    return Outcome::invalid_request;
  }
  return Outcome::more;
}

RequestParser::Outcome RequestParser::after_uri(unsigned char c) {
  if (c == ' ') return Outcome::more;
  if (c == '\n') return Outcome::done;
  if (c == '\r') {
    line_state_ = LineState::after_cr;
    return Outcome::more;
  }
  line_state_ = LineState::http;
  literal_ = 1;
  return c == protocol.front() ? Outcome::more : Outcome::invalid_request;
}

RequestParser::Outcome RequestParser::version_step(unsigned char c) {
  const int digit = c - '0';
  switch (line_state_) {
    case LineState::major_first:
      if (!is_digit(c) || c == '0') return Outcome::invalid_request;
      major_ = digit;
      line_state_ = LineState::major_more;
      return major_ > 1 ? Outcome::invalid_version : Outcome::more;
    case LineState::major_more:
      if (c == '.') {
        line_state_ = LineState::minor_first;
        return Outcome::more;
      }
      return is_digit(c) ? Outcome::invalid_version : Outcome::invalid_request;
    case LineState::minor_first:
      minor_ = digit;
      line_state_ = LineState::minor_more;
      return is_digit(c) ? Outcome::more : Outcome::invalid_request;
    case LineState::minor_more:
      if (is_digit(c)) {
        if (minor_ > 99) return Outcome::invalid_request;
        minor_ = minor_ * 10 + digit;
        return Outcome::more;
      }
      [[fallthrough]];
    default:
      line_state_ = c == '\r' ? LineState::after_cr : LineState::after_version;
      if (c == '\n') return Outcome::done;
      return c == ' ' || c == '\r' ? Outcome::more : Outcome::invalid_request;
  }
}

void RequestParser::refuse_line(Outcome outcome) {
  head_.request_line = line_.substr(0, line_.find_first_of("\r\n"));
  switch (outcome) {
    case Outcome::invalid_method:
      refuse(400, "client sent invalid method");
      break;
    case Outcome::invalid_version:
      refuse(505, "client sent invalid version");
      break;
    default:
      refuse(400, "client sent invalid request");
      break;
  }
}

void RequestParser::finish_line() {
  const std::size_t end = line_.size() - (line_state_ == LineState::after_cr ? 2 : 1);
  head_.request_line = line_.substr(0, end);
  head_.length = line_.size();
  head_.method = line_.substr(0, method_end_);
  head_.version = major_ * 1000 + minor_;
  if (head_.version == version_9 && head_.method != "GET") {
    refuse(400, "client sent invalid method in HTTP/0.9 request");
    return;
  }
  if (!take_uri() || !take_host()) return;
  if (head_.version < version_10) {
    state_ = State::done;  // HTTP/0.9 has no headers
  } else {
    part_ = Part::headers;
  }
}

bool RequestParser::take_uri() {
  const bool absent = uri_start_ == 0;  // "http://host"
  head_.raw_uri = absent ? "/" : line_.substr(uri_start_, uri_end_ - uri_start_);
  auto uri = normalise_uri(head_.raw_uri, rules_.merge_slashes);
  if (!uri) return refuse(400, "client sent invalid request");
  head_.path = std::move(uri->path);
  head_.args = std::move(uri->args);
  return true;
}

bool RequestParser::take_host() {
  if (!absolute_) return true;
  auto host = normalise_host(std::string_view(line_).substr(host_start_, host_end_ - host_start_));
  if (!host) return refuse(400, "client sent invalid host in request line");
  head_.uri_host = head_.host = std::move(*host);
  return true;
}

}  // namespace badgate::net::http1
