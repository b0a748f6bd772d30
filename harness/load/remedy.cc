#include "harness/load/remedy.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "harness/load/read_scenario.h"

namespace badgate::harness {
namespace {

constexpr std::size_t kMaxRemedies = 64;

constexpr std::array<Key<Remedy>, 2> kRemedyKeys{
    {{{"helps", "true | false", "", "Whether this cures it; the expectations prove it. Required."},
      store<&Remedy::helps, read_flag>},
     {{"title", "text", "", "What people do: \"Raise proxy_read_timeout to 90 s\"."},
      store<&Remedy::title, read_text>}}};

void erase(Node& table, std::string_view key) {
  std::erase_if(table.members, [&](const Member& member) { return member.key == key; });
}

void put(Node& table, const Member& member) {
  if (Member* old = table.find(member.key)) {
    *old = member;
  } else {
    table.members.push_back(member);
  }
}

// Whole sentences: a new fault or expectation never mixes with the old one.
bool replaces(const std::string& key) {
  return key == "expect" || key == "fault" || key == "faults";
}

void overlay(Diagnostics& diagnostics, Node& base, const Node& over);

// A table laid over a list: it means the only table in that list.
void overlay_only(Diagnostics& diagnostics, Member& base, const Member& over) {
  if (base.value.items.size() == 1 && base.value.items.front().is(Node::Kind::table)) {
    overlay(diagnostics, base.value.items.front(), over.value);
    return;
  }
  diagnostics.add(over.place,
                  fmt::format("there are {} of {}, so it is not clear which one is changed",
                              base.value.items.size(), in_quotes(over.key)),
                  "all of them anew: a list, which replaces the old one");
}

void overlay_member(Diagnostics& diagnostics, Node& base, const Member& over) {
  if (over.key == "fault") erase(base, "faults");
  if (over.key == "faults") erase(base, "fault");
  Member* old = base.find(over.key);
  if (old == nullptr || !over.value.is(Node::Kind::table) || replaces(over.key)) {
    put(base, over);
  } else if (old->value.is(Node::Kind::table)) {
    overlay(diagnostics, old->value, over.value);
  } else if (old->value.is(Node::Kind::list)) {
    overlay_only(diagnostics, *old, over);
  } else {
    put(base, over);
  }
}

void overlay(Diagnostics& diagnostics, Node& base, const Node& over) {
  for (const Member& member : over.members)
    overlay_member(diagnostics, base, member);
}

Node* only_request(Node& root) {
  Member* request = root.find("request");
  if (request == nullptr) return nullptr;
  if (request->value.is(Node::Kind::table)) return &request->value;
  auto& items = request->value.items;
  return items.size() == 1 && items.front().is(Node::Kind::table) ? &items.front() : nullptr;
}

// With one request there is one set of expectations, in two places: a new one replaces both.
void drop_expectations(Node& root, const Node& over) {
  Node* request = only_request(root);
  const Member* changed = over.find("request");
  const bool anew = over.find("expect") != nullptr ||
                    (changed != nullptr && changed->value.find("expect") != nullptr);
  if (request == nullptr || !anew) return;
  erase(*request, "expect");
  erase(root, "expect");
}

Node without_expectations(Node root) {
  erase(root, "expect");
  erase(root, "on");
  if (Node* request = only_request(root)) erase(*request, "expect");
  return root;
}

bool is_own_key(std::string_view key) {
  return std::any_of(kRemedyKeys.begin(), kRemedyKeys.end(),
                     [&](const Key<Remedy>& known) { return known.doc.name == key; });
}

// What may be changed: everything but what identifies and explains the scenario.
bool check_change(Reader& reader, const Member& member) {
  const auto keys = scenario_keys();
  if (std::none_of(keys.begin(), keys.end(),
                   [&](const Key<Scenario>& key) { return key.doc.name == member.key; })) {
    Names().add(remedy_keys()).add(keys).say_unknown(reader, member, "[remedy]");
    return false;
  }
  constexpr std::array<std::string_view, 4> fixed{"cause", "rows", "explain", "remedy"};
  if (std::find(fixed.begin(), fixed.end(), member.key) == fixed.end()) return true;
  reader.add(member.place, fmt::format("a remedy cannot change `{}`", member.key));
  return false;
}

Remedy read_remedy(Diagnostics& diagnostics, const Node& base, const Member& member) {
  const std::size_t mistakes = diagnostics.count();
  Reader reader(diagnostics);
  Remedy remedy;
  remedy.name = member.key;
  remedy.place = member.value.place;
  remedy.own = places_of(member.value);
  remedy.document = base;
  erase(remedy.document, "on");  // what other proxies do with it, it says itself
  Node changes;
  for (const Member& part : member.value.members) {
    if (is_own_key(part.key)) {
      read_member(reader, part, remedy_keys(), remedy);
    } else if (check_change(reader, part)) {
      changes.members.push_back(part);
    }
  }
  drop_expectations(remedy.document, changes);
  overlay(diagnostics, remedy.document, changes);
  const bool clear = diagnostics.count() == mistakes;
  if (clear && same_value(without_expectations(base), without_expectations(remedy.document)))
    reader.add(member.value.place,
               fmt::format("the remedy {} changes nothing", in_quotes(member.key)),
               "at least one key that differs from the scenario");
  if (member.value.find("helps") == nullptr)
    reader.add(member.value.place,
               fmt::format("the remedy {} does not say whether it helps", in_quotes(member.key)),
               "helps = true or helps = false");
  return remedy;
}

}  // namespace

void lay_over(Diagnostics& diagnostics, Node& base, const Node& changes) {
  overlay(diagnostics, base, changes);
}

Keys<Remedy> remedy_keys() {
  return kRemedyKeys;
}

void for_each_remedy(Diagnostics& diagnostics, const Node& root,
                     const std::function<void(Remedy)>& use) {
  const Member* remedies = root.find("remedy");
  if (remedies == nullptr) return;
  Reader reader(diagnostics);
  constexpr auto expected = "tables: [remedy.NAME]";
  if (!expect_kind(reader, remedies->value, Node::Kind::table, expected)) return;
  Node base = root;
  erase(base, "remedy");
  std::size_t count = 0;
  for (const Member& member : remedies->value.members) {
    if (++count > kMaxRemedies) {
      reader.add(member.place, fmt::format("a scenario has at most {} remedies", kMaxRemedies));
      break;
    }
    if (expect_kind(reader, member.value, Node::Kind::table, expected))
      use(read_remedy(diagnostics, base, member));
  }
}

}  // namespace badgate::harness
