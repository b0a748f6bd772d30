// A user's own haproxy.cfg, made fit to run beside fakes, for tests of what it then says.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/own_config/adapt_haproxy.h"

namespace badgate::harness::own_config {

inline drivers::Setup setup_of(const std::vector<const char*>& addresses,
                               const char* pass = "http://app") {
  drivers::Setup setup;
  setup.settings.proxy_pass = pass;
  setup.settings.proxy_ssl_trusted_certificate = "/run/ca.pem";
  proxy::Upstream group;
  group.name = "app";
  for (const char* address : addresses) {
    proxy::Server server;
    const std::string_view text = address;
    server.address = text.starts_with('/') ? *net::Address::unix_path(std::string(text))
                                           : *net::Address::parse(text);
    group.servers.push_back(std::move(server));
  }
  setup.settings.upstreams.push_back(std::move(group));
  return setup;
}

inline AdaptedHaproxy adapted(const std::string& text, const drivers::Setup& setup,
                              const Here& here = {}, bool plain = false,
                              const std::string& path = "haproxy.cfg") {
  auto file = haproxy_cfg::read_text(text, path);
  REQUIRE_MESSAGE(file.ok(), to_text(file.diagnostics));
  const OwnHaproxyConfig own{.site = haproxy_cfg::site_of(std::move(file)),
                             .frontend = "web",
                             .backend_and_server = "app/a",
                             .plain = plain};
  REQUIRE(own.pair());
  return adapt(own, setup,
               {.folder = "/tmp/run",
                .listen = "127.0.0.1:4711",
                .log = "fd@9",
                .log_format = "\"%ST\"",
                .others = "127.0.0.1:4712"},
               here);
}

// A configuration of both, in which the lines stand.
inline std::string with(const std::string& lines_of_app, const std::string& lines_of_web = {}) {
  return "defaults\n  mode http\nfrontend web\n  bind :80\n" + lines_of_web +
         "  default_backend app\nbackend app\n" + lines_of_app;
}

inline bool has(const std::string& text, std::string_view part) {
  INFO(text);
  return text.find(part) != text.npos;
}

}  // namespace badgate::harness::own_config
