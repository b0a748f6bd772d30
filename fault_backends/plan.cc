#include "fault_backends/plan.h"

#include <fmt/core.h>

#include <algorithm>

namespace badgate::fault_backends {

Plan::Plan(std::vector<Fault> faults, const net::Rng& rng) : faults_(std::move(faults)) {
  states_.reserve(faults_.size());
  for (std::size_t i = 0; i < faults_.size(); ++i) {
    State state{.rng = rng.stream(fmt::format("fault {} {}", i, faults_[i].name))};
    if (faults_[i].action.kind == Action::Kind::work) {
      state.pool = std::make_unique<WorkerPool>(faults_[i].action.workers);
    }
    states_.push_back(std::move(state));
  }
}

bool Plan::strikes(std::size_t fault, std::uint64_t number, bool reused, net::TimePoint now) {
  const Schedule& schedule = faults_[fault].schedule;
  State& state = states_[fault];
  if (number <= schedule.after || (schedule.reused && !reused)) return false;
  if (!schedule.in_force(now)) return false;
  if (schedule.times && state.struck >= *schedule.times) return false;
  if (schedule.probability < 1.0 && !state.rng.chance(schedule.probability)) return false;
  ++state.struck;
  return true;
}

const Fault* Plan::absent(net::TimePoint now) const {
  for (const auto& fault : faults_) {
    if (fault.point.kind == Point::Kind::listen && fault.schedule.in_force(now)) return &fault;
  }
  return nullptr;
}

std::optional<net::TimePoint> Plan::next_change(net::TimePoint now) const {
  std::optional<net::TimePoint> next;
  for (const auto& fault : faults_) {
    const auto kind = fault.point.kind;
    if (kind != Point::Kind::listen && kind != Point::Kind::connect) continue;
    for (const auto& moment : {fault.schedule.from, fault.schedule.until}) {
      if (moment && *moment > now && (!next || *moment < *next)) next = moment;
    }
  }
  return next;
}

std::uint64_t Plan::body_to_keep() const {
  std::uint64_t most = 0;
  for (const auto& fault : faults_) {
    if (fault.action.kind == Action::Kind::alter) most = std::max(most, fault.action.bytes);
  }
  return most;
}

net::SocketOptions Plan::socket(net::SocketOptions base) const {
  for (const auto& fault : faults_) {
    if (fault.socket.receive_buffer > 0) base.receive_buffer = fault.socket.receive_buffer;
    if (fault.socket.send_buffer > 0) base.send_buffer = fault.socket.send_buffer;
  }
  return base;
}

}  // namespace badgate::fault_backends
