#include "harness/lab/incidents.h"

#include <fmt/core.h>

#include <algorithm>

#include "harness/lab/tables.h"
#include "harness/load/remedy.h"
#include "harness/reproduce/toml_document.h"
#include "net/rng.h"
#include "net/text.h"

namespace badgate::harness::lab {
namespace {

struct Embedded {
  const char* id;
  std::string_view text;
};

#define EMBEDDED(id, text) Embedded{id, text},
constexpr Embedded kFiles[] = {
#include "harness/lab_incidents.inc"
};
#undef EMBEDDED

Incident made(const Embedded& file, std::uint64_t seed) {
  auto one = read_incident(file.text, file.id, std::string(file.id) + ".toml", seed).incident;
  deal(one);
  return one;
}

constexpr auto kBetweenSends = "5s";

net::Result<void> lay_fix(const Incident& incident, std::string_view id, Node& document) {
  if (id.empty()) return {};
  const auto fix = std::ranges::find(incident.fixes, id, &IncidentFix::id);
  if (fix == incident.fixes.end())
    return net::fail(fmt::format("this incident has no fix \"{}\"", id));
  Diagnostics diagnostics("fix", "");
  lay_over(diagnostics, document, fix->changes);
  if (diagnostics.empty()) return {};
  return net::fail("the fix cannot be applied: " + to_text(diagnostics.take()));
}

net::Result<void> add_send(const Incident& incident, const std::string& id, std::size_t number,
                           Node& requests) {
  const auto request = std::ranges::find(incident.requests, id, &SampleRequest::id);
  if (request == incident.requests.end())
    return net::fail(fmt::format("this incident has no request \"{}\"", id));
  Node table;
  put(table, "name", text_node(fmt::format("{}{} {}", kSentPrefix, number, id)));
  if (number == 1) {
    put(table, "at", text_node(time_text(incident.now.time_since_epoch())));
  } else {
    put(table, "pause", text_node(kBetweenSends));
  }
  for (const Member& member : request->table.members)
    table.members.push_back(member);
  requests.items.push_back(std::move(table));
  return {};
}

}  // namespace

std::string id_of_incident(std::uint64_t seed, std::string_view name) {
  auto rng = net::Rng(seed).stream(fmt::format("id of {}", name));
  return fmt::format("{:08x}", rng.next() & 0xFFFFFFFFU);
}

std::vector<IncidentOffer> incidents_of(std::uint64_t seed) {
  std::vector<IncidentOffer> out;
  for (const Embedded& file : kFiles) {
    const Incident one = made(file, seed);
    out.push_back({one.id, one.level, one.title});
  }
  return deal(std::move(out));
}

net::Result<Incident> incident(std::uint64_t seed, std::string_view id) {
  for (const Embedded& file : kFiles) {
    if (id_of_incident(seed, file.id) == id) return made(file, seed);
  }
  return net::fail(fmt::format("seed {} has no incident \"{}\"", seed, id));
}

net::Result<std::string> compose(const Incident& incident, const std::vector<std::string>& sends,
                                 std::string_view fix) {
  if (sends.size() > kMaxSends)
    return net::fail(fmt::format("at most {} requests can be sent", kMaxSends));
  Node document;
  put(document, "title", text_node(incident.title));
  for (const Member& member : incident.scenario.members)
    document.members.push_back(member);
  Node* requests = at_path(document, "request");
  if (requests == nullptr || !requests->is(Node::Kind::list))
    return net::fail("this incident has no requests of users");
  for (std::size_t i = 0; i < sends.size(); ++i) {
    if (const auto ok = add_send(incident, sends[i], i + 1, *requests); !ok)
      return tl::unexpected(ok.error());
  }
  if (const auto ok = lay_fix(incident, fix, document); !ok) return tl::unexpected(ok.error());
  return fmt::format("# An incident of badgate's lab, seed {}.\n", incident.seed) +
         reproduce::toml_document(document, "");
}

unsigned cost_of_hint(unsigned number) {
  return 5 * number;
}

}  // namespace badgate::harness::lab
