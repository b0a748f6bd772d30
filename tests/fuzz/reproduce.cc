// A line of nginx's error log, of any bytes, and every scenario that recipes make of it: whatever
// stands in the line, it stays text of the file, and starts no program.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "harness/evidence/evidence.h"
#include "harness/load.h"
#include "harness/reproduce/identity.h"
#include "harness/reproduce/recipe.h"

using namespace badgate::harness;
using namespace badgate::harness::reproduce;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto line =
      evidence::read_line(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!line || line->source != evidence::Source::nginx_error) return 0;
  if (!differences(*line, *line).empty()) std::abort();
  const Frame frame = frame_of(*line, {});
  for (const Fitting& fitting : recipes_for(*line, frame)) {
    const auto text = compose(fitting, *line, frame);
    if (!text) continue;
    const auto loaded = load_text("title = \"of a line\"\n" + *text, "line", "line");
    for (const Scenario& scenario : loaded.scenarios) {
      if (std::any_of(scenario.backends.begin(), scenario.backends.end(),
                      [](const BackendSpec& backend) { return backend.process.has_value(); }))
        std::abort();
    }
  }
  return 0;
}
