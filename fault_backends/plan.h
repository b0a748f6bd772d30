// Plan: the faults of a backend with what they remember: how often each has struck, its own stream
// of chance, its pool of workers. Connections that were begun under a plan end under it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "fault_backends/fault.h"
#include "fault_backends/worker_pool.h"
#include "net/rng.h"
#include "net/time.h"

namespace badgate::fault_backends {

class Plan {
 public:
  Plan(std::vector<Fault> faults, const net::Rng& rng);

  const std::vector<Fault>& faults() const { return faults_; }
  net::Rng& rng(std::size_t fault) { return states_[fault].rng; }
  WorkerPool& pool(std::size_t fault) { return *states_[fault].pool; }  // of Action::Kind::work

  // Whether it strikes the connection or request `number` (from 1), which is being asked at the
  // fault's point; counts it if so.
  bool strikes(std::size_t fault, std::uint64_t number, bool reused, net::TimePoint now);

  // The first fault of Point::Kind::listen that is in force, or nullptr.
  const Fault* absent(net::TimePoint now) const;
  // When the next fault of Point::Kind::listen or Point::Kind::connect begins or ends.
  std::optional<net::TimePoint> next_change(net::TimePoint now) const;

  // How much of a request's body the faults want to see.
  std::uint64_t body_to_keep() const;
  // What the faults need of the sockets, over `base`.
  net::SocketOptions socket(net::SocketOptions base) const;

 private:
  struct State {
    std::uint64_t struck = 0;
    net::Rng rng;
    std::unique_ptr<WorkerPool> pool;
  };
  std::vector<Fault> faults_;
  std::vector<State> states_;
};

}  // namespace badgate::fault_backends
