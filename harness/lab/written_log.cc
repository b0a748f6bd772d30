#include "harness/lab/written_log.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace badgate::harness::lab {

bool is_written(std::string_view level, std::string_view least) {
  constexpr std::array<std::string_view, 8> kLevels{"debug", "info", "notice", "warn",
                                                    "error", "crit", "alert",  "emerg"};
  return std::ranges::find(kLevels, level) >= std::ranges::find(kLevels, least);
}

std::string least_level(const Node& scenario, std::string otherwise) {
  const Member* proxy = scenario.find("proxy");
  const Member* level = proxy == nullptr ? nullptr : proxy->value.find("error_log_level");
  return level == nullptr ? otherwise : level->value.text;
}

void leave_written(Outcome& outcome, std::string_view least) {
  // The facts of the log are its lines, in their order.
  auto line = outcome.error_log.cbegin();
  std::erase_if(outcome.timeline, [&](const Fact& fact) {
    if (fact.who != "error.log" || line == outcome.error_log.cend()) return false;
    return !is_written((line++)->level, least);
  });
  std::erase_if(outcome.error_log,
                [&](const LogLine& one) { return !is_written(one.level, least); });
}

}  // namespace badgate::harness::lab
