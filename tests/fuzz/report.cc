// A JSON report of any bytes: it is refused in words, or can be merged and written in every format,
// and what is written as JSON can be read.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "harness/reports/formats.h"
#include "harness/reports/json.h"
#include "harness/reports/merge.h"

using namespace badgate::harness::reports;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto report = report_from_json({reinterpret_cast<const char*>(data), size});
  if (!report) {
    if (report.error().message.empty()) std::abort();
    return 0;
  }
  for (const Format& format : formats())
    static_cast<void>(format.write(*report));
  static_cast<void>(merge({{"one", *report}}));
  if (!report_from_json(json_report(*report))) std::abort();
  return 0;
}
