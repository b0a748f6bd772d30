#include "harness/load_proxy.h"

#include <array>

#include "harness/load/document.h"
#include "harness/load/read_backend.h"
#include "harness/load/read_proxy.h"
#include "harness/load/scenario_paths.h"
#include "net/address.h"
#include "proxy/directives.h"

namespace badgate::harness {
namespace {

constexpr Place kTop{1, 1, 1};

void read_server_address(Reader& reader, const Node& node, proxy::Server& into) {
  const auto text = read_text(reader, node);
  if (!text) return;
  const auto address = net::Address::parse(*text);
  if (!address) {
    reader.add(node.place, address.error().message, "127.0.0.1:PORT, [::1]:PORT or unix:/PATH");
    return;
  }
  into.address = *address;
}

constexpr std::array<Key<proxy::Server>, 1> kServerKeys{
    {{{"server", "address", "", "Where the server is."}, read_server_address}}};

proxy::Server read_server(Reader& reader, const Node& node) {
  proxy::Server server;
  const Keys<proxy::Server> keys(kServerKeys);
  for (const Member& member : node.members) {
    if (read_member(reader, member, keys, server) ||
        apply_member(reader, member, proxy::server_fields(), server))
      continue;
    Names().add(keys).add(proxy::server_fields()).say_unknown(reader, member, "[[upstream]]");
  }
  if (node.find("server") == nullptr)
    reader.add(node.place, "this server has no address", "server = \"127.0.0.1:9000\"");
  return server;
}

void read_servers(Reader& reader, const Node& node, Scenario& into) {
  if (!expect_kind(reader, node, Node::Kind::table, "groups of servers: [[upstream.NAME]]")) return;
  for (const Member& member : node.members) {
    proxy::Upstream upstream;
    upstream.name = member.key;
    for (const Node* table : tables_of(reader, member.value, "servers: [[upstream.NAME]]"))
      upstream.servers.push_back(read_server(reader, *table));
    into.proxy.upstreams.push_back(std::move(upstream));
  }
}

void read_log_path(Reader& reader, const Node& node, std::string& into) {
  if (auto path = read_text(reader, node)) into = std::move(*path);
}

void read_top(Reader& reader, const Node& root, Scenario& scenario, proxy::LogFiles::Paths& logs) {
  // Groups come first: proxy_pass names the first of them, unless it is said otherwise.
  if (const Member* upstream = root.find("upstream"))
    read_servers(reader, upstream->value, scenario);
  if (const Member* group = root.find("group")) read_groups(reader, group->value, scenario);
  if (!scenario.proxy.upstreams.empty())
    scenario.proxy.proxy_pass = "http://" + scenario.proxy.upstreams.front().name;
  for (const Member& member : root.members) {
    if (member.key == "upstream" || member.key == "group") continue;
    if (member.key == "proxy") {
      read_proxy(reader, member.value, scenario);
    } else if (member.key == "error_log") {
      read_log_path(reader, member.value, logs.error);
    } else if (member.key == "access_log") {
      read_log_path(reader, member.value, logs.access);
    } else {
      Names()
          .add("upstream")
          .add("proxy")
          .add("group")
          .add("error_log")
          .add("access_log")
          .say_unknown(reader, member, "the top level");
    }
  }
}

// Relative names are looked for beside the configuration, as nginx does.
void resolve(std::string& file, const std::string& folder) {
  if (!file.empty() && !file.starts_with('/')) file = folder + file;
}

void resolve_files(proxy::Location& location, const std::string& folder) {
  resolve(location.proxy_ssl_trusted_certificate, folder);
  resolve(location.proxy_ssl_certificate, folder);
  resolve(location.proxy_ssl_certificate_key, folder);
}

void resolve_files(proxy::VirtualServer& server, const std::string& folder) {
  resolve(server.ssl_certificate, folder);
  resolve(server.ssl_certificate_key, folder);
  resolve_files(static_cast<proxy::Location&>(server), folder);
  for (proxy::Location& location : server.locations)
    resolve_files(location, folder);
}

void check_files(Reader& reader, const Node& root, proxy::Settings& settings,
                 const std::string& path) {
  const std::string folder = path.substr(0, path.rfind('/') + 1);
  resolve_files(settings, folder);
  for (proxy::VirtualServer& server : settings.servers)
    resolve_files(server, folder);
  if (proxy::check(settings).empty())
    add_contradictions(reader, root, proxy::check_files(settings));
}

void check_complete(Reader& reader, const Node& root, const proxy::Settings& settings) {
  if (root.find("upstream") == nullptr && settings.upstreams.empty())
    reader.add(kTop, "there is no upstream server", "[[upstream.app]]");
  if (settings.listen.empty())
    reader.add(kTop, "the proxy listens nowhere", "listen = \"127.0.0.1:8080\" in [proxy]");
  check_settings(reader, root, settings);
}

}  // namespace

LoadedProxy load_proxy(const std::string& path) {
  LoadedProxy loaded;
  const auto text = read_file(path);
  if (!text) {
    loaded.diagnostics.push_back(about_file(path, text.error().message));
    return loaded;
  }
  Diagnostics diagnostics(path, *text);
  if (const auto root = parse_document(*text, diagnostics)) {
    Reader reader(diagnostics);
    Scenario scenario;
    read_top(reader, *root, scenario, loaded.config.logs);
    check_complete(reader, *root, scenario.proxy);
    check_files(reader, *root, scenario.proxy, path);
    loaded.config.settings = std::move(scenario.proxy);
    loaded.config.directives = std::move(scenario.directives);
    loaded.config.groups = std::move(scenario.groups);
  }
  loaded.diagnostics = diagnostics.take();
  return loaded;
}

}  // namespace badgate::harness
