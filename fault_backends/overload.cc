// The family `overload`: more requests than it can work on. The same can be said of a backend that
// is always so by its settings (workers, queue, memory_limit); a fault can come and go.
#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "fault_backends/presets.h"

namespace badgate::fault_backends {
namespace {

constexpr unsigned kWorkers = 4;
constexpr std::uint64_t kMega = 1024 * 1024;

unsigned to_unsigned(std::uint64_t number) {
  return static_cast<unsigned>(
      std::min<std::uint64_t>(number, std::numeric_limits<unsigned>::max()));
}

std::vector<Fault> work(const FaultValues& v, Workers workers) {
  Action action{.kind = Action::Kind::work, .workers = workers};
  action.time = v.service_time.value_or(net::Duration{});
  action.sigma = v.sigma.value_or(0);
  return {{.point = {Point::Kind::request_read}, .action = action}};
}

constexpr std::array kPool{
    ordinal_field<&FaultValues::count>("workers", "4", "requests that are worked on at a time"),
    number_field<&FaultValues::queue>("queue", "",
                                      "requests that may wait; any number if not given"),
    status_field<&FaultValues::overflow_status>("overflow_status", "503",
                                                "the answer when the queue is full"),
    time_field<&FaultValues::service_time>("service_time", "0",
                                           "how much longer each request is worked on"),
    sigma_field("0", "more than 0: lognormal around `service_time`, from the seed"),
};

std::vector<Fault> pool(const FaultValues& v) {
  Workers workers{.count = to_unsigned(v.count.value_or(kWorkers))};
  if (v.queue) workers.queue = to_unsigned(*v.queue);
  workers.overflow_status = v.overflow_status.value_or(503);
  return work(v, workers);
}

constexpr std::array kMemory{
    amount_field<&FaultValues::memory_per_request>("memory_per_request", "100m",
                                                   "what each request takes until its answer"),
    amount_field<&FaultValues::memory_limit>("memory_limit", "512m",
                                             "beyond it the process is killed"),
    time_field<&FaultValues::restart_after>("restart_after", "0",
                                            "when it is started again; 0: never"),
    time_field<&FaultValues::service_time>("service_time", "0",
                                           "how much longer each request is worked on"),
    sigma_field("0", "more than 0: lognormal around `service_time`, from the seed"),
};

std::vector<Fault> memory(const FaultValues& v) {
  Workers workers;
  workers.memory_per_request = v.memory_per_request.value_or(100 * kMega);
  workers.memory_limit = v.memory_limit.value_or(512 * kMega);
  workers.restart_after = v.restart_after.value_or(net::Duration{});
  return work(v, workers);
}

constexpr std::array<FaultPreset, 2> kPresets{{
    {"overload", "workers", "only so many requests are worked on, the others wait or are refused",
     kPool, "O1 D1 D8", &pool},
    {"overload", "out-of-memory", "each request takes memory, until the process is killed", kMemory,
     "O3 D2 A1", &memory},
}};

}  // namespace

std::span<const FaultPreset> overload_presets() {
  return kPresets;
}

}  // namespace badgate::fault_backends
