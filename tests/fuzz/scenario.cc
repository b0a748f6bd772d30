// A scenario file of any bytes: read, or refused with diagnostics that can be shown.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "harness/load.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto loaded = badgate::harness::load_text(text, "fuzz.toml", "fuzz");
  const auto shown = badgate::harness::to_text(loaded.diagnostics);
  if (loaded.ok() == loaded.scenarios.empty() || loaded.ok() != shown.empty()) std::abort();
  return 0;
}
