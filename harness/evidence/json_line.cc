#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/evidence/fields.h"
#include "harness/evidence/readers.h"

namespace badgate::harness::evidence {
namespace {

using nlohmann::json;

// Longer objects are no access log.
constexpr std::size_t kLongest = 64 * 1024;

std::string text_of(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number() || value.is_boolean()) return value.dump();
  return {};
}

std::string member(const json& object, const char* name) {
  const auto at = object.find(name);
  return at == object.end() ? std::string() : text_of(*at);
}

// Envoy's own names; its durations are in milliseconds.
void take_envoy(Evidence& e, const json& object) {
  e.source = Source::envoy;
  e.code = member(object, "response_flags");
  if (e.code == "-") e.code.clear();
  e.details = member(object, "response_code_details");
  if (e.details == "via_upstream" || e.details.empty()) {
    const auto reason = member(object, "upstream_transport_failure_reason");
    if (!reason.empty() && reason != "-") e.details = reason;
  }
  const auto host = member(object, "upstream_host");
  if (host != "-") e.upstream_address = host;
  if (const auto at = object.find("duration"); at != object.end() && at->is_number())
    e.request_time = std::chrono::milliseconds(
        static_cast<std::int64_t>(std::clamp(at->get<double>(), 0.0, 1e12)));
}

// Objects within, as {"nginx": {"access": …}}, are gone through as well; not deeper than this.
constexpr int kDepth = 4;

void take_members(Evidence& e, const json& object, int depth) {
  for (const auto& [name, value] : object.items()) {
    if (value.is_object() && depth < kDepth) {
      take_members(e, value, depth + 1);
      continue;
    }
    const auto variable = variable_of(name);
    if (!variable.empty()) take_variable(e, variable, text_of(value));
  }
}

}  // namespace

std::optional<Evidence> read_json(std::string_view line) {
  const auto open = line.find('{');
  if (open == line.npos || open > 200 || line.size() > kLongest) return std::nullopt;
  const auto object = json::parse(line.substr(open), nullptr, false);
  if (!object.is_object()) return std::nullopt;
  Evidence e;
  e.source = Source::nginx_access;
  take_members(e, object, 0);
  if (object.contains("response_flags")) take_envoy(e, object);
  if (!e.status && e.tries.empty()) return std::nullopt;
  finish(e);
  return e;
}

}  // namespace badgate::harness::evidence
