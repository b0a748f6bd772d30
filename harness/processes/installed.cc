#include "harness/processes/installed.h"

#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "harness/processes/program.h"

namespace badgate::harness::processes {
namespace {

using Package = std::pair<std::string_view, std::string_view>;
constexpr std::array<Package, 12> kPackages{{{"php-fpm", "php-fpm"},
                                             {"php", "php-cli"},
                                             {"gunicorn", "gunicorn"},
                                             {"uvicorn", "uvicorn"},
                                             {"uwsgi", "uwsgi"},
                                             {"node", "nodejs"},
                                             {"python3", "python3"},
                                             {"puma", "puma"},
                                             {"ruby", "ruby"},
                                             {"java", "default-jre-headless"},
                                             {"nginx", "nginx"},
                                             {"haproxy", "haproxy"}}};

std::string hint(std::string_view name) {
  for (const auto& [program, package] : kPackages) {
    if (program == name) return fmt::format(": apt-get install {}", package);
  }
  return {};
}

}  // namespace

net::Result<std::string> installed(const std::string& name) {
  auto path = find_program(name);
  if (!path.empty()) return path;
  if (name.find('/') == std::string::npos)
    return net::fail(fmt::format("{} is not installed{}", name, hint(name)), ENOTSUP);
  ::access(name.c_str(), X_OK);
  return net::fail(fmt::format("{} cannot be started: {}", name, std::strerror(errno)));
}

}  // namespace badgate::harness::processes
