#include "proxy/fastcgi_directives.h"

#include <fmt/core.h>

#include "proxy/complex_value.h"
#include "proxy/fastcgi_split.h"

namespace badgate::proxy {
namespace {

// conf/fastcgi_params of nginx's sources.
constexpr std::string_view kParams =
    "QUERY_STRING $query_string\n"
    "REQUEST_METHOD $request_method\n"
    "CONTENT_TYPE $content_type\n"
    "CONTENT_LENGTH $content_length\n"
    "SCRIPT_NAME $fastcgi_script_name\n"
    "REQUEST_URI $request_uri\n"
    "DOCUMENT_URI $document_uri\n"
    "DOCUMENT_ROOT $document_root\n"
    "SERVER_PROTOCOL $server_protocol\n"
    "REQUEST_SCHEME $scheme\n"
    "HTTPS $https if_not_empty\n"
    "GATEWAY_INTERFACE CGI/1.1\n"
    "SERVER_SOFTWARE nginx/$nginx_version\n"
    "REMOTE_ADDR $remote_addr\n"
    "REMOTE_PORT $remote_port\n"
    "REMOTE_USER $remote_user\n"
    "SERVER_ADDR $server_addr\n"
    "SERVER_PORT $server_port\n"
    "SERVER_NAME $server_name\n"
    "REDIRECT_STATUS 200";

// What conf/fastcgi.conf has above that.
constexpr std::string_view kScript = "SCRIPT_FILENAME $document_root$fastcgi_script_name\n";

}  // namespace

net::Result<std::vector<FastcgiParam>> parse_fastcgi_params(std::string_view text) {
  std::vector<FastcgiParam> out;
  for (const auto line : lines_of(text)) {
    auto words = arguments_of(line);
    if (!words) return tl::unexpected(words.error());
    if (words->size() != 2 && words->size() != 3)
      return net::fail(
          "invalid number of arguments in \"fastcgi_param\" directive; expected NAME value "
          "[if_not_empty]");
    if (words->size() == 3 && words->back() != "if_not_empty")
      return net::fail(fmt::format("invalid parameter \"{}\"", words->back()));
    if (const auto value = ComplexValue::compile((*words)[1]); !value)
      return tl::unexpected(value.error());
    out.push_back({(*words)[0], (*words)[1], words->size() == 3});
  }
  return out;
}

net::Result<std::vector<FastcgiParam>> included_fastcgi_params(std::string_view file) {
  if (file == "fastcgi_params") return parse_fastcgi_params(kParams);
  if (file == "fastcgi.conf") return parse_fastcgi_params(std::string(kScript).append(kParams));
  return net::fail(fmt::format("\"{}\" is not one of fastcgi_params or fastcgi.conf", file));
}

net::Result<std::string> parse_split_path_info(std::string_view text) {
  std::string pattern(text);
  if (auto split = FastcgiSplit::compile(pattern); !split) return tl::unexpected(split.error());
  return pattern;
}

}  // namespace badgate::proxy
