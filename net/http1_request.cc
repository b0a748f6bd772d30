#include "net/http1_request.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace badgate::net::http1 {

namespace {

// A header line longer than this is cut where nginx logs it (NGX_MAX_ERROR_STR - 300).
constexpr std::size_t logged_header_size = 1748;

constexpr std::size_t usual_headers = 14;  // few requests have more

// Headers of which nginx takes only one (ngx_http_headers_in, unique lines). "Host" has its own
// words.
enum Once : std::size_t { content_length = 0, transfer_encoding = 1, expect = 2 };
constexpr std::array<std::string_view, 10> once_names = {
    "Content-Length",    "Transfer-Encoding",   "Expect",
    "If-Modified-Since", "If-Unmodified-Since", "If-Match",
    "If-None-Match",     "Content-Range",       "If-Range",
    "Authorization",
};

}  // namespace

Framing RequestHead::framing() const {
  if (chunked) return {Framing::Kind::chunked};
  if (content_length.value_or(0) > 0) return {Framing::Kind::length, *content_length};
  return {};
}

RequestParser::RequestParser(RequestRules rules)
    : rules_(rules),
      scanner_({.underscores = rules.underscores_in_headers, .skip_status_lines = false}),
      room_(rules.client_header_buffer_size) {
  line_state_ = LineState{};
}

void RequestParser::reset(bool pipelined) {
  RequestParser next(rules_);
  next.scanner_.take_memory(scanner_);
  next.line_.swap(line_);
  next.line_.clear();
  next.head_.headers.swap(head_.headers);
  next.head_.headers.clear();
  *this = std::move(next);
  pipelined_ = pipelined;
}

std::string_view RequestParser::action() const {
  if (part_ == Part::headers) return "reading client request headers";
  return pipelined_ ? "reading client pipelined request line" : "reading client request line";
}

RequestParser::Step RequestParser::feed(std::string_view bytes) {
  std::size_t consumed = 0;
  if (!bytes.empty()) any_ = true;
  while (state_ == State::need_more && consumed < bytes.size()) {
    const std::string_view slice = bytes.substr(consumed, room_);
    const std::size_t used = part_ == Part::line ? feed_line(slice) : feed_headers(slice);
    consumed += used;
    room_ -= used;
    if (state_ == State::need_more && room_ == 0) next_buffer();
  }
  return {state_, consumed};
}

// The buffer is full and the head is not over: what ngx_http_alloc_large_header_buffer allows. It
// copies the line that is under way to the new buffer, where it takes room again.
void RequestParser::next_buffer() {
  const bool in_line = part_ == Part::line;
  const bool between = in_line ? line_.empty() : scanner_.at_line_start();
  if (in_line && between) {
    room_ = rules_.client_header_buffer_size;  // nothing but empty lines: it is filled again
    return;
  }
  const std::size_t copied = between ? 0 : in_line ? line_.size() : scanner_.line().size();
  const bool too_long = !between && copied >= rules_.large_client_header_buffer_size;
  if (!too_long && large_used_ < rules_.large_client_header_buffers) {
    ++large_used_;
    room_ = rules_.large_client_header_buffer_size - copied;
  } else if (in_line) {
    head_.request_line = line_;
    refuse(414, "client sent too long URI");
  } else {
    refuse_too_long_header();
  }
}

// nginx blames the line it read last, even if that one is over and fits.
void RequestParser::refuse_too_long_header() {
  if (any_header_ || !scanner_.at_line_start()) {
    refuse(494, fmt::format("client sent too long header line: \"{}...\"",
                            last_line().substr(0, logged_header_size)));
  } else {
    refuse(494, "client sent too large request");
  }
  error_.lingering_close = true;
}

// The header line read last, as nginx's buffer holds it: of a header that it took, name and value
// end in NULs.
std::string RequestParser::last_line() const {
  std::string line(scanner_.line());
  const bool taken = !scanner_.unusual() || !rules_.ignore_invalid_headers;
  if (scanner_.at_line_start() && taken) {
    line[scanner_.name().size()] = '\0';
    line[scanner_.content().size()] = '\0';
  }
  return line;
}

std::size_t RequestParser::feed_headers(std::string_view bytes) {
  const auto [state, used] = scanner_.scan(bytes);
  switch (state) {
    case HeaderLineScanner::State::need_more:
      break;
    case HeaderLineScanner::State::line:
      any_header_ = true;
      head_.length += scanner_.line().size();
      take_header();
      break;
    case HeaderLineScanner::State::end:
      head_.length += scanner_.line().size();
      finish_headers();
      break;
    case HeaderLineScanner::State::invalid:
      refuse(400, fmt::format("client sent invalid header line: \"{}\"", scanner_.offence()));
      break;
  }
  return used;
}

