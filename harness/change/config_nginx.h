// A configuration of nginx as a Config.
#pragma once

#include <string>

#include "harness/change/config.h"
#include "harness/nginx_conf/tree.h"

namespace badgate::harness::change {

// Follows includes; reads the output of `nginx -T`, too.
Config read_nginx(const std::string& path);
Config config_of(const nginx_conf::Tree& tree);

}  // namespace badgate::harness::change
