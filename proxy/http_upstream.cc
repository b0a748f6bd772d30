#include "proxy/http_upstream.h"

#include <algorithm>
#include <array>
#include <span>

#include "net/http1_uri.h"
#include "net/http1_writer.h"
#include "proxy/access_record.h"

namespace badgate::proxy {
namespace {

namespace http1 = net::http1;

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view other) { return http1::iequals(name, other); });
}

// Client headers that are replaced or not passed on (ngx_http_proxy_headers).
constexpr std::array<std::string_view, 8> kOwnHeaders{
    "Host", "Connection", "Content-Length", "Transfer-Encoding",
    "TE",   "Keep-Alive", "Expect",         "Upgrade"};

// Upstream headers that the head's composer says in its own words.
constexpr std::array<std::string_view, 5> kRetoldHeaders{
    "Content-Type", "Content-Length", "Connection", "Keep-Alive", "Transfer-Encoding"};

std::string upstream_uri(const Request& request) {
  const auto& head = *request.head;
  const auto& pass = *request.pass;
  if (!pass.uri && !head.empty_path && request.valid_unparsed_uri) return head.raw_uri;
  if (pass.whole_uri) return *pass.uri;
  std::string_view path = head.path;
  std::string out;
  if (pass.uri) {
    out = *pass.uri;
    path.remove_prefix(std::min(request.location->path.size(), path.size()));
  }
  const bool quoted = request.internal || head.raw_uri.find('%') != std::string::npos;
  out += quoted ? http1::escape_uri(path) : std::string(path);
  if (!head.args.empty()) out += "?" + head.args;
  return out;
}

// ngx_http_upstream_rewrite_refresh: "5; url=http://app/x" becomes "5; url=/x".
void rewrite_refresh(std::string& value, const ProxyPass& pass) {
  constexpr std::string_view key = "url=";
  const auto at = std::search(value.begin(), value.end(), key.begin(), key.end(),
                              [](char a, char b) { return (a | 0x20) == b || a == b; });
  if (at == value.end()) return;
  const auto url = static_cast<std::size_t>(at - value.begin()) + key.size();
  if (std::string_view(value).substr(url).starts_with(pass.redirect_prefix)) {
    value.replace(url, pass.redirect_prefix.size(), pass.redirect_to);
  }
}

}  // namespace

HttpUpstream::HttpUpstream(const Request& request)
    : request_(request),
      head_request_(http1::iequals(method(), "HEAD")),
      chunked_request_(request.head->chunked && request.reading_body),
      uri_(upstream_uri(request)),
      parser_(request.cycle->response_rules) {}

std::string_view HttpUpstream::method() const {
  const auto& configured = request_.location->proxy_method;
  return configured.empty() ? request_.head->method : configured;
}

// $proxy_internal_body_length; nothing: no length is said.
std::optional<std::uint64_t> HttpUpstream::body_length() const {
  if (chunked_request_) return std::nullopt;
  if (request_.head->chunked) return request_.body_reader.received();
  if (!request_.head->content_length) return std::nullopt;
  return static_cast<std::uint64_t>(*request_.head->content_length);
}

std::string HttpUpstream::create_request(const Client& client, const net::Loop& loop) const {
  const auto& location = *request_.location;
  std::string out;
  out.reserve(512);
  http1::append_request_line(out, method(), uri_, location.upstream_version);
  if (!location.set_headers.empty()) append_set_headers(out, client, loop);
  const auto own = [&](std::string_view name) { return !is_set(name); };
  if (own("Host")) http1::append_header(out, "Host", request_.pass->host_header);
  if (!location.upstream_keepalive && own("Connection"))
    http1::append_header(out, "Connection", "close");
  if (const auto length = body_length(); length && own("Content-Length"))
    http1::append_header(out, "Content-Length", *length);
  if (chunked_request_ && own("Transfer-Encoding"))
    http1::append_header(out, "Transfer-Encoding", "chunked");
  if (location.proxy_pass_request_headers) {
    for (const auto& header : request_.head->headers) {
      if (!is_one_of(header.name, kOwnHeaders) && own(header.name))
        http1::append_header(out, header.name, header.value);
    }
  }
  out += http1::crlf;
  return out;
}

bool HttpUpstream::is_set(std::string_view name) const {
  const auto& set = request_.location->set_headers;
  return !set.empty() && std::any_of(set.begin(), set.end(), [name](const HeaderConf& header) {
    return http1::iequals(header.name, name);
  });
}

