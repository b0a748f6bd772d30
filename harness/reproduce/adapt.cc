#include "harness/reproduce/adapt.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "harness/diagnostics.h"
#include "harness/reproduce/from_catalogue.h"
#include "harness/text_fields.h"
#include "harness/toml_text.h"
#include "net/text.h"

namespace badgate::harness::reproduce {
namespace {

using namespace std::chrono_literals;

// What fastcgi_pass has under the same name but for the beginning is what the catalogue says of
// proxy_pass.
std::string directive_of(const std::string& name, const Frame& frame) {
  constexpr std::string_view kProxy = "proxy_";
  constexpr std::array<std::string_view, 3> kOthers{"proxy_pass", "proxy_set_header",
                                                    "proxy_http_version"};
  const bool own = std::find(kOthers.begin(), kOthers.end(), name) != kOthers.end();
  if (frame.scheme != "fastcgi" || !name.starts_with(kProxy) || own) return name;
  return "fastcgi_" + name.substr(kProxy.size());
}

std::uint64_t count_of_requests(const Node& document) {
  const Member* requests = document.find("request");
  if (requests == nullptr) return 0;
  return requests->value.is(Node::Kind::list) ? requests->value.items.size() : 1;
}

// A number that is no more than what there is already helps nobody: four times as much.
void raise_number(const std::string& name, Node& value, const Node& base) {
  const Member* proxy = base.find("proxy");
  const Member* own = proxy == nullptr ? nullptr : proxy->value.find(name);
  if (own == nullptr || !own->value.is(Node::Kind::integer)) return;
  const auto proposed =
      value.is(Node::Kind::integer) ? value.integer : number_in<std::int64_t>(value.text);
  if (proposed > own->value.integer || name != "worker_connections") return;
  value.kind = Node::Kind::integer;
  value.integer = own->value.integer * 4;
}

// A time of the catalogue is a multiple of what the scenario has without the remedy.
std::optional<std::string> scaled(const std::string& name, const std::string& value,
                                  const Node& scenario, const Frame& frame) {
  if (!name.ends_with("_timeout") || name.find('_') == name.npos) return std::nullopt;
  const auto time = net::parse_duration(value);
  if (!time) return std::nullopt;
  net::Duration usual = 60s;
  if (const Member* proxy = scenario.find("proxy")) {
    if (const Member* own = proxy->value.find(name)) {
      if (const auto written = net::parse_duration(own->value.text)) usual = *written;
    }
  }
  const auto actual = time_of(frame, name.substr(name.find('_') + 1));
  if (usual == actual || usual == net::Duration::zero()) return std::nullopt;
  const auto factor = std::chrono::duration<double>(*time) / std::chrono::duration<double>(usual);
  const auto seconds = std::chrono::duration<double>(actual).count() * factor;
  return fmt::format("{}s", std::max<long>(1, static_cast<long>(seconds)));
}

void adapt_proxy(Node& proxy, const Node& scenario, const Node& base, const Frame& frame,
                 std::string& title) {
  for (Member& directive : proxy.members) {
    raise_number(directive.key, directive.value, base);
    if (directive.value.is(Node::Kind::integer))
      title = fmt::format("{} {}", directive.key, directive.value.integer);
    if (!directive.value.is(Node::Kind::text)) continue;
    if (const auto time = scaled(directive.key, directive.value.text, scenario, frame)) {
      directive.value.text = *time;
      title = fmt::format("{} {}", directive_of(directive.key, frame), *time);
    }
    const auto key = directive_of(directive.key, frame);
    if (key != directive.key) {
      for (auto at = title.find(directive.key); at != title.npos; at = title.find(directive.key))
        title.replace(at, directive.key.size(), key);
    }
    directive.key = key;
    const auto at = directive.value.text.find("//app");
    if (directive.key == "proxy_pass" && at != std::string::npos)
      directive.value.text.replace(at + 2, 3, frame.group);
  }
}

void adapt_server(Node& server, const Frame& frame) {
  if (frame.transport != "tcp" && server.find("transport") == nullptr)
    put_text(server, "transport", frame.transport);
  if (frame.scheme == "fastcgi" && server.find("protocol") == nullptr &&
      server.find("fpm") == nullptr)
    put_text(server, "protocol", "fastcgi");
  if (frame.scheme == "https" && server.find("tls") == nullptr) {
    Node yes;
    yes.kind = Node::Kind::flag;
    yes.flag = true;
    server.members.push_back({"tls", {}, yes});
  }
}

Node server_of(const ConfiguredServer& configured) {
  Node server;
  for (const Directive& line : configured.lines) {
    const auto text = line.name + " = " + line.value + "\n";
    Diagnostics ignored("server", text);
    if (auto node = parse_document(text, ignored); node && !node->members.empty())
      server.members.push_back(std::move(node->members.front()));
  }
  return server;
}

// What the remedy says of its servers, said of those of the configuration: of all if it is one.
void adapt_to_configuration(Node& servers, const Frame& frame) {
  std::vector<Node> out;
  const auto& configured = frame.configured.servers;
  const auto& said = servers.items;
  for (std::size_t i = 0; i < std::max(configured.size(), said.size()) && !said.empty(); ++i) {
    Node server = i < configured.size() ? server_of(configured[i]) : Node();
    const Node& change = said.size() == 1 ? said.front() : said[std::min(i, said.size() - 1)];
    for (const Member& member : change.members) {
      erase(server, member.key);
      server.members.push_back(member);
    }
    out.push_back(std::move(server));
  }
  servers.items = std::move(out);
}

// What a location says itself has to be changed there.
void move_to_location(Node& proxy, const Frame& frame) {
  Node of_location;
  for (const Directive& said : frame.configured.of_location) {
    const Member* changed = proxy.find(said.name);
    if (changed == nullptr) continue;
    of_location.members.push_back(*changed);
    erase(proxy, said.name);
  }
  if (of_location.members.empty()) return;
  Node locations;
  locations.members.push_back({frame.configured.location, {}, std::move(of_location)});
  proxy.members.push_back({"location", {}, std::move(locations)});
}

// A table is laid over the only server. Of several it is a list of one, which is said of all; that
// is only true if it says what becomes of the fault. False: it stays a table.
bool make_list(Node& servers, const Frame& frame) {
  if (frame.configured.servers.size() == 1) return false;
  if (servers.find("fault") == nullptr && servers.find("faults") == nullptr) return false;
  Node list;
  list.kind = Node::Kind::list;
  list.items.push_back(std::move(servers));
  servers = std::move(list);
  return true;
}

// False: the remedy is of servers that the reproduction has not.
bool adapt_servers(Node& upstream, const Frame& frame) {
  if (upstream.members.size() != 1 || upstream.members.front().key != "app") return false;
  Member& group = upstream.members.front();
  group.key = toml_key(frame.group) == frame.group ? frame.group : group.key;
  if (group.key != frame.group) return false;
  if (frame.is_configured()) {
    // "Add a second server", where there are two.
    const auto said = group.value.items.size();
    if (said > 1 && said <= frame.configured.servers.size()) return false;
    if (group.value.is(Node::Kind::table) && !make_list(group.value, frame)) return true;
    adapt_to_configuration(group.value, frame);
    return true;
  }
  for (Node& server : group.value.items)
    adapt_server(server, frame);
  return true;
}

// What happens to "app[0]" happens to all servers that have the fault.
void adapt_events(Node& events, const Frame& frame) {
  std::vector<Node> out;
  const auto servers = std::max<std::size_t>(1, frame.configured.servers.size());
  for (const Node& event : events.items) {
    const auto of_server = [](const Member& member) { return member.value.text == "app[0]"; };
    const bool once = std::ranges::none_of(event.members, of_server);
    for (std::size_t i = 0; i < (once ? 1 : servers); ++i) {
      Node& copy = out.emplace_back(event);
      for (Member& member : copy.members) {
        if (of_server(member)) member.value.text = fmt::format("{}[{}]", frame.group, i);
      }
    }
  }
  events.items = std::move(out);
}

}  // namespace

std::optional<Draft> draft_of(const Member& remedy, const Node& scenario, const Node& base,
                              const Frame& frame) {
  Draft draft{remedy.key, remedy.key, false, remedy.value};
  if (const Member* title = remedy.value.find("title")) draft.title = title->value.text;
  if (const Member* helps = remedy.value.find("helps")) draft.helps = helps->value.flag;
  for (const std::string_view key : {"title", "helps", "expect", "on"})
    erase(draft.changes, key);
  if (Member* proxy = draft.changes.find("proxy")) {
    adapt_proxy(proxy->value, scenario, base, frame, draft.title);
    move_to_location(proxy->value, frame);
  }
  if (Member* upstream = draft.changes.find("upstream")) {
    if (!adapt_servers(upstream->value, frame)) return std::nullopt;
  }
  if (Member* group = draft.changes.find("group")) {
    if (group->value.members.size() == 1) group->value.members.front().key = frame.group;
  }
  if (Member* events = draft.changes.find("event")) adapt_events(events->value, frame);
  // Other requests than those that made the line prove nothing of it.
  if (count_of_requests(scenario) != count_of_requests(base)) erase(draft.changes, "request");
  // A table is laid over the request that is there.
  const Member* request = draft.changes.find("request");
  if (request != nullptr && request->value.is(Node::Kind::list))
    lay_over_requests(draft.changes, frame);
  return draft;
}

}  // namespace badgate::harness::reproduce
