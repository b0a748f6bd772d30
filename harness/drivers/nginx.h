// A real nginx with a configuration that somebody else writes: the driver of nginx.cc, for
// harness/own_config.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "harness/drivers/driver.h"
#include "harness/drivers/nginx_config.h"

namespace badgate::harness::drivers {

// The whole file of one run. The Error: why there is none.
using ConfigWriter =
    std::function<net::Result<std::string>(const Setup&, const NginxSurroundings&)>;

// As find_nginx, but its configuration is `writer`'s.
net::Result<std::unique_ptr<Driver>> find_nginx_with(const std::string& path, ConfigWriter writer);

}  // namespace badgate::harness::drivers
