#include "fault_backends/body_pattern.h"

#include <algorithm>

namespace badgate::fault_backends {
namespace {

// 64 bytes to a line, so that a dump of a body is readable.
constexpr std::string_view kLine =
    "0123456789 the quick brown fox jumps over the lazy dog ABCDEFGH\n";
static_assert(kLine.size() == 64);

constexpr std::size_t kBlock = 64 * 1024;

const std::string& block() {
  static const std::string text = [] {
    std::string lines;
    lines.reserve(kBlock);
    while (lines.size() < kBlock)
      lines += kLine;
    return lines;
  }();
  return text;
}

}  // namespace

std::string_view pattern_at(std::uint64_t offset, std::uint64_t most) {
  const auto view = std::string_view(block()).substr(offset % kLine.size());
  return view.substr(0, std::min<std::uint64_t>(most, view.size()));
}

std::string pattern(std::size_t size) {
  std::string text;
  while (text.size() < size)
    text += pattern_at(text.size(), size - text.size());
  return text;
}

}  // namespace badgate::fault_backends
