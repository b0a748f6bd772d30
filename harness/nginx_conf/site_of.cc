// From a tree to a Site: collects groups, then servers and their locations.
#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "harness/nginx_conf/pass.h"
#include "harness/nginx_conf/site.h"

namespace badgate::harness::nginx_conf {
namespace {

// Blocks that have a place of their own in a Site, or mean nothing to it.
bool is_setting(const Directive& directive) {
  return !directive.has_block && directive.name != "listen" && directive.name != "server_name";
}

void add_setting(Settings& settings, const Directive& directive) {
  Setting& setting = settings[directive.name];
  std::string line;
  for (const Argument& argument : directive.arguments)
    line += (line.empty() ? "" : " ") + to_text(argument);
  if (setting.said.empty()) {
    setting.from = directive.position;
    setting.value = line;
  } else {
    setting.value += '\n' + line;
  }
  setting.said.push_back({directive.arguments, directive.position});
}

Settings settings_in(const std::vector<Directive>& block) {
  Settings settings;
  for (const Directive& directive : block) {
    if (is_setting(directive)) add_setting(settings, directive);
  }
  return settings;
}

UpstreamServer server_of(const Directive& directive) {
  UpstreamServer server;
  server.address = std::string(directive.argument(0));
  server.position = directive.position;
  for (std::size_t i = 1; i < directive.arguments.size(); ++i) {
    const std::string_view word = directive.arguments[i].text;
    const auto equals = std::min(word.find('='), word.size());
    server.parameters[std::string(word.substr(0, equals))] =
        std::string(word.substr(std::min(word.size(), equals + 1)));
  }
  return server;
}

Group group_of(const Directive& block) {
  Group group;
  group.name = std::string(block.argument(0));
  group.position = block.position;
  group.is_block = true;
  for (const Directive& directive : block.block) {
    if (directive.name == "server") {
      group.servers.push_back(server_of(directive));
    } else if (is_setting(directive)) {
      add_setting(group.settings, directive);
    }
  }
  return group;
}

void add_map(const Directive& block, std::map<std::string, Map, std::less<>>& maps) {
  const std::string_view name = block.argument(1);
  if (!name.starts_with('$')) return;
  Map map;
  map.source = std::string(block.argument(0));
  const Directive* otherwise = nullptr;
  const Directive* of_nothing = nullptr;
  for (const Directive& entry : block.block) {
    if (entry.arguments.size() != 1) continue;
    if (entry.name.empty()) of_nothing = &entry;
    if (otherwise == nullptr || entry.name == "default") otherwise = &entry;
  }
  if (otherwise != nullptr) map.otherwise = std::string(otherwise->argument(0));
  map.of_nothing = of_nothing != nullptr ? std::string(of_nothing->argument(0)) : map.otherwise;
  maps[std::string(name.substr(1))] = std::move(map);
}

Listen listen_of(const Directive& directive) {
  Listen listen;
  listen.address = std::string(directive.argument(0));
  listen.position = directive.position;
  for (std::size_t i = 1; i < directive.arguments.size(); ++i) {
    listen.tls |= directive.arguments[i].text == "ssl";
    listen.default_server |= directive.arguments[i].text == "default_server";
  }
  return listen;
}

std::string joined(const std::vector<Argument>& arguments) {
  std::string out;
  for (const Argument& argument : arguments)
    out += (out.empty() ? "" : " ") + argument.text;
  return out;
}

// ngx_http_core_location: the modifier may be written together with what follows.
Location location_of(const Directive& directive) {
  Location location;
  location.position = directive.position;
  if (directive.name != "location") {
    const bool condition = directive.name == "if";
    location.kind = condition ? Location::Kind::if_block : Location::Kind::limit_except;
    location.pattern = joined(directive.arguments);
    return location;
  }
  if (directive.arguments.size() > 1) {
    location.modifier = std::string(directive.argument(0));
    location.pattern = std::string(directive.argument(1));
    return location;
  }
  const std::string_view text = directive.argument(0);
  for (const std::string_view modifier : {"=", "^~", "~*", "~"}) {
    if (!text.starts_with(modifier)) continue;
    location.modifier = std::string(modifier);
    break;
  }
  location.pattern = std::string(text.substr(location.modifier.size()));
  return location;
}

class Reader {
 public:
  explicit Reader(const Tree& tree) { site_.file = tree.file; }

  Site read(const std::vector<Directive>& top) {
    const bool whole = std::ranges::any_of(
        top, [](const Directive& directive) { return directive.name == "http"; });
    for (const Directive& directive : top)
      read_main(directive);
    if (!whole) read_http(top);
    resolve_passes(site_);
    return std::move(site_);
  }

 private:
  void read_main(const Directive& directive) {
    if (directive.name == "http") {
      read_http(directive.block);
    } else if (directive.name == "events") {
      for (const Directive& inner : directive.block)
        add_setting(site_.main, inner);
    } else if (is_setting(directive)) {
      add_setting(site_.main, directive);
    }
  }

  void read_http(const std::vector<Directive>& block) {
    for (const Directive& directive : block) {
      if (directive.has_block && directive.name == "upstream")
        site_.groups.push_back(group_of(directive));
      if (directive.has_block && directive.name == "map") add_map(directive, site_.maps);
      if (is_setting(directive)) add_setting(site_.http, directive);
    }
    for (const Directive& directive : block) {
      if (directive.has_block && directive.name == "server")
        site_.servers.push_back(server_of_block(directive.block, directive.position));
    }
    // A part of a server{} that is read alone.
    const auto location = std::ranges::find(block, "location", &Directive::name);
    if (location != block.end())
      site_.servers.push_back(server_of_block(block, location->position));
  }

  Server server_of_block(const std::vector<Directive>& block, const Position& position) {
    Server server;
    server.position = position;
    for (const Directive& directive : block) {
      if (directive.name == "listen") server.listen.push_back(listen_of(directive));
      if (directive.name == "server_name") {
        for (const Argument& argument : directive.arguments)
          server.names.push_back(argument.text);
      }
    }
    server.settings = settings_in(block);
    if (const auto ssl = server.settings.find("ssl");
        ssl != server.settings.end() && ssl->second.value == "on") {
      for (Listen& listen : server.listen)
        listen.tls = true;
    }
    read_locations(server, block, Location::none);
    return server;
  }

  void read_locations(Server& server, const std::vector<Directive>& block, std::size_t parent) {
    for (const Directive& directive : block) {
      const bool inner = directive.name == "location" || directive.name == "limit_except" ||
                         (directive.name == "if" && parent != Location::none);
      if (!directive.has_block || !inner) continue;
      Location location = location_of(directive);
      location.parent = parent;
      location.settings = settings_in(directive.block);
      const std::size_t index = server.locations.size();
      server.locations.push_back(std::move(location));
      read_locations(server, directive.block, index);
    }
  }

  Site site_;
};

}  // namespace

Site site_of(const Tree& tree) {
  return Reader(tree).read(tree.directives);
}

}  // namespace badgate::harness::nginx_conf
