// Apache httpd as the proxy under test: mod_proxy with mod_proxy_balancer, event MPM.
//
// It has one child process, so that all requests meet the same idea of which server is down; only
// while it reloads there are more. What went wrong it says in the error log, each time with a
// number of its own: AH00957, AH01102.
#include "harness/drivers/apache.h"

#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>

#include "harness/drivers/kinds.h"
#include "harness/drivers/registry.h"

namespace badgate::harness::drivers {
namespace {

constexpr std::string_view kName = "apache";

// Where distributions keep the modules: Debian, Fedora, Arch.
std::string modules_folder() {
  constexpr std::array<std::string_view, 3> kFolders{
      "/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/lib/httpd/modules"};
  for (const auto folder : kFolders) {
    std::error_code ignored;
    if (std::filesystem::exists(folder, ignored)) return std::string(folder);
  }
  return std::string(kFolders.front());
}

net::Result<Launching> render(const Setup& setup, const Place& place) {
  auto config =
      apache_config(setup, place, {.modules = modules_folder(), .as_root = ::geteuid() == 0});
  if (!config) return tl::unexpected(config.error());
  return Launching{.files = {{"httpd.conf", std::move(*config)}},
                   .arguments = {"-f", place.folder + "/httpd.conf", "-DFOREGROUND"},
                   .environment = {}};
}

}  // namespace

Kind apache_kind() {
  return {.name = std::string(kName),
          .programs = {"apache2", "httpd"},
          .package = "apache2",
          .version_in = [](const std::string& told) { return word_after(told, "Apache/"); },
          .supports = {.tls = TlsSupport::both,
                       .fastcgi = true,
                       .retries = RetrySupport::own_or_off,
                       .health = HealthSupport::partly,
                       .reload = true},
          .reload_signal = SIGUSR1,
          .end_signal = SIGTERM,
          .shared_files = "/dev/shm/ShM.",  // apr_shm_create's
          .render = render,
          .error_line = apache_error_line,
          .access_line = apache_access_line};
}

Supports supports_apache() {
  return apache_kind().supports;
}

net::Result<std::unique_ptr<Driver>> find_apache(const std::string& path) {
  return find_external(apache_kind(), path);
}

}  // namespace badgate::harness::drivers
