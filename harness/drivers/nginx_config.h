// Renders a scenario's settings as an nginx configuration.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/drivers/driver.h"

namespace badgate::harness::drivers {

// What nginx needs beside the scenario's own settings.
struct NginxSurroundings {
  std::string folder;  // its own, for all that it writes
  net::Address listen;
  std::string access_log;               // a path that it can open for writing
  std::string user;                     // "USER GROUP" of its worker; empty: who starts it
  std::vector<std::string> temp_paths;  // "client_body", "proxy" …: the modules it was built with
};

// The whole file: directives as they are written in the scenario, the addresses of this run, and
// logs as the Recorder reads them.
std::string nginx_config(const Setup& setup, const NginxSurroundings& surroundings);

// What a file that nginx may include has in it, if it is one of FastCGI's parameters.
std::vector<proxy::FastcgiParam> included_params(std::string_view file);

}  // namespace badgate::harness::drivers
