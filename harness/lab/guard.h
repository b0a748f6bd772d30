// Guard: who may ask the lab. A page of another site can make a browser send requests to loopback,
// and, with a name of its own that leads there (DNS rebinding), even read the answers. So the Host
// must be the lab's own, and what changes something must come from the lab's own page or from a
// program that is no browser.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/lab/http.h"

namespace badgate::harness::lab {

class Guard {
 public:
  struct Settings {
    std::uint16_t port = 0;
    // Others than this machine may connect: any address is a Host then. Names stay names, since
    // only those can be made to lead elsewhere.
    bool remote = false;
    std::vector<std::string> names;  // further Hosts: "lab.example", "lab.example:80"
  };

  explicit Guard(Settings settings) : settings_(std::move(settings)) {}

  // Why it may not; nothing if it may.
  std::optional<HttpAnswer> refuses(const HttpRequest& request) const;

 private:
  bool is_own_host(std::string_view host) const;
  bool is_own_port(const std::string& port) const;
  bool is_given_name(std::string_view host) const;
  std::optional<HttpAnswer> refuses_origin(const HttpRequest& request) const;

  Settings settings_;
};

}  // namespace badgate::harness::lab
