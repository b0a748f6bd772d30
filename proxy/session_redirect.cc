// Session: a request that goes on elsewhere: `return`, error_page, X-Accel-Redirect and the
// redirects inside of nginx that they lead to (ngx_http_send_error_page,
// ngx_http_internal_redirect, ngx_http_named_location, ngx_http_rewrite_module.c).
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "net/http1_uri.h"
#include "proxy/access_record.h"
#include "proxy/session.h"

namespace badgate::proxy {
namespace {

bool is_redirect(int status) {
  constexpr std::array redirects{301, 302, 303, 307, 308};
  return std::find(redirects.begin(), redirects.end(), status) != redirects.end();
}

// ngx_http_set_content_type with nginx's own `types` and default_type.
std::string content_type_of(std::string_view path) {
  const auto dot = path.find_last_of("./");
  const auto extension =
      dot != path.npos && path[dot] == '.' ? path.substr(dot + 1) : std::string_view();
  if (net::http1::iequals(extension, "html")) return "text/html";
  if (net::http1::iequals(extension, "gif")) return "image/gif";
  if (net::http1::iequals(extension, "jpg")) return "image/jpeg";
  return "text/plain";
}

void ask_with_get(net::http1::RequestHead& head) {
  if (head.method != "HEAD") head.method = "GET";
}

}  // namespace

std::string Session::evaluate(const ComplexValue& value) const {
  return value.evaluate(access_record(*request_, client_, worker_.loop),
                        cycle_->rules.join_headers);
}

// ngx_http_script_return_code, ngx_http_send_response. Returns what the request comes to.
int Session::answer_return() {
  const auto& location = *request_->location;
  const int status = location.returned.status;
  if (status >= 400 && location.return_text.empty()) return status;
  // ngx_http_discard_request_body asks for the body that it throws away.
  if (phase_ == Phase::head && parser_.head().expect_continue && !send_continue()) return 500;
  if (!discard_body()) return 400;
  auto text = evaluate(location.return_text);
  if (is_redirect(status)) {
    redirect_ = std::move(text);
    return status;
  }
  ResponseMeta meta;
  meta.status = status;
  meta.content_type = request_->kept_content_type.empty() ? content_type_of(parser_.head().path)
                                                          : request_->kept_content_type;
  meta.content_length = static_cast<std::int64_t>(text.size());
  return send_response(std::move(meta), text);
}

// ngx_http_send_error_page. Returns what the request comes to; kDone: it goes on.
int Session::go_to_error_page(const ErrorPageConf& page, int status) {
  auto& request = *request_;
  if (page.overwrite > 0 && page.overwrite != 200) parser_.head().expect_continue = false;
  if (page.overwrite >= 0) {
    request.err_status = page.overwrite;
  } else if (status >= 494 && status <= 497) {
    request.err_status = 400;
  }
  const auto uri = evaluate(page.uri);
  if (uri.starts_with('/')) {
    ask_with_get(parser_.head());
    const auto query = std::min(uri.find('?'), uri.size());
    internal_redirect(uri.substr(0, query), uri.substr(std::min(query + 1, uri.size())));
    return kDone;
  }
  if (uri.starts_with('@')) {
    named_location(uri);
    return kDone;
  }
  redirect_ = uri;
  request.err_status = is_redirect(page.overwrite) ? page.overwrite : 302;
  return send_error_page(request.err_status);
}

// False: too often; the request has ended.
bool Session::count_redirect(std::string_view where) {
  if (--request_->uri_changes > 0) return true;
  client_.log.write(Level::error,
                    fmt::format("rewrite or internal redirection cycle while {}", where));
  finalize(500);
  return false;
}

// ngx_http_internal_redirect
void Session::internal_redirect(const std::string& uri, const std::string& args) {
  if (!count_redirect(fmt::format("internally redirecting to \"{}\"", uri))) return;
  auto& head = parser_.head();
  head.path = uri;
  head.args = args;
  request_->internal = true;
  request_->valid_unparsed_uri = false;
  choose_location();
}

// ngx_http_named_location
void Session::named_location(const std::string& name) {
  if (!count_redirect(fmt::format("redirect to named location \"{}\"", name))) return;
  // The request was refused before its URI was known.
  if (parser_.head().path.empty()) {
    client_.log.write(Level::error,
                      fmt::format("empty URI in redirect to named location \"{}\"", name));
    return finalize(500);
  }
  const LocationConf* location = request_->server->find_named(name);
  if (location == nullptr) {
    client_.log.write(Level::error, fmt::format("could not find named location \"{}\"", name));
    return finalize(500);
  }
  request_->internal = true;
  enter_location(*location);
  run_phases();
}

// ngx_http_upstream_process_headers, ngx_http_parse_unsafe_uri
void Session::accel_redirect(const std::string& uri) {
  if (uri.starts_with('@')) return named_location(uri);
  const auto query = std::min(uri.find('?'), uri.size());
  const auto path = uri.substr(0, query);
  const bool climbs = path == ".." || path.starts_with("../") || path.ends_with("/..") ||
                      path.find("/../") != path.npos;
  if (path.empty() || climbs) {
    client_.log.write(Level::error, fmt::format("unsafe URI \"{}\" was detected", uri));
    return finalize(404);
  }
  // Only a location for files could make something of another path.
  if (!path.starts_with('/')) return finalize(404);
  ask_with_get(parser_.head());
  const auto decoded = net::http1::normalise_uri(path, false);
  internal_redirect(decoded ? decoded->path : path, uri.substr(std::min(query + 1, uri.size())));
}

}  // namespace badgate::proxy
