#include "fault_backends/presets.h"

#include <fmt/core.h>

#include <array>
#include <string>

namespace badgate::fault_backends {

// Each family's table, in its own file.
#define FAMILY(name) std::span<const FaultPreset> name##_presets();
#include "fault_backends/families.inc"
#undef FAMILY

namespace {

std::vector<FaultPreset> collect() {
  std::vector<FaultPreset> all;
  const auto add = [&](std::span<const FaultPreset> family) {
    all.insert(all.end(), family.begin(), family.end());
  };
#define FAMILY(name) add(name##_presets());
#include "fault_backends/families.inc"
#undef FAMILY
  return all;
}

net::Result<void> apply_times(FaultValues& into, std::string_view text) {
  const auto number = detail::parse_positive(text);
  if (!number) return tl::unexpected(number.error());
  into.schedule.times = *number;
  return {};
}

net::Result<void> apply_after(FaultValues& into, std::string_view text) {
  const auto number = net::parse_number(text);
  if (!number) return tl::unexpected(number.error());
  into.schedule.after = *number;
  return {};
}

net::Result<void> apply_between(FaultValues& into, std::string_view text) {
  const auto space = text.find(' ');
  if (space == std::string_view::npos) {
    return net::fail(fmt::format("\"{}\" is not two times; write [\"10s\", \"40s\"]", text));
  }
  const auto from = net::parse_duration(text.substr(0, space));
  if (!from) return tl::unexpected(from.error());
  const auto until = net::parse_duration(text.substr(space + 1));
  if (!until) return tl::unexpected(until.error());
  if (*until <= *from) return net::fail("the second time is not later than the first");
  into.schedule.from = net::TimePoint(*from);
  into.schedule.until = net::TimePoint(*until);
  return {};
}

net::Result<void> apply_probability(FaultValues& into, std::string_view text) {
  const auto ratio = net::parse_ratio(text);
  if (!ratio) return tl::unexpected(ratio.error());
  into.schedule.probability = *ratio;
  return {};
}

constexpr std::array<FaultField, 4> kCommon{{
    {"times", "number", "", "strikes at most so often", &apply_times},
    {"after", "number", "0", "spares the first so many requests (or connections)", &apply_after},
    {"between", "time time", "", "strikes only between these two moments of the run",
     &apply_between},
    {"probability", "ratio", "100%", "strikes by chance, drawn from the scenario's seed",
     &apply_probability},
}};

bool counts_nothing(const Fault& fault) {
  return fault.point.kind == Point::Kind::listen || fault.point.kind == Point::Kind::connect;
}

bool is_counted(const Schedule& schedule) {
  return schedule.times || schedule.after > 0 || schedule.probability < 1.0;
}

// A preset may narrow its schedule itself (the Nth request); the user's narrows it further.
void narrow(Schedule& schedule, const Schedule& users) {
  if (users.times) schedule.times = users.times;
  schedule.after += users.after;
  schedule.from = users.from;
  schedule.until = users.until;
  schedule.probability = users.probability;
}

}  // namespace

std::span<const FaultPreset> presets() {
  static const std::vector<FaultPreset> all = collect();
  return all;
}

const FaultPreset* find_preset(std::string_view family, std::string_view kind) {
  for (const auto& preset : presets()) {
    if (preset.family == family && preset.kind == kind) return &preset;
  }
  return nullptr;
}

std::span<const net::Field<FaultValues>> common_parameters() {
  return kCommon;
}

net::Result<std::vector<Fault>> build_faults(const FaultPreset& preset, const FaultValues& values) {
  auto faults = preset.build(values);
  for (auto& fault : faults) {
    if (counts_nothing(fault) && is_counted(values.schedule)) {
      return net::fail(fmt::format(
          "{} = \"{}\" cannot take times, after or probability: nobody can count what never "
          "arrives; use between",
          preset.family, preset.kind));
    }
    fault.name = fmt::format("{}: {}", preset.family, preset.kind);
    narrow(fault.schedule, values.schedule);
  }
  return faults;
}

}  // namespace badgate::fault_backends
