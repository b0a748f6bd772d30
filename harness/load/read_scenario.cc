#include "harness/load/read_scenario.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "harness/certificate_files.h"
#include "harness/directive_block.h"
#include "harness/drivers/registry.h"
#include "harness/load/read_backend.h"
#include "harness/load/read_dns.h"
#include "harness/load/read_event.h"
#include "harness/load/read_expect.h"
#include "harness/load/read_process.h"
#include "harness/load/read_proxy.h"
#include "harness/load/read_request.h"
#include "harness/matrix/cell.h"
#include "harness/placeholders.h"
#include "proxy/directives.h"

namespace badgate::harness {
namespace {

constexpr Place kTop{1, 1, 1};

constexpr std::array<Key<Explanation>, 5> kExplanationKeys{
    {{{"story", "text", "", "What happened, in plain words."},
      store<&Explanation::story, read_text>},
     {{"user_sees", "text", "", "What a user sees."}, store<&Explanation::user_sees, read_text>},
     {{"evidence", "text", "", "What the logs show: the line, the fields."},
      store<&Explanation::evidence, read_text>},
     {{"helps", "text | list of texts", "", "What cures it."},
      store<&Explanation::helps, read_texts>},
     {{"does_not_help", "text | list of texts", "", "What people try in vain."},
      store<&Explanation::does_not_help, read_texts>}}};

void read_title(Reader& reader, const Node& node, Scenario& into) {
  store<&Scenario::title, read_text>(reader, node, into);
  if (node.is(Node::Kind::text) && node.text.empty()) reader.add(node.place, "the title is empty");
}

void read_clock(Reader& reader, const Node& node, Scenario& into) {
  static constexpr std::array<std::string_view, 3> words{"any", "real", "virtual"};
  const auto word = read_word(reader, node, words);
  if (!word) return;
  into.clock = *word == "real"      ? ClockNeed::real
               : *word == "virtual" ? ClockNeed::virtual_only
                                    : ClockNeed::any;
}

void read_explain(Reader& reader, const Node& node, Scenario& into) {
  if (!expect_kind(reader, node, Node::Kind::table, "the table [explain]")) return;
  read_table(reader, node, "[explain]", explanation_keys(), into.explanation);
}

// Tables that need others to be read before them: see read_scenario.
void read_on(Reader& reader, const Node& node, Scenario& into) {
  constexpr auto expected = "a cell of `badgate matrix` for each proxy: haproxy = \"503 SC--\"";
  if (!expect_kind(reader, node, Node::Kind::table, expected)) return;
  for (const Member& member : node.members) {
    std::vector<std::string_view> names;
    for (const auto& entry : drivers::registry()) {
      const bool judged_by_expect = entry.name == "builtin" || entry.name == "nginx";
      if (!judged_by_expect) names.push_back(entry.name);
    }
    if (std::find(names.begin(), names.end(), member.key) == names.end()) {
      reader.add(member.place, fmt::format("there is no proxy {}", in_quotes(member.key)),
                 listed(names), std::string(net::nearest(member.key, names)));
      continue;
    }
    const auto text = read_text(reader, member.value);
    if (!text) continue;
    if (const auto cell = matrix::parse_cell(*text); !cell) {
      reader.add(member.value.place, cell.error().message, expected);
      continue;
    }
    into.on[member.key] = {reader.position(member.value.place), *text};
  }
}

constexpr std::array<Key<Scenario>, 18> kScenarioKeys{{
    {{"title", "text", "", "The scenario in one sentence. Required."}, read_title},
    {{"cause", "text", "", "The cause that it shows; the name of the folder it lies in."},
     store<&Scenario::cause, read_text>},
    {{"rows", "text | list of texts", "", "Rows of the catalogue of causes, such as D1."},
     store<&Scenario::rows, read_texts>},
    {{"tags", "text | list of texts", "", "Words to select scenarios by."},
     store<&Scenario::tags, read_texts>},
    {{"clock", "any | real | virtual", "any", "Which clock it can run on."}, read_clock},
    {{"limit", "time", "2h", "The run is broken off after so much time on its clock."},
     store<&Scenario::limit, read_positive_time>},
    {{"explain", "table", "", "The cause explained to people."}, read_explain},
    {{"proxy", "table of directives", "", "The proxy's settings, as in nginx."}, read_elsewhere},
    {{"upstream", "tables", "", "The proxy's servers: [[upstream.GROUP]] for each."},
     read_elsewhere},
    {{"group", "tables", "", "Directives of an upstream block: [group.GROUP]."}, read_elsewhere},
    {{"backend", "tables", "", "Backends that only backends ask: [[backend.NAME]]."},
     read_elsewhere},
    {{"dns", "tables", "", "Name servers: [dns.NAME]."}, read_elsewhere},
    {{"request", "tables", "", "What the client requests, in order: [[request]]."}, read_elsewhere},
    {{"load", "table", "", "Many requests at a rate, instead of [[request]]."}, read_elsewhere},
    {{"event", "tables", "", "What is done at some time: [[event]]."}, read_elsewhere},
    {{"expect", "table", "", "What the whole run should come to."}, read_elsewhere},
    {{"on", "table", "", "What other proxies than nginx come to: haproxy = \"503 SC--\"."},
     read_on},
    {{"remedy", "tables", "", "The same with something changed: [remedy.NAME]."}, read_elsewhere},
}};

template <typename Read>
void read_part(Reader& reader, const Node& root, std::string_view key, Scenario& scenario,
               Read read) {
  if (const Member* member = root.find(key)) read(reader, member->value, scenario);
}

void read_run_expectations(Reader& reader, const Node& node, Scenario& scenario) {
  ExpectedResponse* response = nullptr;
  if (scenario.requests.size() == 1) response = &scenario.requests.front().expect;
  read_expect(reader, node, "[expect]", response, &scenario.expect);
}

// What a `set` leads to must be a valid configuration, too.
void check_reloads(Reader& reader, const Scenario& scenario) {
  for (const TimelineEvent& event : scenario.events) {
    if (event.kind != TimelineEvent::Kind::set) continue;
    DirectiveBlock directives = scenario.directives;
    overlay(directives, event.directives);
    for (const proxy::Contradiction& contradiction :
         proxy::check(settings_of(fill_placeholders(directives, any_address), scenario.proxy_base)))
      reader.add({event.position.line, event.position.column, 1}, contradiction.message);
    for (const proxy::Contradiction& unknown :
         unknown_certificate_files(event.directives, scenario.backends))
      reader.add({event.position.line, event.position.column, 1}, unknown.message);
  }
}

void check_complete(Reader& reader, const Node& root, const Scenario& scenario) {
  const bool request = root.find("request") != nullptr;
  const Member* load = root.find("load");
  if (root.find("title") == nullptr)
    reader.add(kTop, "the scenario has no title", "title = \"What happens, in one sentence\"");
  const Member* proxy = root.find("proxy");
  const auto says = [proxy](std::string_view name) {
    return proxy != nullptr && proxy->value.find(name) != nullptr;
  };
  const bool passes = says("proxy_pass") || says("fastcgi_pass");
  if (root.find("upstream") == nullptr && scenario.proxy.upstreams.empty() && !passes)
    reader.add(kTop, "the scenario has no upstream server", "[[upstream.app]]");
  if (!request && load == nullptr)
    reader.add(kTop, "the scenario requests nothing", "[[request]] or [load]");
  if (request && load != nullptr)
    reader.add(load->place, "`load` and `request` cannot both be given",
               "[load.request] for the request of the load");
}

}  // namespace

Keys<Scenario> scenario_keys() {
  return kScenarioKeys;
}
Keys<Explanation> explanation_keys() {
  return kExplanationKeys;
}

Scenario read_scenario(Diagnostics& diagnostics, const Node& root) {
  Reader reader(diagnostics);
  Scenario scenario;
  for (const Member& member : root.members)
    scenario.positions[member.key] = reader.position(member.place);
  read_table(reader, root, "the top level", scenario_keys(), scenario);
  read_part(reader, root, "upstream", scenario, read_upstreams);
  read_part(reader, root, "backend", scenario, read_backends);
  read_part(reader, root, "group", scenario, read_groups);
  read_part(reader, root, "dns", scenario, read_dns);
  if (!scenario.proxy.upstreams.empty())
    scenario.proxy.proxy_pass = "http://" + scenario.proxy.upstreams.front().name;
  scenario.proxy_base = scenario.proxy;
  read_part(reader, root, "proxy", scenario, read_proxy);
  read_part(reader, root, "request", scenario, read_requests);
  read_part(reader, root, "load", scenario, read_load);
  read_part(reader, root, "event", scenario, read_events);
  read_part(reader, root, "expect", scenario, read_run_expectations);
  check_complete(reader, root, scenario);
  check_mentions(reader, scenario);
  check_processes(reader, scenario);
  // A configuration that the proxy refuses may be what is to be shown.
  if (!scenario.expect.start_error) check_settings(reader, root, scenario.proxy);
  add_contradictions(reader, root,
                     unknown_certificate_files(scenario.directives, scenario.backends));
  check_reloads(reader, scenario);
  return scenario;
}

}  // namespace badgate::harness
