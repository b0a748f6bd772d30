#include "harness/diagnosis/known_causes.h"

#include <algorithm>

namespace badgate::harness::diagnosis {

const KnownCause* known_cause(std::string_view id) {
  for (const auto part : known_causes()) {
    const auto at = std::ranges::find(part, id, &KnownCause::id);
    if (at != part.end()) return &*at;
  }
  return nullptr;
}

std::array<std::span<const KnownCause>, 4> known_causes() {
  return {causes_connecting(), causes_answering(), causes_response(), causes_local()};
}

}  // namespace badgate::harness::diagnosis
