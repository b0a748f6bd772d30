// Config: of a configuration what can be laid over scenarios, location by location. Configurations
// are nginx's, or those of `badgate proxy`.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "harness/change/setting.h"
#include "harness/diagnostics.h"

namespace badgate::harness::change {

// A directive that is in force, said somewhere: nginx's defaults are not among them.
struct Said {
  std::string name;  // full_name() of a Setting, or any directive of nginx
  std::string value;
  std::string where;  // "nginx.conf:14"
};

// What it speaks to its servers: proxy_pass, fastcgi_pass, or what badgate does not speak.
enum class Protocol { http, fastcgi, other };

// A location that passes requests on.
struct Route {
  std::string name;  // "shop.example location /api/"
  std::vector<Said> said;
  std::size_t servers = 0;  // of its upstream group
  Protocol protocol = Protocol::http;
};

struct Config {
  std::string file;
  std::vector<Route> routes;
  std::vector<Diagnostic> diagnostics;  // empty: all is in order
};

// Whether the file is a configuration, and no scenario.
bool is_config(const std::string& path);

Config read_config(const std::string& path);

}  // namespace badgate::harness::change
