#include "harness/load/read_backend.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "fault_backends/fits.h"
#include "harness/load/read_directive.h"
#include "harness/load/read_dns.h"
#include "harness/load/read_fault.h"
#include "harness/load/read_process.h"
#include "harness/placeholders.h"
#include "net/text.h"
#include "proxy/directives.h"

namespace badgate::harness {
namespace {

using fault_backends::Fault;

constexpr std::size_t kMaxBackends = 256;

void read_transport(Reader& reader, const Node& node, BackendSpec& into) {
  static constexpr std::array<std::string_view, 3> words{"tcp", "tcp6", "unix"};
  const auto word = read_word(reader, node, words);
  if (!word) return;
  using Transport = BackendSpec::Transport;
  into.transport = *word == "unix"   ? Transport::unix
                   : *word == "tcp6" ? Transport::tcp6
                                     : Transport::tcp;
}

// `tls = true`, or a table of what its TLS is like.
void read_tls(Reader& reader, const Node& node, BackendSpec& into) {
  if (node.is(Node::Kind::flag)) {
    if (node.flag) into.settings.tls.emplace();
    return;
  }
  if (!expect_kind(reader, node, Node::Kind::table, "true or { certificate = \"expired\" }"))
    return;
  const auto fields = fault_backends::tls_fields();
  auto& settings = into.settings.tls.emplace();
  for (const Member& member : node.members) {
    if (!apply_member(reader, member, fields, settings))
      Names().add(fields).say_unknown(reader, member, "tls = { … }");
  }
}

// What makes it a PHP-FPM, which speaks FastCGI.
void read_fpm(Reader& reader, const Node& node, BackendSpec& into) {
  if (!expect_kind(reader, node, Node::Kind::table,
                   "a pool: { pm = \"static\", max_children = 5 }"))
    return;
  const auto fields = fault_backends::fpm_fields();
  auto& settings = into.settings.fpm.emplace();
  for (const Member& member : node.members) {
    if (!apply_member(reader, member, fields, settings))
      Names().add(fields).say_unknown(reader, member, "fpm = { … }");
  }
  if (auto why = fault_backends::why_impossible(settings); !why.empty())
    reader.add(node.place, std::move(why));
}

void read_calls(Reader& reader, const Node& node, BackendSpec& into) {
  const auto name = read_text(reader, node);
  if (!name) return;
  reader.mention(*name, node.place);
  into.calls = *name;
  into.settings.calls_name = *name;
}

void read_one_fault(Reader& reader, const Node& node, BackendSpec& into) {
  into.settings.faults = read_fault(reader, node);
}

void read_many_faults(Reader& reader, const Node& node, BackendSpec& into) {
  into.settings.faults = read_faults(reader, node);
}

void read_answer_headers(Reader& reader, const Node& node, BackendSpec& into) {
  if (auto headers = read_headers(reader, node)) into.settings.answer.headers = std::move(*headers);
}

// "127.0.0.2", with a port or with that of a server before it.
void read_address(Reader& reader, const Node& node, BackendSpec& into) {
  const auto text = read_text(reader, node);
  if (!text) return;
  const auto filled = fill_placeholders(*text, any_address);
  const auto address = net::Address::parse(filled);
  const bool loopback = loopback_host(address ? address->host() : filled).has_value();
  if (!loopback || (address && address->is_unix())) {
    reader.add(node.place, fmt::format("{} is no loopback address", in_quotes(*text)),
               "\"127.0.0.2\", or \"127.0.0.3:{app[0].port}\" for the port of another server");
    return;
  }
  reader.mention_placeholders(node);
  into.address = *text;
}

constexpr std::array<Key<BackendSpec>, 9> kBackendKeys{
    {{{"transport", "tcp | tcp6 | unix", "tcp", "What the proxy reaches it by."}, read_transport},
     {{"address", "loopback address", "127.0.0.1",
       "Where it listens: \"127.0.0.2\", \"127.0.0.3:{app[0].port}\"."},
      read_address},
     {{"tls", "true | table", "false",
       "Whether it speaks TLS, and how: tls = { certificate = \"expired\" }; see below."},
      read_tls},
     {{"process", "table", "", "A real program in place of a fake server; see below."},
      read_process},
     {{"fpm", "table", "", "It is a PHP-FPM with one pool: fpm = { max_children = 5 }; see below."},
      read_fpm},
     {{"headers", "table", "", "Headers of its answer."}, read_answer_headers},
     {{"calls", "name of a backend", "", "It asks that backend before it answers."}, read_calls},
     {{"fault", "fault", "", "How it breaks."}, read_one_fault},
     {{"faults", "list of faults", "",
       "How it breaks, if in several ways; of those that strike at the same point the first wins."},
      read_many_faults}}};

void check_backend(Reader& reader, const Node& node) {
  const Member* fault = node.find("fault");
  if (fault != nullptr && node.find("faults") != nullptr)
    reader.add(fault->place, "`fault` and `faults` cannot both be given", "one of them");
  const Member* address = node.find("address");
  if (address != nullptr && node.find("transport") != nullptr)
    reader.add(address->place, "`address` and `transport` cannot both be given", "one of them");
}

void check_fpm(Reader& reader, const Node& node, fault_backends::Settings& settings) {
  const Member* protocol = node.find("protocol");
  if (protocol != nullptr && settings.protocol != fault_backends::Protocol::fastcgi)
    reader.add(protocol->value.place, "PHP-FPM speaks FastCGI");
  settings.protocol = fault_backends::Protocol::fastcgi;
  for (const std::string_view key : {"workers", "queue", "memory_limit", "memory_per_request"}) {
    if (const Member* member = node.find(key))
      reader.add(member->place, fmt::format("`fpm` and `{}` cannot both be given", key),
                 "max_children, backlog and memory_limit in `fpm = { … }`");
  }
}

// What HTTP alone can say.
void check_protocol(Reader& reader, const Node& node, const fault_backends::Settings& settings) {
  using Framing = fault_backends::Answer::Framing;
  if (settings.protocol != fault_backends::Protocol::fastcgi) return;
  const Member* framing = node.find("framing");
  if (framing != nullptr && settings.answer.framing == Framing::chunked)
    reader.add(framing->value.place, "FastCGI knows no chunks", "length or close");
  const Member* tls = node.find("tls");
  if (tls != nullptr && settings.tls)
    reader.add(tls->place, "FastCGI knows no TLS: nginx's fastcgi_pass speaks none");
}

BackendSpec read_backend(Reader& reader, const Node& node, std::string name, bool in_group) {
  BackendSpec spec;
  spec.position = reader.position(node.place);
  spec.name = std::move(name);
  spec.settings.name = spec.name;
  const auto settings = fault_backends::fields();
  const auto parameters = proxy::server_fields();
  for (const Member& member : node.members) {
    if (read_member(reader, member, backend_keys(), spec) ||
        apply_member(reader, member, settings, spec.settings))
      continue;
    if (in_group && apply_member(reader, member, parameters, spec.server)) continue;
    Names names;
    names.add(backend_keys()).add(settings);
    if (in_group) names.add(parameters);
    names.say_unknown(reader, member, in_group ? "[[upstream]]" : "[[backend]]");
  }
  check_backend(reader, node);
  if (spec.settings.fpm) check_fpm(reader, node, spec.settings);
  check_protocol(reader, node, spec.settings);
  check_process(reader, node, spec);
  return spec;
}

bool check_name(Reader& reader, const Member& member, const Scenario& scenario) {
  const bool spelled = !member.key.empty() && member.key.size() <= 64 &&
                       std::all_of(member.key.begin(), member.key.end(), [](unsigned char c) {
                         return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
                       });
  if (!spelled) {
    reader.add(member.place, fmt::format("{} cannot be a name", in_quotes(member.key)),
               "letters, digits, '_', '-' and '.', at most 64 of them");
    return false;
  }
  const auto& groups = scenario.proxy.upstreams;
  if (std::any_of(groups.begin(), groups.end(),
                  [&](const proxy::Upstream& group) { return group.name == member.key; })) {
    reader.add(member.place,
               fmt::format("{} is the name of an upstream group already", in_quotes(member.key)));
    return false;
  }
  return true;
}

bool check_room(Reader& reader, const Member& member, const Scenario& scenario) {
  if (scenario.backends.size() < kMaxBackends) return true;
  reader.add(member.place, fmt::format("a scenario has at most {} servers", kMaxBackends));
  return false;
}

void read_group_servers(Reader& reader, const Member& member, Scenario& scenario) {
  const auto tables = tables_of(reader, member.value, "servers: [[upstream.NAME]]");
  const std::size_t group = scenario.proxy.upstreams.size();
  proxy::Upstream upstream;
  upstream.name = member.key;
  for (std::size_t i = 0; i < tables.size() && check_room(reader, member, scenario); ++i) {
    BackendSpec spec = read_backend(reader, *tables[i], fmt::format("{}[{}]", member.key, i), true);
    spec.upstream = group;
    upstream.servers.push_back(spec.server);
    scenario.backends.push_back(std::move(spec));
  }
  if (tables.empty() && member.value.is(Node::Kind::list))
    reader.add(member.place, fmt::format("the group {} has no server", in_quotes(member.key)));
  scenario.proxy.upstreams.push_back(std::move(upstream));
}

std::vector<std::string> known_names(const Scenario& scenario, bool groups_too) {
  std::vector<std::string> out;
  for (const BackendSpec& backend : scenario.backends)
    out.push_back(backend.name);
  for (const DnsSpec& server : scenario.dns)
    out.push_back(server.name);
  if (!groups_too) return out;
  for (const proxy::Upstream& group : scenario.proxy.upstreams)
    out.push_back(group.name);
  return out;
}

std::string_view group_of(std::string_view name) {
  return name.substr(0, name.find('['));
}

void check_mention(Reader& reader, const Mention& mention, const Scenario& scenario) {
  const auto names = known_names(scenario, mention.group_too);
  if (std::find(names.begin(), names.end(), mention.name) != names.end()) return;
  const std::vector<std::string_view> views(names.begin(), names.end());
  std::string expected = views.empty() ? "" : listed(views);
  // "app" for "app[0]" is the commonest slip, and too far for the nearest name. With another number
  // the name is right, and nobody knows which number was meant.
  std::string near(net::nearest(mention.name, views));
  const std::string first = mention.name + "[0]";
  if (std::find(names.begin(), names.end(), first) != names.end()) {
    near = first;
  } else if (group_of(near) == group_of(mention.name)) {
    near.clear();
  }
  reader.add(mention.place, fmt::format("there is no server {}", in_quotes(mention.name)),
             std::move(expected), std::move(near));
}

void check_fits(Reader& reader, const Position& position, const std::vector<Fault>& faults,
                const fault_backends::Settings& settings) {
  for (const Fault& fault : faults) {
    if (auto why = fault_backends::why_unfit(fault, settings); !why.empty())
      reader.add({position.line, position.column, 1}, std::move(why));
  }
}

const BackendSpec* find_backend(const Scenario& scenario, const std::string& name) {
  const auto it = std::find_if(scenario.backends.begin(), scenario.backends.end(),
                               [&](const BackendSpec& backend) { return backend.name == name; });
  return it == scenario.backends.end() ? nullptr : &*it;
}

void check_circle(Reader& reader, const BackendSpec& start, const Scenario& scenario) {
  const BackendSpec* at = &start;
  for (std::size_t step = 0; step < scenario.backends.size() && !at->calls.empty(); ++step) {
    at = find_backend(scenario, at->calls);
    if (at == nullptr) return;
    if (at < &start) return;  // told of the first in the circle only
    if (at != &start) continue;
    reader.add({start.position.line, start.position.column, 1},
               fmt::format("{} calls itself, directly or through others", in_quotes(start.name)));
    return;
  }
}

// A group all of whose servers are its own `server` lines is made here.
proxy::Upstream* find_group(const Member& member, std::vector<proxy::Upstream>& groups) {
  const auto found = std::ranges::find(groups, member.key, &proxy::Upstream::name);
  if (found != groups.end()) return &*found;
  if (member.value.find("server") == nullptr) return nullptr;
  return &groups.emplace_back(proxy::Upstream{.name = member.key});
}

void say_no_group(Reader& reader, const Member& member,
                  const std::vector<proxy::Upstream>& groups) {
  std::vector<std::string_view> names;
  for (const proxy::Upstream& group : groups)
    names.push_back(group.name);
  reader.add(member.place, fmt::format("there is no group {}", in_quotes(member.key)),
             names.empty() ? "[[upstream.NAME]] for each of its servers" : listed(names),
             std::string(net::nearest(member.key, names)));
}

}  // namespace

Keys<BackendSpec> backend_keys() {
  return kBackendKeys;
}

void read_upstreams(Reader& reader, const Node& node, Scenario& scenario) {
  if (!expect_kind(reader, node, Node::Kind::table, "groups of servers: [[upstream.NAME]]")) return;
  for (const Member& member : node.members) {
    if (!check_room(reader, member, scenario)) return;
    if (check_name(reader, member, scenario)) read_group_servers(reader, member, scenario);
  }
}

void read_backends(Reader& reader, const Node& node, Scenario& scenario) {
  if (!expect_kind(reader, node, Node::Kind::table, "backends: [[backend.NAME]]")) return;
  for (const Member& member : node.members) {
    if (!check_room(reader, member, scenario)) return;
    if (!check_name(reader, member, scenario)) continue;
    const auto tables = tables_of(reader, member.value, "backends: [[backend.NAME]]");
    for (std::size_t i = 0; i < tables.size() && check_room(reader, member, scenario); ++i) {
      const std::string name = i == 0 ? member.key : fmt::format("{}[{}]", member.key, i);
      scenario.backends.push_back(read_backend(reader, *tables[i], name, false));
    }
  }
}

void read_groups(Reader& reader, const Node& node, Scenario& scenario) {
  if (!expect_kind(reader, node, Node::Kind::table, "directives of groups: [group.NAME]")) return;
  for (const Member& member : node.members) {
    proxy::Upstream* group = find_group(member, scenario.proxy.upstreams);
    if (group == nullptr) {
      say_no_group(reader, member, scenario.proxy.upstreams);
      continue;
    }
    if (!expect_kind(reader, member.value, Node::Kind::table, "directives: keepalive = 16"))
      continue;
    const auto fields = proxy::upstream_fields();
    if (find_backend(scenario, member.key) != nullptr) {
      reader.add(member.place,
                 fmt::format("{} is the name of a backend already", in_quotes(member.key)));
    }
    DirectiveBlock& block = scenario.groups.emplace_back();
    block.argument = member.key;
    for (const Member& directive : member.value.members)
      read_directive(reader, directive, fields, Names().add(fields), "[group]", *group, block);
  }
}

void check_mentions(Reader& reader, const Scenario& scenario) {
  for (const Mention& mention : reader.mentions())
    check_mention(reader, mention, scenario);
  for (const BackendSpec& backend : scenario.backends)
    check_circle(reader, backend, scenario);
  for (const BackendSpec& spec : scenario.backends)
    check_fits(reader, spec.position, spec.settings.faults, spec.settings);
  for (const TimelineEvent& event : scenario.events) {
    if (const BackendSpec* spec = find_backend(scenario, event.backend))
      check_fits(reader, event.position, event.faults, spec->settings);
  }
  check_dns_faults(reader, scenario);
}

}  // namespace badgate::harness
