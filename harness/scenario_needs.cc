#include "harness/scenario_needs.h"

#include <fmt/core.h>

#include <algorithm>

namespace badgate::harness {
namespace {

using fault_backends::Fault;
using fault_backends::Needs;

net::Result<void> add(const std::string& backend, const std::vector<Fault>& faults, Needs& into) {
  for (const Fault& fault : faults) {
    if (auto ok = fault_backends::available(fault); !ok) {
      return net::fail(fmt::format("{}: {}: {}", backend, fault.name, ok.error().message));
    }
    const auto needs = fault_backends::needs(fault);
    if (!needs) {
      return net::fail(fmt::format("{}: {}: {}", backend, fault.name, needs.error().message));
    }
    into.real_clock |= needs->real_clock;
    into.network_namespace |= needs->network_namespace;
  }
  return {};
}

}  // namespace

net::Result<Needs> needs_of(const Scenario& scenario) {
  Needs needs;
  needs.real_clock = scenario.clock == ClockNeed::real || starts_programs(scenario);
  for (const BackendSpec& spec : scenario.backends) {
    if (auto ok = add(spec.name, spec.settings.faults, needs); !ok) {
      return tl::unexpected(ok.error());
    }
  }
  for (const TimelineEvent& event : scenario.events) {
    if (auto ok = add(event.backend, event.faults, needs); !ok) return tl::unexpected(ok.error());
  }
  return needs;
}

bool needs_own_process(const Scenario& scenario) {
  const auto needs = needs_of(scenario);
  return needs && needs->network_namespace;
}

bool starts_programs(const Scenario& scenario) {
  return std::ranges::any_of(scenario.backends,
                             [](const BackendSpec& spec) { return spec.process.has_value(); });
}

bool reloads_proxy(const Scenario& scenario) {
  return std::ranges::any_of(scenario.events, [](const TimelineEvent& event) {
    return event.kind == TimelineEvent::Kind::set;
  });
}

bool needs_ordinary_rights(const Scenario& scenario) {
  const auto forbids = [](const Fault& fault) {
    return fault.action.kind == fault_backends::Action::Kind::no_permission;
  };
  return std::ranges::any_of(scenario.backends,
                             [&](const BackendSpec& spec) {
                               return std::ranges::any_of(spec.settings.faults, forbids);
                             }) ||
         std::ranges::any_of(scenario.events, [&](const TimelineEvent& event) {
           return std::ranges::any_of(event.faults, forbids);
         });
}

std::unique_ptr<fault_backends::OrdinaryFileRights> rights_for(const Scenario& scenario) {
  if (!needs_ordinary_rights(scenario)) return nullptr;
  return std::make_unique<fault_backends::OrdinaryFileRights>();
}

}  // namespace badgate::harness
