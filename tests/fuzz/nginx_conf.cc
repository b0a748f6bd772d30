// A configuration of nginx of any bytes: read, understood and made scenarios of, or refused with
// diagnostics that can be shown.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "harness/load.h"
#include "harness/nginx_conf/locate.h"
#include "harness/nginx_conf/to_scenario.h"

namespace conf = badgate::harness::nginx_conf;

namespace {

constexpr std::size_t kMostLocations = 8;  // of which scenarios are made

void play(const conf::Site& site) {
  std::size_t made = 0;
  for (const conf::LocationRef ref : site.passing()) {
    if (++made > kMostLocations) return;
    const auto skeleton = conf::skeleton_of(site, ref);
    if (!skeleton) continue;
    const auto text =
        "title = \"fuzz\"\n" + conf::to_toml(*skeleton) + "[[request]]\nexpect.status = 200\n";
    // nginx's own checks may refuse it, with words; it is TOML in any case.
    static_cast<void>(badgate::harness::load_text(text, "fuzz.toml", "fuzz"));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const conf::Tree tree = conf::read_text(text, "/etc/nginx/nginx.conf");
  const auto shown = badgate::harness::to_text(tree.diagnostics);
  if (tree.ok() != shown.empty()) std::abort();
  const conf::Site site = conf::site_of(tree);
  static_cast<void>(conf::locate(site, "www.example.com", "/index.php?a=b"));
  if (tree.ok()) play(site);
  return 0;
}
