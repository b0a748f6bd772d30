#include "harness/load/read_fault.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include "fault_backends/presets.h"
#include "harness/load/schema.h"
#include "net/text.h"

namespace badgate::harness {
namespace {

using fault_backends::Fault;
using fault_backends::FaultPreset;
using fault_backends::FaultValues;

constexpr auto kFault = "a fault such as { slow = \"header\", delay = \"75s\" }";

std::vector<std::string_view> families() {
  std::vector<std::string_view> out;
  for (const FaultPreset& preset : fault_backends::presets()) {
    if (std::find(out.begin(), out.end(), preset.family) == out.end()) out.push_back(preset.family);
  }
  return out;
}

std::vector<std::string_view> kinds_of(std::string_view family) {
  std::vector<std::string_view> out;
  for (const FaultPreset& preset : fault_backends::presets()) {
    if (preset.family == family) out.push_back(preset.kind);
  }
  return out;
}

bool is_family(std::string_view name) {
  const auto known = families();
  return std::find(known.begin(), known.end(), name) != known.end();
}

bool is_parameter(std::string_view name) {
  const auto has = [&](std::span<const net::Field<FaultValues>> fields) {
    return net::find_field(fields, name) != nullptr;
  };
  const auto all = fault_backends::presets();
  return has(fault_backends::common_parameters()) ||
         std::any_of(all.begin(), all.end(),
                     [&](const FaultPreset& preset) { return has(preset.parameters); });
}

// No member names a family: perhaps one was meant to.
void say_no_family(Reader& reader, const Node& node) {
  const auto known = families();
  const std::string expected = fmt::format("{}; see `badgate list faults`", kFault);
  for (const Member& member : node.members) {
    if (is_parameter(member.key)) continue;
    reader.add(member.place, fmt::format("there is no fault {}", in_quotes(member.key)), expected,
               std::string(net::nearest(member.key, known)));
    return;
  }
  reader.add(node.place, "this names no fault", expected);
}

const Member* find_family(Reader& reader, const Node& node) {
  const Member* found = nullptr;
  for (const Member& member : node.members) {
    if (!is_family(member.key)) continue;
    if (found != nullptr) {
      reader.add(
          member.place,
          fmt::format("a fault has one family, and this one is {} already", in_quotes(found->key)),
          "one table for each fault: faults = [{ … }, { … }]");
      return nullptr;
    }
    found = &member;
  }
  if (found == nullptr) say_no_family(reader, node);
  return found;
}

const FaultPreset* find_preset(Reader& reader, const Member& family) {
  const auto kinds = kinds_of(family.key);
  const auto kind = read_word(reader, family.value, kinds);
  return kind ? fault_backends::find_preset(family.key, *kind) : nullptr;
}

}  // namespace

std::vector<Fault> read_fault(Reader& reader, const Node& node) {
  if (!expect_kind(reader, node, Node::Kind::table, kFault)) return {};
  const Member* family = find_family(reader, node);
  if (family == nullptr) return {};
  const FaultPreset* preset = find_preset(reader, *family);
  if (preset == nullptr) return {};
  FaultValues values;
  const auto common = fault_backends::common_parameters();
  const std::string where = fmt::format("{} = \"{}\"", preset->family, preset->kind);
  for (const Member& member : node.members) {
    if (&member == family || apply_member(reader, member, preset->parameters, values) ||
        apply_member(reader, member, common, values))
      continue;
    Names().add(preset->parameters).add(common).say_unknown(reader, member, where);
  }
  auto faults = fault_backends::build_faults(*preset, values);
  if (faults) return std::move(*faults);
  reader.add(node.place, faults.error().message);
  return {};
}

std::vector<Fault> read_faults(Reader& reader, const Node& node) {
  std::vector<Fault> out;
  constexpr auto expected = "a list of faults: [{ … }, { … }]";
  if (!expect_kind(reader, node, Node::Kind::list, expected)) return out;
  for (const Node& item : node.items) {
    auto faults = read_fault(reader, item);
    std::move(faults.begin(), faults.end(), std::back_inserter(out));
  }
  return out;
}

}  // namespace badgate::harness
