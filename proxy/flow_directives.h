// Directives that decide about a request's way: error_page, return, and the limits. Each text may
// hold several of them, one a line.
#pragma once

#include <string_view>
#include <vector>

#include "net/result.h"
#include "proxy/settings.h"

namespace badgate::proxy {

// "502 504 =200 /sorry" (ngx_http_core_error_page)
net::Result<std::vector<ErrorPageSetting>> parse_error_pages(std::string_view text);
// "503", "503 text", "301 /there", "http://there" (ngx_http_rewrite_return)
net::Result<ReturnSetting> parse_return(std::string_view text);
// "zone=one burst=5 nodelay" (ngx_http_limit_req)
net::Result<std::vector<LimitReq>> parse_limit_req(std::string_view text);
// "one 5" (ngx_http_limit_conn)
net::Result<std::vector<LimitConn>> parse_limit_conn(std::string_view text);
// "$binary_remote_addr zone=one:10m rate=5r/s" (ngx_http_limit_req_zone)
net::Result<std::vector<LimitZone>> parse_limit_req_zone(std::string_view text);
// "$binary_remote_addr zone=one:10m" (ngx_http_limit_conn_zone)
net::Result<std::vector<LimitZone>> parse_limit_conn_zone(std::string_view text);
// 400 to 599 (limit_req_status, limit_conn_status)
net::Result<int> parse_refusal_status(std::string_view text);

}  // namespace badgate::proxy
