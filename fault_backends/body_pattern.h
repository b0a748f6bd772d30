// The body of a fake upstream's answer: a repeating text, so that a body of any size can be sent
// without being stored, and a byte that is missing or doubled shifts all that follows.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace badgate::fault_backends {

// A piece of the pattern from `offset` on: at least 1 byte, never more than `most` (which is > 0).
std::string_view pattern_at(std::uint64_t offset, std::uint64_t most);

// The first `size` bytes, for small bodies and tests.
std::string pattern(std::size_t size);

}  // namespace badgate::fault_backends
