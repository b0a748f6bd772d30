#include "harness/own_config/own_run.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "harness/printable.h"

namespace badgate::harness::own_config {

void OwnRun::begin() {
  if (auto ok = proxy_->enter_network(); !ok) why_not_ = ok.error().message;
  proxy_->on_adapted(
      [into = differences_](const std::vector<Difference>& differences) { *into = differences; });
}

std::string OwnRun::report() const {
  std::string out = fmt::format("\nOn {} {} your own {} ran, ", proxy_->name(), proxy_->version(),
                                printable(proxy_->file()));
  out += why_not_.empty() ? "in a network where its addresses lead to the fakes.\n"
                          : fmt::format("with other addresses:\n{}.\n", why_not_);
  bool logs = false;
  std::vector<Difference> shown;
  for (const Difference& one : *differences_) {
    logs |= one.why == kLogs;
    if (one.why != kLogs) shown.push_back(one);
  }
  if (shown.empty() && !logs) return out;
  out += "What ran is your file but for this:\n";
  for (const Difference& one : shown)
    out += "  " + to_text({one});
  if (logs) out += "  all logs: badgate reads them\n";
  return out;
}

std::string OwnRun::report_json() const {
  using nlohmann::json;
  json differences = json::array();
  for (const Difference& one : *differences_) {
    differences.push_back({{"file", one.position.file},
                           {"line", one.position.line},
                           {"yours", one.yours},
                           {"ran", one.ran},
                           {"why", one.why}});
  }
  const json j = {{"file", proxy_->file()},
                  {"own_network", why_not_.empty()},
                  {"why_not", why_not_},
                  {"differences", differences}};
  return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace badgate::harness::own_config
