// A user's configuration of any bytes, if nginx would accept it: what is to run in its place can be
// read back, and what badgate check would ask can be said.
#include "harness/own_config/adapt.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "harness/check/target.h"
#include "harness/nginx_conf/tree.h"

namespace conf = badgate::harness::nginx_conf;
namespace own = badgate::harness::own_config;
using badgate::harness::drivers::NginxSurroundings;
using badgate::harness::drivers::Setup;
using badgate::net::Address;

namespace {

constexpr std::size_t kMostLocations = 4;

Setup setup() {
  Setup setup;
  setup.settings.listen = {badgate::proxy::Listen(Address::loopback(4711), false)};
  auto& group = setup.settings.upstreams.emplace_back();
  group.name = "app";
  group.servers.push_back({.address = Address::loopback(6001)});
  return setup;
}

void adapt(const own::OwnConfig& config) {
  const NginxSurroundings surroundings{.folder = "/tmp/run",
                                       .listen = Address::loopback(4711),
                                       .access_log = "/proc/self/fd/4",
                                       .user = "root root",
                                       .temp_paths = {"proxy"}};
  const auto adapted = own::adapt(config, setup(), surroundings,
                                  {.http = "127.0.0.1:5001", .fastcgi = "127.0.0.1:5002"});
  static_cast<void>(own::to_text(adapted.differences));
  const auto again = conf::read_text(adapted.text, "/tmp/run/nginx.conf");
  if (again.ok()) return;
  std::fputs(adapted.text.c_str(), stderr);
  std::fputs(to_text(again.diagnostics).c_str(), stderr);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  own::OwnConfig config;
  config.tree = conf::read_text(text, "/etc/nginx/nginx.conf");
  if (!config.tree.ok()) return 0;
  config.site = conf::site_of(config.tree);
  static_cast<void>(badgate::harness::check::targets_of(config.site));
  std::size_t done = 0;
  for (const conf::LocationRef ref : config.site.passing()) {
    if (++done > kMostLocations) break;
    config.played = ref;
    adapt(config);
  }
  return 0;
}
