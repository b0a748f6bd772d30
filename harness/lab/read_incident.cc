// Incidents from their TOML files and a seed.
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "harness/lab/conf_text.h"
#include "harness/lab/incidents.h"
#include "harness/lab/tables.h"
#include "harness/load.h"
#include "harness/load/schema.h"
#include "net/rng.h"

namespace badgate::harness::lab {
namespace {

struct Template {
  Incident incident;
  std::vector<std::string> right;  // ids of causes
  std::vector<std::string> wrong;
};

constexpr std::array<Key<IncidentFix>, 4> kFixKeys{
    {{{"id", "text", "", ""}, store<&IncidentFix::name, read_text>},
     {{"label", "text", "", ""}, store<&IncidentFix::label, read_text>},
     {{"helps", "flag", "", ""}, store<&IncidentFix::helps, read_flag>},
     {{"changes", "table", "", ""}, store<&IncidentFix::changes, read_any_table>}}};

void read_fixes(Reader& reader, const Node& node, Template& into) {
  for (const Node* table : tables_of(reader, node, "tables: [[fix]]")) {
    read_table<IncidentFix>(reader, *table, "[[fix]]", kFixKeys,
                            into.incident.fixes.emplace_back());
    for (const std::string_view key : {"label", "helps", "changes"}) {
      if (table->find(key) == nullptr)
        reader.add(table->place, fmt::format("this fix has no `{}`", key));
    }
    into.incident.fixes.back().id = into.incident.fixes.back().name;
  }
  check_unique(reader, node, "fix");
}

template <auto Target, auto Parse>
void of_incident(Reader& reader, const Node& node, Template& into) {
  if (auto value = Parse(reader, node)) into.incident.*Target = std::move(*value);
}

void read_requests(Reader& reader, const Node& node, Template& into) {
  into.incident.requests = read_sample_requests(reader, node);
}

constexpr std::array<Key<Template>, 14> kKeys{
    {{{"title", "text", "", ""}, of_incident<&Incident::title, read_text>},
     {{"level", "number", "", ""}, of_incident<&Incident::level, read_positive>},
     {{"prompt", "text", "", ""}, of_incident<&Incident::prompt, read_text>},
     {{"users_say", "texts", "", ""}, of_incident<&Incident::users_say, read_texts>},
     {{"now", "time", "", ""}, of_incident<&Incident::now, read_moment>},
     {{"hints", "texts", "", ""}, of_incident<&Incident::hints, read_texts>},
     {{"explanation", "texts", "", ""}, of_incident<&Incident::explanation, read_texts>},
     {{"right", "texts", "", ""}, store<&Template::right, read_texts>},
     {{"wrong", "texts", "", ""}, store<&Template::wrong, read_texts>},
     {{"variant", "tables", "", ""}, read_elsewhere<Template>},
     {{"circumstance", "tables", "", ""}, read_elsewhere<Template>},
     {{"scenario", "table", "", ""}, of_incident<&Incident::scenario, read_any_table>},
     {{"request", "tables", "", ""}, read_requests},
     {{"fix", "tables", "", ""}, read_fixes}}};

// ---- what differs from seed to seed

void fill(Node& node, const Node& variant) {
  for (const Member& member : variant.members) {
    const auto mark = "{{" + member.key + "}}";
    for (auto at = node.text.find(mark); at != node.text.npos; at = node.text.find(mark))
      node.text.replace(at, mark.size(), as_words(member.value).value_or(""));
  }
  for (Node& item : node.items)
    fill(item, variant);
  for (Member& member : node.members)
    fill(member.value, variant);
}

// One of the root's tables of that name, by chance.
struct ChosenTable {
  std::size_t of = 0;
  std::size_t index = 0;
};

// Its values take the places of their names in double braces.
ChosenTable fill_in(Reader& reader, Node& root, const std::string& name, const net::Rng& rng) {
  const Member* member = root.find(name);
  if (member == nullptr) return {};
  const auto tables = tables_of(reader, member->value, "tables: [[" + name + "]]");
  if (tables.empty()) return {};
  const ChosenTable chosen{tables.size(), rng.stream(name).below(tables.size())};
  const Node values = *tables[chosen.index];
  fill(root, values);
  return chosen;
}

// Of the site's network, by the seed: servers from .11 on, the balancer .2.
void give_addresses(Incident& incident, const Scenario& scenario, net::Rng rng) {
  const auto network = fmt::format("10.{}.{}", 1 + rng.below(250), 1 + rng.below(250));
  incident.client = network + ".2";
  incident.process = 300 + rng.below(30000);
  std::size_t number = 11;
  for (const BackendSpec& spec : scenario.backends) {
    const bool tcp = spec.transport != BackendSpec::Transport::unix;
    incident.addresses.emplace_back(spec.name, tcp ? fmt::format("{}.{}:8080", network, number++)
                                                   : std::string("unix:/run/php/php8.2-fpm.sock"));
  }
  for (const DnsSpec& spec : scenario.dns)
    incident.addresses.emplace_back(spec.name, network + ".3");
}

// ---- checks

void check_complete(Reader& reader, const Node& root) {
  for (const auto& key : kKeys) {
    const bool may_be_missing = std::string_view(key.doc.name) == "circumstance";
    if (!may_be_missing && root.find(key.doc.name) == nullptr)
      reader.add({1, 1, 1}, fmt::format("this incident has no {}", in_quotes(key.doc.name)));
  }
}

void add_causes(Reader& reader, Template& from) {
  for (const bool right : {true, false}) {
    for (const std::string& id : right ? from.right : from.wrong) {
      const IncidentCause* known = find_cause(id);
      if (known == nullptr) {
        reader.add({1, 1, 1}, fmt::format("there is no cause {}", in_quotes(id)));
        continue;
      }
      from.incident.causes.push_back(*known);
      from.incident.causes.back().right = right;
    }
  }
}

void load_scenario(Reader& reader, Incident& incident, const std::string& file,
                   const net::Rng& rng) {
  const auto text = compose(incident, {});
  if (!text) {
    reader.add({1, 1, 1}, text.error().message);
    return;
  }
  const auto loaded = load_text(*text, file, incident.template_name);
  for (const Diagnostic& diagnostic : loaded.diagnostics)
    reader.add({1, 1, 1}, "as a scenario: " + to_text(diagnostic));
  if (!loaded.ok()) return;
  give_addresses(incident, loaded.scenarios.front(), rng.stream("addresses"));
  incident.config = conf_text(loaded.scenarios.front(), incident.addresses);
}

}  // namespace

ReadIncident read_incident(std::string_view text, const std::string& name, const std::string& file,
                           std::uint64_t seed) {
  ReadIncident out;
  Template read;
  const auto rng = net::Rng(seed).stream(name);
  Diagnostics diagnostics(file, text);
  if (auto root = parse_document(text, diagnostics)) {
    Reader reader(diagnostics);
    fill_in(reader, *root, "variant", rng);
    const auto chosen = fill_in(reader, *root, "circumstance", rng);
    out.circumstances = chosen.of;
    out.circumstance = chosen.index;
    read_table<Template>(reader, *root, "an incident", kKeys, read);
    check_complete(reader, *root);
    add_causes(reader, read);
    read.incident.seed = seed;
    read.incident.template_name = name;
    read.incident.id = id_of_incident(seed, name);
    if (diagnostics.empty()) load_scenario(reader, read.incident, file, rng);
  }
  out.incident = std::move(read.incident);
  out.diagnostics = diagnostics.take();
  return out;
}

}  // namespace badgate::harness::lab
