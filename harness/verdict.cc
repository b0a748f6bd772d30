#include "harness/verdict.h"

#include <array>

namespace badgate::harness {

std::string_view to_string(Verdict::State state) {
  constexpr std::array<std::string_view, 4> words{"passed", "failed", "skipped", "broken"};
  return words.at(static_cast<std::size_t>(state));
}

}  // namespace badgate::harness
