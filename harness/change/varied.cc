#include "harness/change/varied.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "harness/change/setting.h"
#include "harness/load/document.h"
#include "harness/load/read_scenario.h"
#include "harness/load/remedy.h"
#include "harness/load/scenario_paths.h"
#include "net/text.h"

namespace badgate::harness::change {
namespace {

// By the words with which the reference describes values.
Unit unit_of_syntax(std::string_view syntax) {
  if (syntax.starts_with("time")) return Unit::time;
  if (syntax.starts_with("size") || syntax.starts_with("number size")) return Unit::size;
  return syntax.starts_with("number") ? Unit::number : Unit::word;
}

class VariedSetting final : public Varied {
 public:
  VariedSetting(Scenario scenario, std::string name)
      : scenario_(std::move(scenario)), name_(std::move(name)) {}

  net::Result<Scenario> with(const Value& value, Unit unit) const override {
    auto setting = parse_setting(name_ + "=" + written(value, unit));
    if (!setting) return tl::unexpected(setting.error());
    Scenario scenario = scenario_;
    lay_over(scenario, {&*setting, 1});
    return scenario;
  }

  Unit usual_unit() const override { return unit_of_syntax(syntax_of(name_)); }

  std::string own_value() const override {
    for (const auto& [name, value] : scenario_.directives.directives) {
      if (name == name_) return value;
    }
    return {};
  }

 private:
  Scenario scenario_;
  std::string name_;
};

struct Step {
  std::string key;
  std::optional<std::size_t> index;
};

// "app[1].fault.delay"
std::optional<std::vector<Step>> steps_of(std::string_view name) {
  std::vector<Step> steps;
  while (!name.empty()) {
    auto part = name.substr(0, name.find('.'));
    name.remove_prefix(std::min(name.size(), part.size() + 1));
    Step step;
    if (part.ends_with(']')) {
      const auto bracket = part.find('[');
      if (bracket == part.npos) return std::nullopt;
      const auto index = net::parse_number(part.substr(bracket + 1, part.size() - bracket - 2));
      if (!index) return std::nullopt;
      step.index = *index;
      part = part.substr(0, bracket);
    }
    step.key = std::string(part);
    if (step.key.empty()) return std::nullopt;
    steps.push_back(std::move(step));
  }
  if (steps.empty()) return std::nullopt;
  return steps;
}

// Of a list the item that is meant: the only one, if none is said.
Node* item_of(Node& node, std::optional<std::size_t> index) {
  if (!node.is(Node::Kind::list)) return index.value_or(0) == 0 ? &node : nullptr;
  if (!index && node.items.size() != 1) return nullptr;
  const auto i = index.value_or(0);
  return i < node.items.size() ? &node.items[i] : nullptr;
}

Node* child(Node& node, const std::string& key) {
  Member* member = node.find(key);
  return member != nullptr ? &member->value : nullptr;
}

// All tables of servers, whatever they are called.
std::vector<Node*> servers_of(Node& root) {
  std::vector<Node*> servers;
  for (const char* kind : {"upstream", "backend"}) {
    Node* groups = child(root, kind);
    if (groups == nullptr) continue;
    for (Member& group : groups->members) {
      if (!group.value.is(Node::Kind::list)) {
        servers.push_back(&group.value);
        continue;
      }
      for (Node& item : group.value.items)
        servers.push_back(&item);
    }
  }
  if (Node* names = child(root, "dns")) {
    for (Member& member : names->members)
      servers.push_back(&member.value);
  }
  return servers;
}

// The only fault there is.
Node* only_fault(Node& root) {
  std::vector<Node*> faults;
  for (Node* server : servers_of(root)) {
    if (Node* fault = child(*server, "fault")) faults.push_back(fault);
    if (Node* list = child(*server, "faults")) {
      for (Node& item : list->items)
        faults.push_back(&item);
    }
  }
  return faults.size() == 1 ? faults.front() : nullptr;
}

Node* start_of(Node& root, const Step& step) {
  if (step.key == "fault") return only_fault(root);
  for (const char* kind : {"upstream", "backend", "dns"}) {
    Node* groups = child(root, kind);
    Node* group = groups != nullptr ? child(*groups, step.key) : nullptr;
    if (group != nullptr) return item_of(*group, step.index);
  }
  Node* table = child(root, step.key);
  return table != nullptr ? item_of(*table, step.index) : nullptr;
}

// The table that the last step names a key of.
Node* table_of(Node& root, const std::vector<Step>& steps) {
  Node* at = start_of(root, steps.front());
  for (std::size_t i = 1; at != nullptr && i + 1 < steps.size(); ++i) {
    at = child(*at, steps[i].key);
    if (at != nullptr) at = item_of(*at, steps[i].index);
  }
  return at != nullptr && at->is(Node::Kind::table) ? at : nullptr;
}

Node node_of(const std::string& text) {
  Node node;
  node.kind = Node::Kind::text;
  node.text = text;
  if (const auto number = net::parse_number(text)) {
    node.kind = Node::Kind::integer;
    node.integer = static_cast<std::int64_t>(*number);
    node.text.clear();
  }
  return node;
}

class VariedKey final : public Varied {
 public:
  VariedKey(Scenario scenario, std::string text, Node document, std::vector<Step> steps)
      : scenario_(std::move(scenario)),
        text_(std::move(text)),
        document_(std::move(document)),
        steps_(std::move(steps)) {}

