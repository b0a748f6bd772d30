// A line of any log, of any bytes: read or not, and what is said of it is fit for a terminal.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "harness/diagnosis/line_report.h"
#include "harness/diagnosis/report_json.h"
#include "harness/evidence/evidence.h"

namespace diagnosis = badgate::harness::diagnosis;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  const auto evidence = badgate::harness::evidence::read_line(line);
  if (!evidence) return 0;
  const auto found = diagnosis::diagnose_in(*evidence, {});
  const auto text = diagnosis::line_report(line, *evidence, found, {});
  const auto unfit = [](char c) { return c != '\n' && static_cast<unsigned char>(c) < 0x20; };
  if (std::any_of(text.begin(), text.end(), unfit)) std::abort();
  if (diagnosis::line_json(line, *evidence, found, {}).empty()) std::abort();
  return 0;
}
