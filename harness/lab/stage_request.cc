#include "harness/lab/stage_request.h"

#include <utility>

#include "harness/lab/json_body.h"
#include "harness/lab/tables.h"
#include "harness/load/read_backend.h"
#include "harness/load/read_event.h"
#include "harness/scenario_needs.h"

namespace badgate::harness::lab {

using nlohmann::json;

namespace {

constexpr std::size_t kMostFaults = 50;

Node node_of(const json& value);

Node table_of(const json& object) {
  Node node;
  for (const auto& [key, value] : object.items())
    node.members.push_back({key, {}, node_of(value)});
  return node;
}

// As if it stood in a file; parse_json has bounded its depth. TOML has no null: an empty text is
// refused wherever something is expected.
Node node_of(const json& value) {
  Node node;
  if (value.is_object()) return table_of(value);
  if (value.is_string()) return text_node(value.get<std::string>());
  if (value.is_null()) return text_node({});
  if (value.is_array()) {
    node.kind = Node::Kind::list;
    for (const json& item : value)
      node.items.push_back(node_of(item));
  } else if (value.is_boolean()) {
    node.kind = Node::Kind::flag;
    node.flag = value.get<bool>();
  } else if (value.is_number_integer()) {
    node.kind = Node::Kind::integer;
    node.integer = value.get<std::int64_t>();
  } else {
    node.kind = Node::Kind::number;
    node.number = value.get<double>();
  }
  return node;
}

Node event_node(const FaultsRequest& request) {
  Node event;
  event.members.push_back({"at", {}, text_node("0s")});
  if (request.action == "faults") {
    event.members.push_back({"server", {}, text_node(request.server)});
    event.members.push_back({"faults", {}, node_of(request.faults)});
  } else {
    event.members.push_back({request.action, {}, text_node(request.server)});
  }
  Node list;
  list.kind = Node::Kind::list;
  list.items.push_back(std::move(event));
  return list;
}

std::string in_words(const Diagnostic& diagnostic) {
  std::string text = diagnostic.message;
  if (!diagnostic.expected.empty()) text += "; expected " + diagnostic.expected;
  if (!diagnostic.suggestion.empty()) text += "; did you mean " + diagnostic.suggestion + "?";
  return text;
}

}  // namespace

net::Result<StageRequest> read_stage_request(std::string_view body) {
  const auto parsed = parse_json(body);
  if (!parsed) return tl::unexpected(parsed.error());
  ObjectReader reader(*parsed, "the body");
  StageRequest request;
  request.scenario = reader.text("scenario");
  request.toml = reader.text("toml");
  request.remedy = reader.text("remedy");
  request.seed = reader.number("seed", kMostSeed, 1);
  if (request.scenario.empty() == request.toml.empty())
    reader.mistake("the body must have one of `scenario` and `toml`");
  if (auto ok = reader.finish(); !ok) return tl::unexpected(ok.error());
  return request;
}

net::Result<FaultsRequest> read_faults_request(std::string_view body) {
  const auto parsed = parse_json(body);
  if (!parsed) return tl::unexpected(parsed.error());
  ObjectReader reader(*parsed, "the body");
  FaultsRequest request;
  request.server = reader.text("server");
  int actions = 0;
  if (reader.has("faults")) {
    ++actions;
    request.action = "faults";
    request.faults = reader.list("faults", kMostFaults);
  }
  for (const char* action : {"heal", "crash", "restart"}) {
    if (!reader.flag(action)) continue;
    ++actions;
    request.action = action;
  }
  if (actions != 1)
    reader.mistake(
        "the body must have one of `faults`, and of `heal`, `crash`, `restart` that is true");
  if (request.server.empty()) reader.mistake("the body must have `server`, such as \"app[0]\"");
  if (auto ok = reader.finish(); !ok) return tl::unexpected(ok.error());
  return request;
}

net::Result<TimelineEvent> event_of(const FaultsRequest& request, const Scenario& scenario) {
  Diagnostics diagnostics("faults", {});
  Reader reader(diagnostics);
  Scenario with_event = scenario;
  with_event.events.clear();
  read_events(reader, event_node(request), with_event);
  check_mentions(reader, with_event);
  if (const auto mistakes = diagnostics.take(); !mistakes.empty())
    return net::fail(in_words(mistakes.front()));
  const auto needs = needs_of(with_event);
  if (!needs) return net::fail(needs.error().message);
  if (needs->network_namespace)
    return net::fail("this fault needs a network of its own, which programs outside cannot reach");
  return with_event.events.front();
}

}  // namespace badgate::harness::lab
