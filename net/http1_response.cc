#include "net/http1_response.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

namespace badgate::net::http1 {

namespace {

// Of these the first counts and others are dropped, since 1.23.0: ngx_http_upstream_headers_in with
// ngx_http_upstream_process_header_line and the handlers that do the same.
constexpr std::array<std::string_view, 12> once_names = {
    "Date",   "Server",           "Content-Type",    "Last-Modified",
    "ETag",   "Location",         "Expires",         "Refresh",
    "Status", "X-Accel-Redirect", "X-Accel-Expires", "X-Accel-Limit-Rate",
};

constexpr std::size_t usual_headers = 14;  // few responses have more

std::string describe_duplicate(const Header& header, const Header& previous) {
  return fmt::format("upstream sent duplicate header line: \"{}: {}\", previous value: \"{}: {}\"",
                     header.name, header.value, previous.name, previous.value);
}

}  // namespace

ResponseRules ResponseRules::of(int version) {
  ResponseRules rules;
  rules.reject_bad_framing = version >= 1023000;
  rules.drop_duplicates = version >= 1023000;
  rules.skip_early_hints = version >= 1029000;
  rules.words_for_bare_status = version >= 1025003;
  return rules;
}

// ngx_http_proxy_input_filter_init, RFC 9112 section 6.3. No rule for 1xx: to nginx they are
// responses like any other.
Framing ResponseHead::framing(bool head_request) const {
  if (status == 204 || status == 304 || head_request) return {};
  if (chunked) return {Framing::Kind::chunked};
  if (content_length) return {Framing::Kind::length, *content_length};
  return {Framing::Kind::until_close};
}

bool ResponseHead::keepalive_without_body(bool head_request) const {
  if (status == 101) return false;
  const bool no_body = status == 204 || status == 304 || head_request || content_length == 0;
  return no_body && !connection_close;
}

ResponseParser::Step ResponseParser::feed(std::string_view bytes) {
  std::size_t consumed = 0;
  while (state_ == State::need_more && consumed < bytes.size()) {
    const std::string_view rest = bytes.substr(consumed);
    consumed += in_headers_ ? feed_headers(rest) : feed_status_line(rest);
  }
  return {state_, consumed};
}

std::size_t ResponseParser::feed_headers(std::string_view bytes) {
  const auto [state, used] = scanner_.scan(bytes);
  switch (state) {
    case HeaderLineScanner::State::need_more:
      break;
    case HeaderLineScanner::State::line:
      take_header();
      break;
    case HeaderLineScanner::State::end:
      finish_headers();
      break;
    case HeaderLineScanner::State::invalid:
      refuse(fmt::format("upstream sent invalid header: \"{}\"", scanner_.offence()));
      break;
  }
  return used;
}

void ResponseParser::take_header() {
  if (head_.headers.empty()) head_.headers.reserve(usual_headers);
  Header& header = head_.headers.emplace_back(scanner_.header());
  if (iequals(header.name, "Content-Length")) {
    take_content_length(header);
  } else if (iequals(header.name, "Transfer-Encoding")) {
    take_transfer_encoding(header);
  } else if (iequals(header.name, "Connection")) {
    if (icontains(header.value, "close")) head_.connection_close = true;
  } else if (rules_.drop_duplicates) {
    drop_duplicate(header);
  }
}

bool ResponseParser::take_content_length(const Header& header) {
  const auto length = parse_length(header.value);
  if (rules_.reject_bad_framing) {
    if (content_length_at_ != 0) {
      return refuse_duplicate(header, head_.headers[content_length_at_ - 1]);
    }
    if (transfer_encoding_at_ != 0) return refuse_both_framings();
    if (!length) {
      return refuse(fmt::format("upstream sent invalid \"Content-Length\" header: \"{}: {}\"",
                                header.name, header.value));
    }
  }
  content_length_at_ = static_cast<std::uint32_t>(head_.headers.size());
  head_.content_length = length;
  return true;
}

bool ResponseParser::take_transfer_encoding(const Header& header) {
  if (!rules_.reject_bad_framing) {
    if (icontains(header.value, "chunked")) head_.chunked = true;
    return true;
  }
  if (transfer_encoding_at_ != 0) {
    return refuse_duplicate(header, head_.headers[transfer_encoding_at_ - 1]);
  }
  if (content_length_at_ != 0) return refuse_both_framings();
  transfer_encoding_at_ = static_cast<std::uint32_t>(head_.headers.size());
  if (!iequals(header.value, "chunked")) {
    return refuse(fmt::format("upstream sent unknown \"Transfer-Encoding\": \"{}\"", header.value));
  }
  head_.chunked = true;
  return true;
}

void ResponseParser::drop_duplicate(Header& header) {
  const auto known = std::find_if(once_names.begin(), once_names.end(), [&](std::string_view name) {
    return iequals(name, header.name);
  });
  if (known == once_names.end()) return;
  auto& at = once_[static_cast<std::size_t>(known - once_names.begin())];
  if (at == 0) {
    at = static_cast<std::uint32_t>(head_.headers.size());
    return;
  }
  header.dropped = true;
  notes_.push_back(
      {LogLevel::warn, describe_duplicate(header, head_.headers[at - 1]) + ", ignored"});
}

bool ResponseParser::refuse_duplicate(const Header& header, const Header& previous) {
  return refuse(describe_duplicate(header, previous));
}

bool ResponseParser::refuse_both_framings() {
  return refuse(
      "upstream sent \"Content-Length\" and \"Transfer-Encoding\" headers at the same time");
}

void ResponseParser::finish_headers() {
  if (form_ == Form::cgi) {
    if (take_cgi_status()) state_ = State::done;
    return;
  }
  if (rules_.skip_early_hints && head_.status == 103) {
    ++early_hints_;
    start_head();
    return;
  }
  if (head_.chunked) head_.content_length.reset();
  state_ = State::done;
}

// nginx reads three bytes of the value, which ends with a zero there.
bool ResponseParser::take_cgi_status() {
  if (const Header* status = find_header(head_.headers, "Status")) {
    const auto number = parse_length(std::string_view(status->value).substr(0, 3));
    if (status->value.size() < 3 || !number) {
      return refuse(fmt::format("upstream sent invalid status \"{}\"", status->value));
    }
    head_.status = static_cast<int>(*number);
    if (status->value.size() > 3 || !rules_.words_for_bare_status)
      head_.status_line = status->value;
  } else if (find_header(head_.headers, "Location") != nullptr) {
    head_.status = 302;
    head_.status_line = "302 Moved Temporarily";
  } else {
    head_.status = 200;
    head_.status_line = "200 OK";
  }
  return true;
}

bool ResponseParser::refuse(std::string text) {
  state_ = State::invalid;
  error_ = {LogLevel::error, std::move(text)};
  return false;
}

}  // namespace badgate::net::http1
