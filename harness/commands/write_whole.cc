#include "harness/commands/write_whole.h"

#include <fmt/core.h>

#include "harness/reports/report_file.h"

namespace badgate::harness::commands {

bool write_whole(const std::string& path, const std::string& text) {
  const auto written = reports::write_whole(path, text);
  if (!written) fmt::print(stderr, "badgate: {}\n", written.error().message);
  return written.has_value();
}

}  // namespace badgate::harness::commands
