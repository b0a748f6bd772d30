#include "harness/reports/html.h"

#include <string_view>

#include "harness/reports/json.h"

namespace badgate::harness::reports {
namespace {

constexpr std::string_view kPage =
#include "harness/report_page.inc"
    ;
constexpr std::string_view kPlace = "@DATA@";  // of the data in it

// In JSON a "<" is only in strings. Without any, nothing in them can end the script ("</script>"),
// or keep it from ending ("<!--<script").
void append_for_script(std::string& out, std::string_view json) {
  for (const char c : json) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
}

}  // namespace

std::string html_report(const RunReport& report) {
  const std::string data = json_report(report);
  const auto at = kPage.find(kPlace);
  std::string out;
  out.reserve(kPage.size() + data.size() + data.size() / 16);
  out += kPage.substr(0, at);
  append_for_script(out, data);
  out += kPage.substr(at + kPlace.size());
  return out;
}

}  // namespace badgate::harness::reports
