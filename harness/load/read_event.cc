#include "harness/load/read_event.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "harness/load/read_dns.h"
#include "harness/load/read_fault.h"
#include "harness/load/read_proxy.h"
#include "harness/processes/signal_names.h"
#include "net/text.h"

namespace badgate::harness {
namespace {

constexpr std::size_t kMaxEvents = 1000;
constexpr auto kActions = "one of crash, restart, heal, fault (or faults), signal, records and set";

template <TimelineEvent::Kind What>
void read_target(Reader& reader, const Node& node, TimelineEvent& into) {
  const auto name = read_text(reader, node);
  if (!name) return;
  into.kind = What;
  into.backend = *name;
  reader.mention(*name, node.place);
}

void read_server(Reader& reader, const Node& node, TimelineEvent& into) {
  const auto name = read_text(reader, node);
  if (!name) return;
  into.backend = *name;
  reader.mention(*name, node.place);
}

void read_new_fault(Reader& reader, const Node& node, TimelineEvent& into) {
  into.kind = TimelineEvent::Kind::fault;
  into.faults = read_fault(reader, node);
}

void read_new_faults(Reader& reader, const Node& node, TimelineEvent& into) {
  into.kind = TimelineEvent::Kind::fault;
  into.faults = read_faults(reader, node);
}

void read_set(Reader& reader, const Node& node, TimelineEvent& into) {
  into.kind = TimelineEvent::Kind::set;
  constexpr auto expected = "directives: { proxy_read_timeout = \"90s\" }";
  if (!expect_kind(reader, node, Node::Kind::table, expected)) return;
  into.directives = read_directives(reader, node, "set");
}

void read_new_records(Reader& reader, const Node& node, TimelineEvent& into) {
  into.kind = TimelineEvent::Kind::records;
  if (auto records = read_records(reader, node)) into.records = std::move(*records);
}

void read_signal(Reader& reader, const Node& node, TimelineEvent& into) {
  into.kind = TimelineEvent::Kind::signal;
  if (const auto word = read_word(reader, node, processes::signal_names()))
    into.signal = processes::signal_number(*word).value_or(0);
}

void read_whom(Reader& reader, const Node& node, TimelineEvent& into) {
  using processes::Whom;
  static constexpr std::array<std::string_view, 3> words{"program", "child", "everybody"};
  const auto word = read_word(reader, node, words);
  if (!word) return;
  into.whom = *word == "child"       ? Whom::child
              : *word == "everybody" ? Whom::everybody
                                     : Whom::program;
}

constexpr std::array<Key<TimelineEvent>, 13> kEventKeys{
    {{{"at", "time", "", "When it happens."}, store<&TimelineEvent::at, read_moment>},
     {{"after", "name of a request", "", "It happens when that request has ended."},
      store<&TimelineEvent::after, read_text>},
     {{"pause", "time", "0s", "How long after the end of that request."},
      store<&TimelineEvent::pause, read_time>},
     {{"crash", "name of a backend", "", "Its process is gone, with all connections."},
      read_target<TimelineEvent::Kind::crash>},
     {{"restart", "name of a backend", "", "It listens again, at the same address."},
      read_target<TimelineEvent::Kind::restart>},
     {{"heal", "name of a backend", "", "It has no faults any more."},
      read_target<TimelineEvent::Kind::heal>},
     {{"fault", "fault", "", "The backend of `server` has this fault from now on."},
      read_new_fault},
     {{"faults", "list of faults", "", "The backend of `server` has these faults from now on."},
      read_new_faults},
     {{"records", "table", "", "The name server of `server` has these records from now on."},
      read_new_records},
     {{"signal", "name of a signal", "", "The program of `server` gets this signal: SIGKILL …"},
      read_signal},
     {{"to", "program | child | everybody", "program",
       "Which of its processes gets the signal: the one that was started, its first child, all."},
      read_whom},
     {{"server", "name of a backend", "", "Whom `fault`, `signal` or `records` concerns."},
      read_server},
     {{"set", "table of directives", "", "The proxy is reloaded with these settings changed."},
      read_set}}};

void check_when(Reader& reader, const Node& node) {
  const Member* at = node.find("at");
  const Member* after = node.find("after");
  const Member* pause = node.find("pause");
  if (at == nullptr && after == nullptr)
    reader.add(node.place, "this event has no time",
               "at = \"10s\", or after = the name of a request");
  if (at != nullptr && after != nullptr)
    reader.add(after->place, "an event has one time, and this one has `at` already",
               "pause = \"10s\" for a time after the end of the request");
  if (pause != nullptr && after == nullptr)
    reader.add(pause->place, "`pause` goes with `after` only");
}

// The request that the event waits for.
void check_after(Reader& reader, const Node& node, const Scenario& scenario) {
  const Member* after = node.find("after");
  if (after == nullptr || !after->value.is(Node::Kind::text)) return;
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < scenario.requests.size(); ++i)
    texts.push_back(name_of(scenario.requests[i], i));
  if (std::ranges::count(texts, after->value.text) > 0) return;
  const std::vector<std::string_view> names(texts.begin(), texts.end());
  reader.add(after->value.place,
             fmt::format("there is no request {}", in_quotes(after->value.text)),
             "the name of a [[request]]", std::string(net::nearest(after->value.text, names)));
}

void check_event(Reader& reader, const Node& node) {
  const Member* action = nullptr;
  for (const std::string_view key :
       {"crash", "restart", "heal", "fault", "faults", "signal", "records", "set"}) {
    const Member* member = node.find(key);
    if (member == nullptr) continue;
    if (action != nullptr)
      reader.add(member->place,
                 fmt::format("an event does one thing, and this one has `{}` already", action->key),
                 "another [[event]] for the second thing");
    action = member;
  }
  if (action == nullptr) reader.add(node.place, "this event does nothing", kActions);
  check_when(reader, node);
  const bool fault = action != nullptr && action->key.starts_with("fault");
  const bool records = action != nullptr && action->key == "records";
  const bool signal = action != nullptr && action->key == "signal";
  const Member* server = node.find("server");
  if (signal && server == nullptr)
    reader.add(action->place, "it is not said which backend gets the signal",
               "server = \"app[0]\"");
  if (fault && server == nullptr)
    reader.add(action->place, "it is not said which backend has the fault", "server = \"app[0]\"");
  if (records && server == nullptr)
    reader.add(action->place, "it is not said which name server has the records",
               "server = \"ns\"");
  if (!fault && !records && !signal && action != nullptr && server != nullptr)
    reader.add(server->place, "`server` goes with `fault`, `signal` and `records` only");
  if (const Member* to = node.find("to"); to != nullptr && !signal)
    reader.add(to->place, "`to` goes with `signal` only");
}

}  // namespace

Keys<TimelineEvent> event_keys() {
  return kEventKeys;
}

void read_events(Reader& reader, const Node& node, Scenario& scenario) {
  for (const Node* table : tables_of(reader, node, "events: [[event]]")) {
    if (scenario.events.size() >= kMaxEvents) {
      reader.add(table->place, fmt::format("a scenario has at most {} events", kMaxEvents));
      return;
    }
    TimelineEvent& event = scenario.events.emplace_back();
    event.position = reader.position(table->place);
    read_table(reader, *table, "[[event]]", event_keys(), event);
    check_event(reader, *table);
    check_after(reader, *table, scenario);
  }
}

}  // namespace badgate::harness
