#include "harness/fidelity/comparison_json.h"

#include <nlohmann/json.hpp>

namespace badgate::harness::fidelity {

using nlohmann::json;

// nlohmann's functions are found by these names.
// NOLINTBEGIN(readability-identifier-naming)

static void to_json(json& j, const Difference& d) {
  j = {d.aspect, d.where, d.ours, d.theirs};
}
static void from_json(const json& j, Difference& d) {
  d = {j.at(0).get<Aspect>(), j.at(1).get<std::string>(), j.at(2).get<std::string>(),
       j.at(3).get<std::string>()};
}

// NOLINTEND(readability-identifier-naming)

std::string to_json(const Comparison& c) {
  const json j = {
      {"skipped", c.skipped},     {"broken", c.broken},           {"compared", c.compared},
      {"different", c.different}, {"differences", c.differences},
  };
  // Log lines may hold any bytes; those that are not UTF-8 are replaced.
  return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

net::Result<Comparison> comparison_from_json(std::string_view text) {
  const auto j = json::parse(text, nullptr, false);
  if (j.is_discarded()) return net::fail("a worker sent something that is not JSON");
  try {
    Comparison c;
    j.at("skipped").get_to(c.skipped);
    j.at("broken").get_to(c.broken);
    j.at("compared").get_to(c.compared);
    j.at("different").get_to(c.different);
    j.at("differences").get_to(c.differences);
    return c;
  } catch (const json::exception& e) {
    return net::fail(std::string("a worker sent something odd: ") + e.what());
  }
}

}  // namespace badgate::harness::fidelity
