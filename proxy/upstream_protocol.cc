#include "proxy/upstream_protocol.h"

#include <algorithm>
#include <array>
#include <span>

namespace badgate::proxy {
namespace {

namespace http1 = net::http1;

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view other) { return http1::iequals(name, other); });
}

// Upstream headers that the head's composer says in its own words.
constexpr std::array<std::string_view, 5> kRetoldHeaders{
    "Content-Type", "Content-Length", "Connection", "Keep-Alive", "Transfer-Encoding"};

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

void UpstreamProtocol::log_notes(RequestLog& log) {
  for (; notes_logged_ < parser_.notes().size(); ++notes_logged_)
    log.write(Level::warn, parser_.notes()[notes_logged_].text);
}

std::optional<std::string> UpstreamProtocol::accel_redirect() const {
  if (raw() || request_.location->ignores("X-Accel-Redirect")) return std::nullopt;
  const auto* header = http1::find_header(parser_.head().headers, "X-Accel-Redirect");
  if (header == nullptr || header->dropped) return std::nullopt;
  return header->value;
}

// ngx_http_upstream_headers_in: those that are marked for it.
http1::HeaderList UpstreamProtocol::kept_headers() const {
  constexpr std::array<std::string_view, 5> kept{"Set-Cookie", "Content-Disposition",
                                                 "Cache-Control", "Expires", "Accept-Ranges"};
  http1::HeaderList out;
  for (const auto& header : parser_.head().headers) {
    if (!header.dropped && is_one_of(header.name, kept)) out.push_back(header);
  }
  return out;
}

std::string UpstreamProtocol::content_type() const {
  const auto* header = http1::find_header(parser_.head().headers, "Content-Type");
  return header != nullptr ? header->value : std::string();
}

const http1::Header* UpstreamProtocol::authenticate() const {
  return raw() ? nullptr : http1::find_header(parser_.head().headers, "WWW-Authenticate");
}

bool UpstreamProtocol::buffering() const {
  if (!raw() && !request_.location->ignores("X-Accel-Buffering")) {
    if (const auto* header = http1::find_header(parser_.head().headers, "X-Accel-Buffering")) {
      if (http1::iequals(header->value, "no")) return false;
      if (http1::iequals(header->value, "yes")) return true;
    }
  }
  return request_.pass_settings().buffering;
}

ResponseMeta UpstreamProtocol::take_meta() {
  ResponseMeta meta;
  if (raw()) return meta;
  auto& head = parser_.head();
  meta.status = head.status;
  meta.status_line = std::move(head.status_line);
  meta.content_length = head.content_length;
  meta.headers.reserve(head.headers.size());
  const auto& location = *request_.location;
  const auto lacks = [&](std::string_view name) {
    return adds_missing() && http1::find_header(head.headers, name) == nullptr;
  };
  meta.own_server = location.own_server || lacks("Server");
  meta.own_date = location.own_date || lacks("Date");
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
