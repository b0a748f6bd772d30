#include "harness/lab/compose.h"

#include <fmt/core.h>

#include <algorithm>

#include "harness/lab/tables.h"
#include "harness/reproduce/toml_document.h"
#include "net/text.h"

namespace badgate::harness::lab {

std::string SampleRequest::method() const {
  const Member* member = table.find("method");
  return member == nullptr ? "GET" : member->value.text;
}

std::string SampleRequest::path() const {
  const Member* member = table.find("path");
  return member == nullptr ? "/" : member->value.text;
}

namespace {

Node list_node() {
  Node node;
  node.kind = Node::Kind::list;
  return node;
}

template <typename T>
const T* find_id(const std::vector<T>& all, std::string_view id) {
  const auto it = std::ranges::find(all, id, &T::id);
  return it == all.end() ? nullptr : &*it;
}

// In each server of a list. Directives take numbers as texts, too.
void set_in(Node& place, const Control& control, const std::string& value) {
  if (place.is(Node::Kind::table)) {
    put(place, control.directive, text_node(value));
  } else {
    for (Node& item : place.items)
      put(item, control.directive, text_node(value));
  }
}

net::Result<void> apply(const Lesson& lesson, const Settings& settings, Node& document) {
  for (const auto& [id, value] : settings) {
    const Control* control = find_id(lesson.controls, id);
    if (control == nullptr) return net::fail(fmt::format("this lesson has no control \"{}\"", id));
    if (std::ranges::find(control->values, value) == control->values.end())
      return net::fail(fmt::format("\"{}\" is no value of \"{}\"", value, id));
    Node* place = at_path(document, control->where);
    if (place == nullptr) return net::fail(fmt::format("there is no {} to set", control->where));
    if (value != control->fallback) set_in(*place, *control, value);
  }
  return {};
}

// Writes requests and events in the order of the actions. Times count from the end of the request
// before, so that nothing has to be known of how long it takes.
class Script {
 public:
  explicit Script(const Lesson& lesson) : lesson_(lesson) {}

  net::Result<void> add(const Action& action) {
    switch (action.kind) {
      case Action::Kind::send:
        return send(action.id);
      case Action::Kind::break_it:
        return break_it(action.id);
      case Action::Kind::heal:
        heal();
        return {};
      case Action::Kind::wait:
        waited_ += std::clamp<net::Duration>(action.time, {}, std::chrono::hours(1));
        return {};
    }
    return {};
  }

  void finish(Node& document) {
    if (!events_.items.empty()) put(document, "event", std::move(events_));
    put(document, "request", std::move(requests_));
  }

 private:
  net::Result<void> send(const std::string& id) {
    const SampleRequest* request = find_id(lesson_.requests, id);
    if (request == nullptr) return net::fail(fmt::format("this lesson has no request \"{}\"", id));
    Node table;
    const bool first = requests_.items.empty();
    last_ = fmt::format("{} {}", requests_.items.size() + 1, id);
    put(table, "name", text_node(last_));
    if (waited_ > net::Duration::zero())
      put(table, first ? "at" : "pause", text_node(time_text(waited_)));
    for (const Member& member : request->table.members)
      table.members.push_back(member);
    requests_.items.push_back(std::move(table));
    waited_ = {};
    return {};
  }

  net::Result<void> break_it(const std::string& id) {
    const Break* part = find_id(lesson_.breaks, id);
    if (part == nullptr) return net::fail(fmt::format("this lesson has no break \"{}\"", id));
    for (const Node& event : part->events)
      events_.items.push_back(timed(event));
    std::erase(in_force_, part);
    in_force_.push_back(part);
    return {};
  }

  // The latest first, and each only once.
  void heal() {
    std::vector<Node> done;
    for (auto it = in_force_.rbegin(); it != in_force_.rend(); ++it) {
      for (const Node& event : (*it)->heals) {
        const bool known =
            std::ranges::any_of(done, [&](const Node& other) { return same_value(event, other); });
        if (!known) done.push_back(event);
      }
    }
    for (const Node& event : done)
      events_.items.push_back(timed(event));
    in_force_.clear();
  }

  Node timed(const Node& event) const {
    Node out;
    if (last_.empty()) {
      put(out, "at", text_node(time_text(waited_)));
    } else {
      put(out, "after", text_node(last_));
      if (waited_ > net::Duration::zero()) put(out, "pause", text_node(time_text(waited_)));
    }
    for (const Member& member : event.members)
      out.members.push_back(member);
    return out;
  }

  const Lesson& lesson_;
  Node requests_ = list_node();
  Node events_ = list_node();
  std::vector<const Break*> in_force_;
  std::string last_;        // the name of the latest request
  net::Duration waited_{};  // since it ended
};

std::string heading(const Lesson& lesson, const PlayState& state) {
  std::string out = fmt::format("# Lesson {} of badgate's lab, \"{}\", as far as it was played.\n",
                                lesson.number, lesson.title);
  if (!sends_something(state))
    out += "# Nothing was sent yet; the request is here so that the file can be played.\n";
  return out + "# Play it with: badgate run FILE --timeline\n";
}

}  // namespace

bool sends_something(const PlayState& state) {
  return std::ranges::any_of(
      state.actions, [](const Action& action) { return action.kind == Action::Kind::send; });
}

net::Result<std::string> compose(const Lesson& lesson, const PlayState& state) {
  if (state.actions.size() > kMaxActions)
    return net::fail(fmt::format("a play has at most {} actions", kMaxActions));
  Node document;
  put(document, "title", text_node(lesson.title));
  for (const Member& member : lesson.scenario.members)
    document.members.push_back(member);
  if (const auto ok = apply(lesson, state.settings, document); !ok)
    return tl::unexpected(ok.error());
  Script script(lesson);
  for (const Action& action : state.actions) {
    if (const auto ok = script.add(action); !ok) return tl::unexpected(ok.error());
  }
  if (!sends_something(state) && !lesson.requests.empty()) {
    if (const auto ok = script.add({.kind = Action::Kind::send, .id = lesson.requests[0].id}); !ok)
      return tl::unexpected(ok.error());
  }
  script.finish(document);
  return heading(lesson, state) + reproduce::toml_document(document, "");
}

}  // namespace badgate::harness::lab
