// The first line is a log_format, the others are read by it.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "harness/evidence/log_format.h"

using badgate::harness::evidence::LogFormat;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto first = text.substr(0, text.find('\n'));
  const auto format = LogFormat::parse(first);
  if (!format) {
    if (format.error().message.empty()) std::abort();
    return 0;
  }
  text.remove_prefix(std::min(first.size() + 1, text.size()));
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    if (const auto e = format->read(line); e && e->tries.size() > line.size()) std::abort();
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return 0;
}
