// A configuration of nginx as a Config.
#pragma once

#include <string>

#include "harness/change/config.h"

namespace badgate::harness::change {

// Follows includes; reads the output of `nginx -T`, too.
Config read_nginx(const std::string& path);

}  // namespace badgate::harness::change
