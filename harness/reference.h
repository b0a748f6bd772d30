// Reference: every table and key that a scenario file may have, from the same lists that the loader
// reads with. `badgate list`, docs/scenarios.md and shell completion are made from it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace badgate::harness {

struct ReferenceEntry {
  std::string_view name;
  std::string_view syntax;    // "time", "text", "on | off"
  std::string_view fallback;  // the value when it is not given; empty: none
  std::string_view doc;       // one sentence
};

struct ReferenceTable {
  std::string topic;  // one word: "proxy", "request"; all faults share "faults"
  std::string name;   // "[proxy]", "[[request]]", "slow = \"header\""
  std::string doc;
  std::vector<ReferenceEntry> entries;
};

// In the order in which the reference shows them. Views are into static tables.
std::vector<ReferenceTable> reference();

// The tables of one topic in Markdown, as docs/scenarios.md holds them between its marks. Empty for
// a topic that does not exist.
std::string markdown(std::string_view topic);

}  // namespace badgate::harness
