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

}  // namespace

HttpUpstream::HttpUpstream(const Request& request)
    : UpstreamProtocol(request, http1::ResponseParser::Form::http),
      head_request_(http1::iequals(method(), "HEAD")),
      chunked_request_(request.head->chunked && request.reading_body),
      uri_(upstream_uri(request)) {}

std::string_view HttpUpstream::schema() const {
  return request_.pass->ssl ? "https://" : "http://";
}

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

net::Result<std::string> HttpUpstream::create_request(const Client& client,
                                                      const net::Loop& loop) const {
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
  if (location.proxy.pass_request_headers) {
    for (const auto& header : request_.head->headers) {
      if (!is_one_of(header.name, kOwnHeaders) && own(header.name))
        http1::append_header(out, header.name, header.value);
    }
  }
  out += http1::crlf;
  return out;
}

void HttpUpstream::append_body(std::string& out, std::string_view piece) const {
  if (!chunked_request_) {
    out += piece;
    return;
  }
  http1::append_chunk_header(out, piece.size());
  out += piece;
  out += http1::crlf;
}

void HttpUpstream::append_body_end(std::string& out) const {
  if (chunked_request_) out += http1::last_chunk;
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
  log_notes(log);
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

BodyFilter& HttpUpstream::begin_body(BodyFilter::Relay relay) {
  if (raw_) {
    const auto kind =
        head_request_ ? http1::Framing::Kind::none : http1::Framing::Kind::until_close;
    return body_.emplace(http1::Framing{.kind = kind}, false, relay);
  }
  const auto& head = parser_.head();
  return body_.emplace(head.framing(head_request_), !head.connection_close, relay);
}

}  // namespace badgate::proxy
