// Lab: the web server of `badgate lab`: a page to learn with, and a JSON API.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "net/address.h"
#include "net/result.h"

namespace badgate::harness::lab {

struct LabOptions {
  net::Address at = net::Address::loopback(8090);
  bool remote = false;             // others than this machine may connect
  std::vector<std::string> hosts;  // further names that it is reached by
};

// Serves until SIGINT, SIGTERM or SIGHUP, then takes everything away. `on_listening` hears where.
// The Error: it could not begin; errno's number where the system said so.
net::Result<void> serve_lab(const LabOptions& options,
                            const std::function<void(const net::Address&)>& on_listening);

}  // namespace badgate::harness::lab
