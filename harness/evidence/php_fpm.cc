#include <algorithm>
#include <array>

#include "harness/evidence/fields.h"
#include "harness/evidence/readers.h"

namespace badgate::harness::evidence {
namespace {

constexpr std::array<std::string_view, 5> kLevels{
    "ALERT: ", "ERROR: ", "WARNING: ", "NOTICE: ", "DEBUG: "};

// `(request: "GET /report.php")`.
void take_script(std::string_view message, Evidence& e) {
  constexpr std::string_view kRequest = "(request: \"";
  const auto at = message.find(kRequest);
  if (at == message.npos) return;
  const auto request = message.substr(at + kRequest.size());
  take_request(e, request.substr(0, request.find("\")")));
}

}  // namespace

std::optional<Evidence> read_php_fpm(std::string_view line) {
  Evidence e;
  e.source = Source::php_fpm;
  if (line.starts_with('[')) {
    e.time = parse_log_time(line.substr(1));
    const auto close = line.find("] ");
    if (!e.time || close == line.npos) return std::nullopt;
    line.remove_prefix(close + 2);
  }
  const auto level = std::ranges::find_if(kLevels, [&](auto l) { return line.starts_with(l); });
  if (level == kLevels.end()) return std::nullopt;
  e.level = level->substr(0, level->size() - 2);
  line.remove_prefix(level->size());
  if (line.starts_with("[pool ")) {
    const auto close = line.find("] ");
    if (close == line.npos) return std::nullopt;
    e.server = line.substr(6, close - 6);
    line.remove_prefix(close + 2);
  }
  e.message = line;
  take_script(line, e);
  return e;
}

}  // namespace badgate::harness::evidence
