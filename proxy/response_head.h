// The response head that a client gets, in nginx's order and words
// (ngx_http_header_filter_module.c, ngx_http_chunked_filter_module.c).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "net/http1_message.h"
#include "net/loop.h"
#include "proxy/request.h"

namespace badgate::proxy {

// What is to be said.
struct ResponseMeta {
  int status = 0;
  std::string status_line;   // "200 OK"; empty: nginx's own words
  std::string content_type;  // empty: none
  std::optional<std::int64_t> content_length;
  bool own_server = true;  // nginx's own Server and Date are said
  bool own_date = true;
  std::string location;            // one that nginx makes absolute; empty: none
  net::http1::HeaderList headers;  // passed on as they are
};

// Composes the head and notes in `request` what it means: status, header_only, keepalive, chunked
// output. Empty for HTTP/0.9. `local`: the address the client has connected to.
std::string compose_response_head(Request& request, Client& client, ResponseMeta meta,
                                  const net::Loop& loop);

}  // namespace badgate::proxy
