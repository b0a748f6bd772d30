// lighttpd as the proxy under test: mod_proxy and mod_fastcgi, which share gw_backend.c.
//
// Unless it is told to stream, it takes a response whole before it sends anything of it. It looks
// at its timeouts every few seconds only, so that they come late.
#include "harness/drivers/lighttpd.h"

#include <unistd.h>

#include <csignal>

#include "harness/drivers/registry.h"
#include "harness/processes/program.h"

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

net::Result<std::unique_ptr<Driver>> find_lighttpd(const std::string& path);  // registry.cc's
net::Result<std::unique_ptr<Driver>> find_lighttpd(const std::string& path) {
  const auto program = find_external(path, {"lighttpd"}, "lighttpd");
  if (!program) return tl::unexpected(program.error());
  const auto told = processes::output_of(*program, {"-v"});
  if (!told) return tl::unexpected(told.error());
  return external_driver({.name = std::string(kName),
                          .path = *program,
                          .version = word_after(*told, "lighttpd/"),
                          .reload_signal = SIGUSR1,
                          .end_signal = SIGTERM,
                          .render = render,
                          .error_line = lighttpd_error_line,
                          .access_line = lighttpd_access_line});
}

}  // namespace badgate::harness::drivers
