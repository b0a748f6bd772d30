#include "fault_backends/interference.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace badgate::fault_backends {
namespace {

bool in_force(const Fault& fault, net::TimePoint now) {
  return fault.point.kind == Point::Kind::connect && fault.schedule.in_force(now);
}

}  // namespace

net::Result<Interference::Change> Interference::update(const std::vector<Fault>& faults,
                                                       net::TimePoint now) {
  Change change;
  for (std::size_t i = 0; i < faults.size(); ++i) {
    if (!in_force(faults[i], now)) end(i, change);
  }
  for (std::size_t i = 0; i < faults.size(); ++i) {
    if (!in_force(faults[i], now) || active_.contains(i)) continue;
    auto started = NetworkFault::start(faults[i].action, *listener_, network_);
    if (!started) {
      return net::fail(fmt::format("{}: {}", faults[i].name, started.error().message),
                       started.error().code);
    }
    change.lines.push_back(fmt::format("{} ({})", (*started)->receipt(), faults[i].name));
    active_.emplace(i, Active{faults[i].name, std::move(*started)});
  }
  return change;
}

Interference::Change Interference::end_all() {
  Change change;
  while (!active_.empty())
    end(active_.begin()->first, change);
  return change;
}

void Interference::end(std::size_t fault, Change& change) {
  const auto node = active_.extract(fault);
  if (node.empty()) return;
  const Active& active = node.mapped();
  auto waiting = active.fault->stop(backlog_);
  change.lines.push_back(
      fmt::format("the network lets everything through again ({})", active.name));
  std::move(waiting.begin(), waiting.end(), std::back_inserter(change.waiting));
}

bool Interference::holds_listener() const {
  return std::any_of(active_.begin(), active_.end(),
                     [](const auto& entry) { return entry.second.fault->holds_listener(); });
}

}  // namespace badgate::fault_backends
