// FaultPreset: the faults by the names that users write, `fault = { FAMILY = "KIND", …parameters
// }`. Each family is one file, FAMILY.cc, with a table of its presets; meson's list of families
// makes the table of all of them.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "fault_backends/fault.h"
#include "fault_backends/fault_values.h"
#include "net/field.h"
#include "net/result.h"

namespace badgate::fault_backends {

// One preset, e.g. { slow = "header", delay = "75s" }.
struct FaultPreset {
  std::string_view family;
  std::string_view kind;
  std::string_view doc;                                 // one sentence, for `badgate list faults`
  std::span<const net::Field<FaultValues>> parameters;  // beside the common_parameters()
  std::string_view row;  // the catalogue's IDs it reproduces: "D1 K4"
  // Without name and schedule, which build_faults adds. Must not fail: impossible values are
  // refused by the parameters' fields.
  std::vector<Fault> (*build)(const FaultValues& values);
};

// All presets, grouped by family. `badgate list faults` and the loader read this.
std::span<const FaultPreset> presets();
const FaultPreset* find_preset(std::string_view family, std::string_view kind);

// What every fault can say: times, after, between, probability. A list such as
// `between = ["10s", "40s"]` is given to `apply` with its items joined by a space, as nginx writes
// several values.
std::span<const net::Field<FaultValues>> common_parameters();

// The preset's faults with its name ("slow: header") and the values' schedule. The Error says which
// value the preset cannot take: `times` of a port that is closed can be counted by nobody.
net::Result<std::vector<Fault>> build_faults(const FaultPreset& preset, const FaultValues& values);

}  // namespace badgate::fault_backends