void HttpUpstream::append_set_headers(std::string& out, const Client& client,
                                      const net::Loop& loop) const {
  const auto record = access_record(request_, client, loop);
  const bool join = request_.cycle->rules.join_headers;
  for (const HeaderConf& header : request_.location->set_headers) {
    const auto value = header.value.evaluate(record, join);
    if (!value.empty()) http1::append_header(out, header.name, value);
  }
}

void HttpUpstream::reset() {
  parser_.reset();
  notes_logged_ = 0;
  raw_ = false;
}

HttpUpstream::Header HttpUpstream::process_header(std::string_view bytes, std::size_t& consumed,
                                                  RequestLog& log, UpstreamState& state) {
  const auto step = parser_.feed(bytes);
  consumed = step.consumed;
  for (; notes_logged_ < parser_.notes().size(); ++notes_logged_)
    log.write(Level::warn, parser_.notes()[notes_logged_].text);
  // Until the line is over, the number may be in the midst of being read.
  if (!parser_.head().status_line.empty()) state.status = parser_.head().status;
  switch (step.state) {
    case http1::ResponseParser::State::need_more:
      return Header::need_more;
    case http1::ResponseParser::State::done:
      return Header::done;
    case http1::ResponseParser::State::invalid:
      log.write(Level::error, parser_.error().text);
      return Header::invalid;
    case http1::ResponseParser::State::not_http:
      log.write(Level::error, parser_.error().text);
      raw_ = true;
      state.status = 200;
      return Header::done;
  }
  return Header::invalid;
}

bool HttpUpstream::keepalive() const {
  return !raw_ && parser_.head().keepalive_without_body(head_request_);
}

BodyFilter HttpUpstream::body_filter(BodyFilter::Relay relay) const {
  if (raw_) {
    const auto kind =
        head_request_ ? http1::Framing::Kind::none : http1::Framing::Kind::until_close;
    return BodyFilter({.kind = kind}, false, relay);
  }
  const auto& head = parser_.head();
  return BodyFilter(head.framing(head_request_), !head.connection_close, relay);
}

std::optional<std::string> HttpUpstream::accel_redirect() const {
  if (raw_ || request_.location->ignores("X-Accel-Redirect")) return std::nullopt;
  const auto* header = http1::find_header(parser_.head().headers, "X-Accel-Redirect");
  if (header == nullptr || header->dropped) return std::nullopt;
  return header->value;
}

// ngx_http_upstream_headers_in: those that are marked for it.
http1::HeaderList HttpUpstream::kept_headers() const {
  constexpr std::array<std::string_view, 5> kept{"Set-Cookie", "Content-Disposition",
                                                 "Cache-Control", "Expires", "Accept-Ranges"};
  http1::HeaderList out;
  for (const auto& header : parser_.head().headers) {
    if (!header.dropped && is_one_of(header.name, kept)) out.push_back(header);
  }
  return out;
}

std::string HttpUpstream::content_type() const {
  const auto* header = http1::find_header(parser_.head().headers, "Content-Type");
  return header != nullptr ? header->value : std::string();
}

const http1::Header* HttpUpstream::authenticate() const {
  return raw_ ? nullptr : http1::find_header(parser_.head().headers, "WWW-Authenticate");
}

bool HttpUpstream::buffering() const {
  if (!raw_ && !request_.location->ignores("X-Accel-Buffering")) {
    if (const auto* header = http1::find_header(parser_.head().headers, "X-Accel-Buffering")) {
      if (http1::iequals(header->value, "no")) return false;
      if (http1::iequals(header->value, "yes")) return true;
    }
  }
  return request_.location->proxy_buffering;
}

ResponseMeta HttpUpstream::take_meta() {
  ResponseMeta meta;
  if (raw_) return meta;
  auto& head = parser_.head();
  meta.status = head.status;
  meta.status_line = std::move(head.status_line);
  meta.content_length = head.content_length;
  meta.headers.reserve(head.headers.size());
  const auto& location = *request_.location;
  meta.own_server = location.own_server;
  meta.own_date = location.own_date;
  const auto& pass = *request_.pass;
  const std::string_view prefix = pass.redirect_prefix;
  for (auto& header : head.headers) {
    if (header.dropped) continue;
    if (location.hides(header.name)) continue;
    if (http1::iequals(header.name, "Content-Type")) meta.content_type = header.value;
    if (is_one_of(header.name, kRetoldHeaders)) continue;
    if (!prefix.empty() && http1::iequals(header.name, "Location") &&
        header.value.starts_with(prefix)) {
      meta.location = pass.redirect_to + header.value.substr(prefix.size());
      continue;
    }
    if (!prefix.empty() && http1::iequals(header.name, "Refresh"))
      rewrite_refresh(header.value, pass);
    meta.headers.push_back(std::move(header));
  }
  return meta;
}

}  // namespace badgate::proxy
