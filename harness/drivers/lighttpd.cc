// lighttpd as the proxy under test: mod_proxy and mod_fastcgi, which share gw_backend.c.
//
// Unless it is told to stream, it takes a response whole before it sends anything of it. It looks
// at its timeouts every few seconds only, so that they come late.
#include "harness/drivers/lighttpd.h"

#include <unistd.h>

#include <csignal>

#include "harness/drivers/kinds.h"
#include "harness/drivers/registry.h"

namespace badgate::harness::drivers {
namespace {

constexpr std::string_view kName = "lighttpd";

net::Result<Launching> render(const Setup& setup, const Place& place) {
  auto config = lighttpd_config(setup, place, ::geteuid() == 0);
  if (!config) return tl::unexpected(config.error());
  return Launching{.files = {{"lighttpd.conf", std::move(*config)}},
                   .arguments = {"-D", "-f", place.folder + "/lighttpd.conf"},
                   .environment = {}};
}

}  // namespace

Kind lighttpd_kind() {
  return {.name = std::string(kName),
          .programs = {"lighttpd"},
          .package = "lighttpd",
          .version_in = [](const std::string& told) { return word_after(told, "lighttpd/"); },
          .supports = {.fastcgi = true, .health = HealthSupport::partly, .reload = true},
          .reload_signal = SIGUSR1,
          .end_signal = SIGTERM,
          .render = render,
          .error_line = lighttpd_error_line,
          .access_line = lighttpd_access_line};
}

Supports supports_lighttpd() {
  return lighttpd_kind().supports;
}

net::Result<std::unique_ptr<Driver>> find_lighttpd(const std::string& path) {
  return find_external(lighttpd_kind(), path);
}

}  // namespace badgate::harness::drivers
