#include "harness/own_config/own_run.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "harness/printable.h"

namespace badgate::harness::own_config {

net::Result<OwnRun> OwnRun::prepare(const std::string& program, OwnConfig config) {
  auto nginx = OwnNginx::find(program, std::move(config));
  if (!nginx) return tl::unexpected(nginx.error());
  return OwnRun(std::move(*nginx));
}

void OwnRun::begin() {
  if (auto ok = nginx_->enter_network(); !ok) why_not_ = ok.error().message;
  nginx_->on_adapted(
      [into = differences_](const Adapted& adapted) { *into = adapted.differences; });
}

std::string OwnRun::report() const {
  std::string out = fmt::format("\nOn nginx {} your own {} ran, ", nginx_->version(),
                                printable(nginx_->config().tree.file));
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
  const json j = {{"file", nginx_->config().tree.file},
                  {"own_network", why_not_.empty()},
                  {"why_not", why_not_},
                  {"differences", differences}};
  return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace badgate::harness::own_config
