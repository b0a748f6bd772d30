#include "proxy/response_head.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "net/http1_writer.h"
#include "net/text.h"
#include "proxy/access_record.h"

namespace badgate::proxy {
namespace {

namespace http1 = net::http1;

// How many headers the head has beside the upstream's.
constexpr std::size_t kOwnHeaders = 7;

bool is_head(const Request& request) {
  return request.head->method == "HEAD";
}

std::string status_line_of(int status) {
  std::string line;
  net::append_number(line, static_cast<std::uint64_t>(status), 3);
  line += ' ';
  line += http1::reason_phrase(status);
  return line;
}

// "http://HOST:PORT/path" of a path: absolute_redirect, port_in_redirect.
std::string absolute_location(const Request& request, const Client& client,
                              const std::string& path) {
  const auto local = client.connection.local();
  std::string host = request.head->host;
  if (host.empty()) host = local.host();
  const auto port = local.port();
  const bool ssl = client.connection.tls() != nullptr;
  const std::string_view scheme = ssl ? "https" : "http";
  if (port == 0 || port == (ssl ? 443 : 80)) return fmt::format("{}://{}{}", scheme, host, path);
  return fmt::format("{}://{}:{}{}", scheme, host, port, path);
}

// ngx_http_chunked_header_filter: bodies without a length are chunked, or end the connection.
bool decide_chunked(Request& request, const ResponseMeta& meta) {
  if (meta.status == 304 || meta.status == 204 || meta.status < 200 || is_head(request) ||
      meta.content_length) {
    return false;
  }
  if (request.version >= http1::version_11) return true;
  request.keepalive = false;
  return false;
}

// ngx_http_headers_filter, ngx_http_add_header
void add_headers(const Request& request, const Client& client, ResponseMeta& meta,
                 const net::Loop& loop) {
  constexpr std::array usual{200, 201, 204, 206, 301, 302, 303, 304, 307, 308};
  const bool error = std::find(usual.begin(), usual.end(), meta.status) == usual.end();
  auto sent = request.sent_headers;
  sent.insert(sent.end(), meta.headers.begin(), meta.headers.end());
  auto record = access_record(request, client, loop);
  record.response_headers = &sent;
  for (const HeaderConf& header : request.location->added_headers) {
    if (error && !header.always) continue;
    auto value = header.value.evaluate(record, request.cycle->rules.join_headers);
    if (!value.empty()) meta.headers.push_back({header.name, std::move(value)});
  }
}

}  // namespace

std::string compose_response_head(Request& request, Client& client, ResponseMeta meta,
                                  const net::Loop& loop) {
  if (request.cycle->exiting) request.keepalive = false;
  // ngx_http_send_header
  if (request.err_status != 0) {
    meta.status = request.err_status;
    meta.status_line.clear();
  }
  // ngx_http_header_filter; a server's own words for a status have none of this.
  if (meta.status_line.empty() && (meta.status == 204 || meta.status == 304)) {
    request.header_only = true;
    if (meta.status == 204) {
      meta.content_type.clear();
      meta.content_length.reset();
    }
  }
  // One that is absolute already stands among the others.
  if (!meta.location.empty() && meta.location.front() != '/')
    meta.headers.push_back({"Location", std::exchange(meta.location, {})});
  request.status = meta.status;
  request.header_sent = true;
  const bool chunked = decide_chunked(request, meta);
  client.output.set_chunked(chunked);
  if (request.version < http1::version_10) return {};
  if (is_head(request)) request.header_only = true;

  std::string out;
  out.reserve(256);
  http1::append_status_line(
      out, meta.status_line.empty() ? status_line_of(meta.status) : meta.status_line);
  auto& sent = request.sent_headers;
  sent.clear();
  sent.reserve(meta.headers.size() + kOwnHeaders);
  const auto add = [&](std::string_view name, std::string value) {
    http1::append_header(out, name, value);
    sent.push_back({std::string(name), std::move(value)});
  };
  if (meta.own_server) add("Server", "nginx/" + request.cycle->settings.nginx_version);
  if (meta.own_date) add("Date", request.cycle->date.at(loop.wall()));
  if (!meta.content_type.empty()) add("Content-Type", std::move(meta.content_type));
  if (meta.content_length) add("Content-Length", std::to_string(*meta.content_length));
  if (!meta.location.empty()) add("Location", absolute_location(request, client, meta.location));
  if (chunked) add("Transfer-Encoding", "chunked");
  if (meta.status == 101) {
    add("Connection", "upgrade");
  } else {
    add("Connection", request.keepalive ? "keep-alive" : "close");
  }
  if (!request.location->added_headers.empty()) add_headers(request, client, meta, loop);
  if (!request.kept_headers.empty()) {
    meta.headers.insert(meta.headers.begin(), request.kept_headers.begin(),
                        request.kept_headers.end());
  }
  http1::append_headers(out, meta.headers);
  out += http1::crlf;
  for (auto& header : meta.headers)
    if (!header.dropped) sent.push_back(std::move(header));
  request.header_size = out.size();
  return out;
}

}  // namespace badgate::proxy
