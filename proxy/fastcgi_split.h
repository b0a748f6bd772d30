// FastcgiSplit: fastcgi_split_path_info: a regular expression whose two captures are
// $fastcgi_script_name and $fastcgi_path_info.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "net/result.h"

namespace badgate::proxy {

struct FastcgiNames {
  std::string script_name;
  std::string path_info;
};

class FastcgiSplit {
 public:
  // The Error is in nginx's words. An empty pattern splits nothing.
  static net::Result<FastcgiSplit> compile(const std::string& pattern);

  // Of a request's path. `index`, fastcgi_index, follows a script's name that ends with a slash
  // (ngx_http_fastcgi_split, ngx_http_fastcgi_script_name_variable).
  FastcgiNames names(std::string_view uri, std::string_view index) const;

 private:
  struct Code;

  std::shared_ptr<const Code> code_;  // null: nothing is split
};

}  // namespace badgate::proxy
