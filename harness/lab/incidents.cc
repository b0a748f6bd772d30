#include "harness/lab/incidents.h"

#include <fmt/core.h>

namespace badgate::harness::lab {

std::vector<IncidentOffer> incidents_of(std::uint64_t /*seed*/) {
  return {};
}

net::Result<Incident> incident(std::uint64_t seed, std::string_view id) {
  return net::fail(fmt::format("seed {} has no incident \"{}\"", seed, id));
}

unsigned cost_of_hint(unsigned number) {
  return 5 * number;
}

}  // namespace badgate::harness::lab
