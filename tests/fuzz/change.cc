// Two configurations of nginx of any bytes, apart by a line "----", compared and laid over a
// scenario; the first line also as what the command line says: a setting, a range, a name.
#include <cstdint>
#include <string_view>
#include <vector>

#include "harness/change/config_nginx.h"
#include "harness/change/pairs.h"
#include "harness/change/quantity.h"
#include "harness/load.h"

namespace change = badgate::harness::change;

namespace {

constexpr std::string_view kBetween = "\n----\n";
constexpr std::size_t kMostComparisons = 8;

const badgate::harness::Scenario& scenario() {
  static const auto loaded = badgate::harness::load_text(
      "title = \"fuzz\"\n[[upstream.app]]\n[[upstream.app]]\nfault = { crash = \"after-request\" "
      "}\n"
      "[group.app]\nkeepalive = 4\n[proxy.location.\"/a/\"]\nproxy_read_timeout = 5\n[[request]]\n",
      "fuzz.toml", "fuzz");
  return loaded.scenarios.front();
}

void lay_over(const std::vector<change::Setting>& settings) {
  auto laid = scenario();
  change::lay_over(laid, settings);
  static_cast<void>(change::contradiction_in(laid));
}

void command_line(std::string_view line) {
  if (const auto setting = change::parse_setting(line)) {
    static_cast<void>(change::contradiction_of({&*setting, 1}));
    lay_over({*setting});
  }
  for (const auto hint : {change::Unit::time, change::Unit::size, change::Unit::word}) {
    if (const auto span = change::parse_span(line, hint))
      static_cast<void>(change::values_of(*span, change::Scale::automatic, 50, 1));
    static_cast<void>(change::parse_list(line, hint));
  }
}

change::Config config_of(std::string_view text) {
  return change::config_of(badgate::harness::nginx_conf::read_text(text, "/etc/nginx/nginx.conf"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  command_line(text.substr(0, text.find('\n')));
  const auto half = text.find(kBetween);
  if (half == text.npos) return 0;
  const auto pairs = change::pairs_of(config_of(text.substr(0, half)),
                                      config_of(text.substr(half + kBetween.size())));
  if (!pairs) return 0;
  std::size_t count = 0;
  for (const change::Comparison& comparison : pairs->comparisons) {
    if (++count > kMostComparisons) break;
    lay_over(comparison.before);
    lay_over(comparison.after);
  }
  return 0;
}
