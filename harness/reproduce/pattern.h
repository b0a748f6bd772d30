// Patterns for messages of logs: text with `*` for anything, which is captured.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace badgate::harness::reproduce {

// What each `*` stands for, in order, if the whole text fits; each takes as little as it can.
// Linear in the text for each `*`; whatever follows the last `*` must be the text's end.
std::optional<std::vector<std::string>> match(std::string_view pattern, std::string_view text);

}  // namespace badgate::harness::reproduce
