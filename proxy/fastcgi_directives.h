// The directives of fastcgi_pass that proxy_pass does not have. Only directives.cc needs it.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "net/field.h"
#include "proxy/directive_values.h"
#include "proxy/proxy_pass.h"
#include "proxy/settings.h"

namespace badgate::proxy {

// Lines of "NAME value [if_not_empty]" (ngx_http_upstream_param_set_slot).
net::Result<std::vector<FastcgiParam>> parse_fastcgi_params(std::string_view text);
// The parameters in one of the two files that come with nginx: "fastcgi_params", "fastcgi.conf".
net::Result<std::vector<FastcgiParam>> included_fastcgi_params(std::string_view file);
// A regular expression that nginx takes for fastcgi_split_path_info.
net::Result<std::string> parse_split_path_info(std::string_view text);

template <auto parse, typename T>
net::Result<void> add_fastcgi_params(T& into, std::string_view text) {
  auto params = parse(text);
  if (!params) return tl::unexpected(params.error());
  auto& all = into.fastcgi_param;
  all.insert(all.end(), params->begin(), params->end());
  return {};
}

// The one that is written last is in force, as in nginx.
template <typename T>
net::Result<void> set_fastcgi_pass(T& into, std::string_view text) {
  if (text.find('$') == text.npos) {
    if (const auto pass = parse_fastcgi_pass(text); !pass) return tl::unexpected(pass.error());
  }
  auto ok = set_word<&T::fastcgi_pass>(into, text);
  if (ok) into.proxy_pass.clear();
  return ok;
}

template <typename T>
inline constexpr std::array kFastcgiFields{
    net::Field<T>{"fastcgi_pass", "UPSTREAM | ADDRESS:PORT | unix:/path", "",
                  "The upstream group, or the address, of servers that speak FastCGI, such as "
                  "PHP-FPM; in place of proxy_pass.",
                  set_fastcgi_pass<T>},
    net::Field<T>{"fastcgi_param", "NAME value [if_not_empty], or a list of them", "",
                  "A parameter that servers get, its value with $variables; beside it they get "
                  "the client's headers as HTTP_NAME.",
                  add_fastcgi_params<parse_fastcgi_params, T>, true},
    net::Field<T>{"include", "fastcgi_params | fastcgi.conf", "",
                  "The parameters of the file of that name that comes with nginx; fastcgi.conf has "
                  "SCRIPT_FILENAME, too.",
                  add_fastcgi_params<included_fastcgi_params, T>},
    net::Field<T>{"fastcgi_index", "name", "",
                  "What follows a path that ends with a slash, in $fastcgi_script_name.",
                  set_word<&T::fastcgi_index>},
    net::Field<T>{"fastcgi_split_path_info", "regular expression", "",
                  "Its two captures are $fastcgi_script_name and $fastcgi_path_info.",
                  set_parsed<&T::fastcgi_split_path_info, parse_split_path_info>},
    net::Field<T>{"fastcgi_keep_conn", "on | off", "off",
                  "Whether servers are asked to keep the connection open.",
                  set_flag<&T::fastcgi_keep_conn>},
    net::Field<T>{"fastcgi_catch_stderr", "text, or a list of them", "",
                  "A response is invalid (invalid_header) if its stderr has this text.",
                  set_lines<&T::fastcgi_catch_stderr>, true},
    net::Field<T>{"root", "path", "/usr/share/nginx/html",
                  "$document_root; badgate itself reads no files from there.", set_word<&T::root>},
};

}  // namespace badgate::proxy
