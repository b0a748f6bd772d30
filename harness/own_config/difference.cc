#include "harness/own_config/difference.h"

#include <fmt/core.h>

#include "harness/printable.h"

namespace badgate::harness::own_config {

std::string to_text(const std::vector<Difference>& differences) {
  std::string out;
  for (const Difference& one : differences) {
    const auto at = one.position.line == 0
                        ? std::string("(added)")
                        : fmt::format("{}:{}", printable(one.position.file), one.position.line);
    out +=
        fmt::format("{}: {}{}{}{}\n", at, printable(one.yours, 100), one.yours.empty() ? "" : " → ",
                    one.ran.empty() ? std::string("left out") : printable(one.ran, 100),
                    one.why.empty() ? std::string() : fmt::format("  ({})", printable(one.why)));
  }
  return out;
}

}  // namespace badgate::harness::own_config
