#include "harness/load/read_dns.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "harness/load/read_fault.h"
#include "harness/placeholders.h"
#include "net/dns.h"

namespace badgate::harness {
namespace {

constexpr std::size_t kMaxServers = 16;
constexpr std::string_view kRecords = "names and their servers: { \"app.internal\" = \"app[0]\" }";

void read_into_records(Reader& reader, const Node& node, DnsSpec& into) {
  if (auto records = read_records(reader, node)) into.records = std::move(*records);
}

void read_ttl(Reader& reader, const Node& node, DnsSpec& into) {
  const auto ttl = read_time(reader, node);
  if (!ttl) return;
  into.ttl = *ttl;
  if (*ttl % std::chrono::seconds(1) != net::Duration::zero())
    reader.add(node.place, "a TTL has whole seconds", "ttl = \"30s\"");
}

void read_one_fault(Reader& reader, const Node& node, DnsSpec& into) {
  into.faults = read_fault(reader, node);
}

void read_many_faults(Reader& reader, const Node& node, DnsSpec& into) {
  into.faults = read_faults(reader, node);
}

constexpr std::array<Key<DnsSpec>, 5> kDnsKeys{
    {{{"records", "table", "",
       "Names, and the backends or loopback addresses that they lead to; others do not exist."},
      read_into_records},
     {{"ttl", "time in whole seconds", "30s", "How long its answers are valid."}, read_ttl},
     {{"rotate", "on | off", "off", "Each answer begins with another address."},
      store<&DnsSpec::rotate, read_flag>},
     {{"fault", "fault", "", "How it breaks: those of the family `dns`."}, read_one_fault},
     {{"faults", "list of faults", "", "How it breaks, if in several ways."}, read_many_faults}}};

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; });
}

bool is_taken(const Scenario& scenario, std::string_view name) {
  return std::any_of(scenario.backends.begin(), scenario.backends.end(),
                     [&](const BackendSpec& spec) { return spec.name == name; }) ||
         std::any_of(scenario.proxy.upstreams.begin(), scenario.proxy.upstreams.end(),
                     [&](const proxy::Upstream& group) { return group.name == name; });
}

bool check_name(Reader& reader, const Member& member, const Scenario& scenario) {
  if (!is_name(member.key)) {
    reader.add(member.place, fmt::format("{} cannot be a name", in_quotes(member.key)),
               "letters, digits, '_' and '-', at most 64 of them");
    return false;
  }
  if (is_taken(scenario, member.key)) {
    reader.add(member.place,
               fmt::format("{} is the name of another server already", in_quotes(member.key)));
    return false;
  }
  return true;
}

bool is_of_dns(const fault_backends::Fault& fault) {
  return fault.name.starts_with("dns: ");
}

void check_faults(Reader& reader, const Position& position,
                  const std::vector<fault_backends::Fault>& faults, bool name_server) {
  for (const auto& fault : faults) {
    if (is_of_dns(fault) == name_server) continue;
    reader.add({position.line, position.column, 1},
               fmt::format("\"{}\" is {}", fault.name,
                           name_server ? "no fault of a name server"
                                       : "a fault that only a name server can have"),
               name_server ? "a fault such as { dns = \"nxdomain\" }" : "[dns.NAME]");
    return;
  }
}

}  // namespace

Keys<DnsSpec> dns_keys() {
  return kDnsKeys;
}

std::optional<DnsRecords> read_records(Reader& reader, const Node& node) {
  if (!expect_kind(reader, node, Node::Kind::table, kRecords)) return std::nullopt;
  DnsRecords records;
  for (const Member& member : node.members) {
    std::string name = member.key;
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (!net::dns::name_data(name))
      reader.add(member.place, fmt::format("{} is no host name", in_quotes(member.key)),
                 "a name such as \"app.internal\"");
    auto targets = read_texts(reader, member.value);
    if (!targets) continue;
    for (const auto& target : *targets) {
      if (!loopback_host(target)) reader.mention(target, member.value.place);
    }
    records.emplace_back(std::move(name), std::move(*targets));
  }
  return records;
}

void read_dns(Reader& reader, const Node& node, Scenario& scenario) {
  if (!expect_kind(reader, node, Node::Kind::table, "name servers: [dns.NAME]")) return;
  for (const Member& member : node.members) {
    if (scenario.dns.size() == kMaxServers) {
      reader.add(member.place, fmt::format("a scenario has at most {} name servers", kMaxServers));
      return;
    }
    if (!check_name(reader, member, scenario)) continue;
    if (!expect_kind(reader, member.value, Node::Kind::table, "a name server: [dns.NAME]"))
      continue;
    DnsSpec& spec = scenario.dns.emplace_back();
    spec.position = reader.position(member.value.place);
    spec.name = member.key;
    read_table(reader, member.value, "[dns]", dns_keys(), spec);
    scenario.proxy.hosts.merge(hosts_of(spec.records, any_address));
  }
}

void check_dns_faults(Reader& reader, const Scenario& scenario) {
  const auto is_name_server = [&](const std::string& name) {
    return std::any_of(scenario.dns.begin(), scenario.dns.end(),
                       [&](const DnsSpec& spec) { return spec.name == name; });
  };
  for (const BackendSpec& spec : scenario.backends)
    check_faults(reader, spec.position, spec.settings.faults, false);
  for (const DnsSpec& spec : scenario.dns)
    check_faults(reader, spec.position, spec.faults, true);
  for (const TimelineEvent& event : scenario.events) {
    const bool name_server = is_name_server(event.backend);
    check_faults(reader, event.position, event.faults, name_server);
    if (event.kind == TimelineEvent::Kind::records && !name_server)
      reader.add(
          {event.position.line, event.position.column, 1},
          fmt::format("{} is no name server, so it has no records", in_quotes(event.backend)),
          "server = the NAME of a [dns.NAME]");
  }
}

}  // namespace badgate::harness
