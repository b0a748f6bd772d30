#include "harness/directive_block.h"

#include <fmt/core.h>

#include <algorithm>

#include "proxy/directives.h"

namespace badgate::harness {
namespace {

template <typename T>
void apply(const DirectiveBlock& block, std::span<const net::Field<T>> fields, T& into) {
  for (const auto& [name, value] : block.directives) {
    const auto* field = net::find_field(fields, std::string_view(name));
    if (field != nullptr) static_cast<void>(field->apply(into, value));
  }
}

void add_locations(const DirectiveBlock& block, proxy::VirtualServer& server) {
  for (const DirectiveBlock& child : block.blocks) {
    if (child.name != "location") continue;
    proxy::Location location = proxy::inherited_location(server);
    static_cast<void>(proxy::set_location_path(location, child.argument));
    apply(child, proxy::location_fields(), location);
    server.locations.push_back(std::move(location));
  }
}

void add_servers(const DirectiveBlock& top, proxy::Settings& settings) {
  for (const DirectiveBlock& child : top.blocks) {
    if (child.name != "server") continue;
    proxy::VirtualServer server = proxy::inherited_server(settings);
    const DirectiveBlock names{
        .name = {}, .argument = {}, .directives = {{"server_name", child.argument}}, .blocks = {}};
    apply(names, proxy::virtual_server_fields(), server);
    apply(child, proxy::virtual_server_fields(), server);
    add_locations(child, server);
    settings.servers.push_back(std::move(server));
  }
}

}  // namespace

proxy::Settings settings_of(const DirectiveBlock& top, proxy::Settings base) {
  apply(top, proxy::settings_fields(), base);
  add_locations(top, base);
  add_servers(top, base);
  return base;
}

void apply_group(const DirectiveBlock& group, proxy::Settings& into) {
  const auto at = std::ranges::find(into.upstreams, group.argument, &proxy::Upstream::name);
  if (at != into.upstreams.end()) apply(group, proxy::upstream_fields(), *at);
}

void overlay(DirectiveBlock& base, const DirectiveBlock& over) {
  for (const auto& directive : over.directives) {
    const auto old = std::ranges::find_if(
        base.directives, [&](const auto& known) { return known.first == directive.first; });
    if (old != base.directives.end()) {
      *old = directive;
    } else {
      base.directives.push_back(directive);
    }
  }
  for (const DirectiveBlock& block : over.blocks) {
    const auto old = std::ranges::find_if(base.blocks, [&](const DirectiveBlock& known) {
      return known.name == block.name && known.argument == block.argument;
    });
    if (old != base.blocks.end()) {
      overlay(*old, block);
    } else {
      base.blocks.push_back(block);
    }
  }
}

std::string to_text(const DirectiveBlock& block) {
  std::string out;
  const auto add = [&out](std::string_view text) {
    if (!out.empty()) out += ' ';
    out += text;
  };
  for (const auto& [name, value] : block.directives)
    add(fmt::format("{} {};", name, value));
  for (const DirectiveBlock& child : block.blocks)
    add(fmt::format("{} {} {{ {} }}", child.name, child.argument, to_text(child)));
  return out;
}

}  // namespace badgate::harness
