#include "harness/audit/finding.h"

#include <fmt/core.h>

namespace badgate::harness::audit {

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::low:
      return "low";
    case Severity::medium:
      return "medium";
    case Severity::high:
      return "high";
  }
  return {};
}

std::string to_text(const Fix& fix) {
  switch (fix.where) {
    case Fix::Where::server_line:
      return fmt::format("server … {}={};", fix.directive, fix.value);
    case Fix::Where::prose:
      return fix.value;
    case Fix::Where::location:
    case Fix::Where::group:
      break;
  }
  return fmt::format("{} {};", fix.directive, fix.value);
}

}  // namespace badgate::harness::audit