void RequestParser::take_header() {
  if (scanner_.unusual() && rules_.ignore_invalid_headers) {
    notes_.push_back({LogLevel::info,
                      fmt::format("client sent invalid header line: \"{}\"", scanner_.content())});
    return;
  }
  if (head_.headers.empty()) head_.headers.reserve(usual_headers);
  const Header& header = head_.headers.emplace_back(scanner_.header());
  if (iequals(header.name, "Host")) {
    check_host_header(header);
  } else if (iequals(header.name, "Connection")) {
    take_connection(header.value);
  } else if (iequals(header.name, "Upgrade")) {
    head_.upgrade = true;
  } else {
    check_unique(header);
  }
}

bool RequestParser::check_unique(const Header& header) {
  const auto known = std::find_if(once_names.begin(), once_names.end(), [&](std::string_view name) {
    return iequals(name, header.name);
  });
  if (known == once_names.end()) return true;
  auto& at = once_[static_cast<std::size_t>(known - once_names.begin())];
  if (at == 0) {
    at = static_cast<std::uint32_t>(head_.headers.size());
    return true;
  }
  const Header& previous = head_.headers[at - 1];
  return refuse(400, fmt::format("client sent duplicate header line: \"{}: {}\", "
                                 "previous value: \"{}: {}\"",
                                 header.name, header.value, previous.name, previous.value));
}

bool RequestParser::check_host_header(const Header& header) {
  if (host_at_ != 0 && rules_.check_host) {
    const Header& previous = head_.headers[host_at_ - 1];
    return refuse(400, fmt::format("client sent duplicate host header: \"{}: {}\", "
                                   "previous value: \"{}: {}\"",
                                   header.name, header.value, previous.name, previous.value));
  }
  host_at_ = static_cast<std::uint32_t>(head_.headers.size());
  head_.host_header = header.value;
  auto host = normalise_host(header.value);
  if (!host && rules_.check_host) return refuse(400, "client sent invalid host header");
  if (head_.uri_host.empty()) head_.host = host.value_or(header.value);
  return true;
}

// The last Connection header that says either counts (ngx_http_process_connection).
void RequestParser::take_connection(std::string_view value) {
  if (icontains(value, "close")) {
    connection_ = Connection::close;
  } else if (icontains(value, "keep-alive")) {
    connection_ = Connection::keep_alive;
  }
}

// ngx_http_process_request_header, in its order.
void RequestParser::finish_headers() {
  if (rules_.check_host && host_at_ == 0 && head_.version > version_10) {
    refuse(400, "client sent HTTP/1.1 request without \"Host\" header");
    return;
  }
  if (!check_framing()) return;
  if (head_.method == "CONNECT" || head_.method == "TRACE") {
    refuse(405, fmt::format("client sent {} method", head_.method));
    return;
  }
  if (once_[expect] != 0) {
    head_.expect_continue = head_.version >= version_11 &&
                            iequals(head_.headers[once_[expect] - 1].value, "100-continue");
  }
  settle_keepalive();
  state_ = State::done;
}

bool RequestParser::check_framing() {
  if (once_[content_length] != 0) {
    head_.content_length = parse_length(head_.headers[once_[content_length] - 1].value);
    if (!head_.content_length) return refuse(400, "client sent invalid \"Content-Length\" header");
  }
  if (once_[transfer_encoding] == 0) return true;
  if (head_.version < version_11) {
    return refuse(400, "client sent HTTP/1.0 request with \"Transfer-Encoding\" header");
  }
  const std::string& coding = head_.headers[once_[transfer_encoding] - 1].value;
  if (!iequals(coding, "chunked")) {
    return refuse(501, fmt::format("client sent unknown \"Transfer-Encoding\": \"{}\"", coding));
  }
  if (head_.content_length) {
    return refuse(400,
                  "client sent \"Content-Length\" and \"Transfer-Encoding\" headers "
                  "at the same time");
  }
  head_.chunked = true;
  return true;
}

void RequestParser::settle_keepalive() {
  head_.keepalive = connection_ == Connection::keep_alive ||
                    (connection_ == Connection::unsaid && head_.version > version_10);
}

bool RequestParser::refuse(int status, std::string text) {
  state_ = State::error;
  error_ = {status, {LogLevel::info, std::move(text)}};
  return false;
}

}  // namespace badgate::net::http1
