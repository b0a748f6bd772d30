// Prints a tree of directives as a configuration file that nginx reads back as the same tree.
#pragma once

#include <string>
#include <vector>

#include "harness/nginx_conf/tree.h"

namespace badgate::harness::own_config {

std::string printed(const std::vector<nginx_conf::Directive>& directives, std::size_t depth = 0);

// One that is not from a file: "listen", {"127.0.0.1:8080", "ssl"}.
nginx_conf::Directive made(std::string name, std::vector<std::string> arguments);

}  // namespace badgate::harness::own_config
