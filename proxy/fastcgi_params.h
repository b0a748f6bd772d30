// FastcgiParams: what `fastcgi_param` and the client's headers come to for a request
// (ngx_http_fastcgi_create_request, ngx_http_fastcgi_init_params).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/result.h"
#include "proxy/complex_value.h"
#include "proxy/settings.h"

namespace badgate::proxy {

class FastcgiParams {
 public:
  // The Error names the unknown variable.
  static net::Result<FastcgiParams> compile(const std::vector<FastcgiParam>& params);

  // Names and values as they stand in a PARAMS record. `headers`: the client's that are passed on,
  // as HTTP_NAME, unless a parameter of that name is configured; null: none is. `join`: several of
  // one name are one parameter (Rules::join_headers).
  std::string encode(const AccessRecord& record, const net::http1::HeaderList* headers,
                     bool join) const;

 private:
  struct Param {
    std::string name;
    ComplexValue value;
    bool if_not_empty = false;
    bool only_hides = false;  // the client's header of that name: HTTP_NAME with an empty value
  };

  bool replaces(std::string_view param) const;

  std::vector<Param> params_;
};

}  // namespace badgate::proxy