  net::Result<Scenario> with(const Value& value, Unit unit) const override {
    Node document = document_;
    Node* table = table_of(document, steps_);
    const std::string& key = steps_.back().key;
    Node node = node_of(written(value, unit));
    node.place = table->place;
    if (Member* member = table->find(key)) {
      node.place = member->value.place;
      member->value = std::move(node);
    } else {
      table->members.push_back({key, table->place, std::move(node)});
    }
    Diagnostics diagnostics(scenario_.file, text_);
    Scenario changed = read_scenario(diagnostics, document);
    if (const auto mistakes = diagnostics.take(); !mistakes.empty()) {
      const auto& first = mistakes.front();
      return net::fail(first.message +
                       (first.suggestion.empty()
                            ? ""
                            : fmt::format("; did you mean \"{}\"?", first.suggestion)));
    }
    changed.file = scenario_.file;
    changed.name = scenario_.name;
    changed.position = scenario_.position;
    return changed;
  }

  Unit usual_unit() const override { return Unit::word; }

  std::string own_value() const override {
    Node document = document_;
    const Member* member = table_of(document, steps_)->find(steps_.back().key);
    return member != nullptr ? as_words(member->value).value_or("") : "";
  }

 private:
  Scenario scenario_;
  std::string text_;
  Node document_;
  std::vector<Step> steps_;
};

// The file's document, or that of the remedy.
net::Result<Node> document_of(const Scenario& scenario, std::string_view text) {
  Diagnostics diagnostics(scenario.file, text);
  auto root = parse_document(text, diagnostics);
  if (!root) return net::fail(scenario.file + " cannot be read any more");
  std::optional<Node> found;
  if (scenario.remedy.empty()) {
    found = std::move(*root);
    std::erase_if(found->members, [](const Member& member) { return member.key == "remedy"; });
  } else {
    for_each_remedy(diagnostics, *root, [&](Remedy remedy) {
      if (remedy.name == scenario.remedy) found = std::move(remedy.document);
    });
  }
  if (!found) return net::fail(scenario.file + " cannot be read any more");
  return std::move(*found);
}

std::string servers_text(const Scenario& scenario) {
  std::vector<std::string> names;
  for (const BackendSpec& backend : scenario.backends)
    names.push_back(backend.name);
  return net::join(names, ", ");
}

net::Error nothing_of_that_name(const Scenario& scenario, std::string_view name) {
  if (name.starts_with("fault."))
    return {fmt::format("{} has not one fault, but several or none; write {}.{}", scenario.name,
                        scenario.backends.empty() ? "app[0]" : scenario.backends.front().name,
                        name)};
  return {fmt::format("{} has nothing called {}; its servers are {}", scenario.name,
                      in_quotes(name.substr(0, name.rfind('.'))), servers_text(scenario))};
}

}  // namespace

net::Result<std::unique_ptr<Varied>> varied(const Scenario& scenario, std::string_view name) {
  const bool of_all = name.starts_with("group.") || name.starts_with("server.");
  if (name.find('.') == name.npos || of_all) {
    if (auto ok = check_name(name); !ok) return tl::unexpected(ok.error());
    return std::make_unique<VariedSetting>(scenario, std::string(name));
  }
  const auto steps = steps_of(name);
  auto text = read_file(scenario.file);
  if (!text) return tl::unexpected(text.error());
  auto document = document_of(scenario, *text);
  if (!document) return tl::unexpected(document.error());
  if (!steps || steps->size() < 2 || table_of(*document, *steps) == nullptr)
    return tl::unexpected(nothing_of_that_name(scenario, name));
  return std::make_unique<VariedKey>(scenario, std::move(*text), std::move(*document), *steps);
}

}  // namespace badgate::harness::change
