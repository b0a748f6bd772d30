// The variables that a log_format may name, under nginx's names (ngx_http_log_vars,
// ngx_http_core_variables, ngx_http_upstream_vars).
#pragma once

#include <string>
#include <string_view>

#include "net/result.h"
#include "proxy/access_log.h"

namespace badgate::proxy {

struct LogVariable {
  LogGetter getter = nullptr;
  std::string header;  // of $http_… and $sent_http_…, as asked for: lower case and with '_'
};

// `name` without "$". The Error names the nearest one there is.
net::Result<LogVariable> find_log_variable(std::string_view name);

}  // namespace badgate::proxy
