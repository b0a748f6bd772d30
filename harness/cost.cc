#include "harness/cost.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <numeric>

namespace badgate::harness {
namespace {

net::Duration upper_end(const Range<net::Duration>& range) {
  return range.high ? *range.high : range.low.value_or(net::Duration{});
}

net::Duration length_of(const Request& request) {
  const auto& elapsed = request.expect.elapsed;
  const auto once = elapsed ? upper_end(*elapsed) : request.leave_after.value_or(net::Duration{});
  return request.repeat * (request.pause + once);
}

}  // namespace

net::Duration expected_length(const Scenario& scenario) {
  net::Duration one_by_one{};
  net::Duration latest{};
  for (const Request& request : scenario.requests) {
    if (request.at) {
      latest = std::max(latest, request.at->time_since_epoch() + length_of(request));
    } else {
      one_by_one += length_of(request);
    }
  }
  net::Duration slowest{};
  for (const auto& [key, range] : scenario.expect.percentile)
    slowest = std::max(slowest, upper_end(range));
  const auto load = scenario.load ? scenario.load->duration + slowest : net::Duration{};
  return std::max({one_by_one, latest, load});
}

net::Duration expected_cost(const Scenario& scenario, bool waits) {
  using namespace std::chrono_literals;
  // About what a request costs on any clock; that of a scenario itself is the same for all.
  constexpr net::Duration kRequest = 200us;
  const auto& load = scenario.load;
  const double arrivals =
      load ? load->rate * std::chrono::duration<double>(load->duration).count() : 0.0;
  const auto work = std::chrono::duration_cast<net::Duration>(arrivals * kRequest);
  return waits ? std::max(work, expected_length(scenario)) : work;
}

std::vector<std::size_t> dearest_first(const std::vector<net::Duration>& costs) {
  std::vector<std::size_t> order(costs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater<>(), [&](std::size_t i) { return costs[i]; });
  return order;
}

}  // namespace badgate::harness
