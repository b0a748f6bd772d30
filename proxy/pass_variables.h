// PassVariables: a proxy_pass or fastcgi_pass with variables, and those that `set` defines,
// compiled once and worked out for each request (ngx_http_proxy_eval, ngx_http_rewrite_set).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/result.h"
#include "proxy/complex_value.h"
#include "proxy/proxy_pass.h"
#include "proxy/settings.h"

namespace badgate::proxy {

class PassVariables {
 public:
  // The Error names the unknown variable, and the nearest one that there is.
  static net::Result<PassVariables> compile(const Location& location);

  // The Error is what nginx logs: "invalid URL prefix in …", "no host in upstream …".
  net::Result<ProxyPass> evaluate(const AccessRecord& record, bool join_headers) const;

 private:
  // A piece of text, a variable of `set`, or a variable of nginx's.
  struct Part {
    std::string text;
    std::optional<std::size_t> set;  // an index into sets_
    std::optional<ComplexValue> value;
  };
  using Parts = std::vector<Part>;

  net::Result<Parts> split(std::string_view text) const;
  net::Result<Part> variable(std::string_view name) const;

  std::vector<std::string> names_;  // of sets_
  std::vector<Parts> sets_;
  Parts pass_;
  bool fastcgi_ = false;
};

}  // namespace badgate::proxy
