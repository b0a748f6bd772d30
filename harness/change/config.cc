#include "harness/change/config.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

#include "harness/change/config_nginx.h"
#include "harness/directive_block.h"
#include "harness/load/document.h"
#include "harness/load/scenario_paths.h"
#include "harness/load_proxy.h"
#include "net/text.h"
#include "proxy/proxy_pass.h"

namespace badgate::harness::change {
namespace {

// What [proxy] and the blocks around a location say, the inner ones last.
using Blocks = std::vector<const DirectiveBlock*>;

class TomlConfig {
 public:
  TomlConfig(const ProxyConfig& config, Config& into) : config_(config), into_(into) {}

  void read() {
    const auto& settings = config_.settings;
    add("", {&config_.directives}, settings);
    locations("", config_.directives, {&config_.directives}, settings.locations);
    std::size_t index = 0;
    for (const DirectiveBlock& block : config_.directives.blocks) {
      if (block.name != "server") continue;
      const Blocks around{&config_.directives, &block};
      const auto& server = settings.servers.at(index++);
      add(block.argument, around, server);
      locations(block.argument, block, around, server.locations);
    }
  }

 private:
  void locations(const std::string& server, const DirectiveBlock& of, const Blocks& around,
                 const std::vector<proxy::Location>& settings) {
    std::size_t index = 0;
    for (const DirectiveBlock& block : of.blocks) {
      if (block.name != "location") continue;
      Blocks blocks = around;
      blocks.push_back(&block);
      add(server + (server.empty() ? "" : " ") + "location " + block.argument, blocks,
          settings.at(index++));
    }
  }

  void add(const std::string& name, const Blocks& blocks, const proxy::Location& location) {
    const auto& pass = location.fastcgi_pass.empty() ? location.proxy_pass : location.fastcgi_pass;
    if (pass.empty()) return;
    DirectiveBlock effective;
    for (const DirectiveBlock* block : blocks)
      overlay(effective, {{}, {}, block->directives, {}});
    Route route{.name = name.empty() ? "location /" : name,
                .said = {},
                .servers = 0,
                .protocol = location.fastcgi_pass.empty() ? Protocol::http : Protocol::fastcgi};
    for (const auto& [directive, value] : effective.directives)
      route.said.push_back({directive, value, into_.file});
    group(pass, route);
    into_.routes.push_back(std::move(route));
  }

  // "http://app/api/" and "app" lead to the group "app".
  void group(const std::string& pass, Route& route) {
    const auto scheme = pass.find("://");
    std::string name = scheme == pass.npos ? pass : pass.substr(scheme + 3);
    name = name.substr(0, name.find('/'));
    for (const DirectiveBlock& block : config_.groups) {
      if (block.argument != name) continue;
      for (const auto& [directive, value] : block.directives)
        route.said.push_back({"group." + directive, value, into_.file});
    }
    const auto& groups = config_.settings.upstreams;
    const auto found = std::ranges::find(groups, name, &proxy::Upstream::name);
    if (found == groups.end() || found->servers.empty()) return;
    route.servers = found->servers.size();
    servers(found->servers, route);
  }

  // What all servers have in common.
  void servers(const std::vector<proxy::Server>& servers, Route& route) {
    const auto add = [&](const char* name, auto member, auto text) {
      const auto& first = servers.front().*member;
      const bool common = std::ranges::all_of(
          servers, [&](const proxy::Server& server) { return server.*member == first; });
      if (common && first != proxy::Server().*member)
        route.said.push_back({name, text(first), into_.file});
    };
    const auto number = [](unsigned n) { return std::to_string(n); };
    add("server.max_fails", &proxy::Server::max_fails, number);
    add("server.max_conns", &proxy::Server::max_conns, number);
    add("server.fail_timeout", &proxy::Server::fail_timeout, net::format_duration);
  }

  const ProxyConfig& config_;
  Config& into_;
};

}  // namespace

bool is_config(const std::string& path) {
  std::error_code ignored;
  // One that is not there is told of as what it was meant to be.
  if (path == "-" || path.ends_with(".conf")) return true;
  if (!std::filesystem::is_regular_file(path, ignored)) return false;
  if (!path.ends_with(".toml")) return true;
  const auto text = read_file(path);
  if (!text) return false;
  Diagnostics diagnostics(path, *text);
  const auto root = parse_document(*text, diagnostics);
  return root && root->find("title") == nullptr && root->find("request") == nullptr &&
         root->find("load") == nullptr;
}

Config read_config(const std::string& path) {
  if (!path.ends_with(".toml")) return read_nginx(path);
  Config config;
  config.file = path;
  const auto loaded = load_proxy(path);
  config.diagnostics = loaded.diagnostics;
  if (config.diagnostics.empty()) TomlConfig(loaded.config, config).read();
  return config;
}

}  // namespace badgate::harness::change
