// A whole log of any bytes: its lines are counted, and the summary is short and fit for a terminal.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "harness/diagnosis/ingest.h"
#include "harness/diagnosis/report_json.h"
#include "harness/diagnosis/summary_report.h"

namespace diagnosis = badgate::harness::diagnosis;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kLongestReport = 100'000;
  std::string_view log(reinterpret_cast<const char*>(data), size);
  diagnosis::Digest digest;
  diagnosis::Ingest ingest(digest, {}, size % 2 == 0);
  while (!log.empty()) {
    const auto line = log.substr(0, log.find('\n'));
    ingest.add_line(line);
    log.remove_prefix(std::min(line.size() + 1, log.size()));
  }
  ingest.finish();
  const auto summary = digest.finish();
  if (summary.unknown > summary.lines || summary.failures > summary.lines) std::abort();
  const auto text = diagnosis::summary_report(summary, {});
  const auto unfit = [](char c) { return c != '\n' && static_cast<unsigned char>(c) < 0x20; };
  if (text.size() > kLongestReport || std::any_of(text.begin(), text.end(), unfit)) std::abort();
  if (diagnosis::summary_json(summary).empty()) std::abort();
  return 0;
}
