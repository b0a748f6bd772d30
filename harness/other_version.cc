#include "harness/other_version.h"

#include <fmt/core.h>

#include "harness/directive_block.h"
#include "harness/judge.h"
#include "harness/run.h"

namespace badgate::harness {
namespace {

Verdict::State state_of(const Scenario& scenario, std::uint64_t seed) {
  const RunOptions options{.seed = seed};
  Outcome outcome = run(scenario, options);
  const auto tolerance = outcome.real_clock ? Tolerance::real_clock() : Tolerance::virtual_clock();
  return judge(scenario, std::move(outcome), tolerance).state;
}

}  // namespace

Scenario as_version(Scenario scenario, const std::string& version) {
  overlay(scenario.directives,
          {.name = {}, .argument = {}, .directives = {{"nginx_version", version}}, .blocks = {}});
  scenario.proxy.nginx_version = version;
  return scenario;
}

std::string tells_of_another_version(const Scenario& scenario, const std::string& version,
                                     std::uint64_t seed) {
  const std::string& own = scenario.proxy.nginx_version;
  if (own == version) return {};
  if (state_of(as_version(scenario, version), seed) != Verdict::State::failed) return {};
  if (state_of(scenario, seed) != Verdict::State::passed) return {};
  return fmt::format("it tells of nginx {}; this is {}", own, version);
}

}  // namespace badgate::harness
