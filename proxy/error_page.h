// nginx's own responses to errors, byte for byte (ngx_http_special_response.c). Reason phrases of
// status lines are in net/http1_writer.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace badgate::proxy {

struct ErrorPage {
  int status = 0;  // as sent and logged: 400 for 494 to 497
  // "text/html", or empty: then no Content-Type is sent and Content-Length is 0.
  std::string content_type;
  std::string body;
  bool closes_connection = false;  // no keepalive after this one
  bool no_lingering = false;       // and no lingering close either
};

// No page is ever sent for 408 and 499: nginx logs them and closes the connection
// (ngx_http_finalize_request).
//
// `status`: nginx's code, 494 to 497 included. `nginx_version` as in "1.22.1". The User-Agent
// decides about the padding that makes old MSIE and Chrome show the page; HTTP/0.9 gets none.
ErrorPage error_page(int status, std::string_view nginx_version,
                     std::optional<std::string_view> user_agent = std::nullopt,
                     bool http_09 = false);

}  // namespace badgate::proxy
