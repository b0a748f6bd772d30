#include "harness/load/read_proxy.h"

#include <fmt/core.h>

#include <array>
#include <string_view>

#include "harness/directive_block.h"
#include "harness/load/read_directive.h"
#include "harness/placeholders.h"
#include "proxy/directives.h"

namespace badgate::harness {
namespace {

constexpr Place kTop{1, 1, 1};

constexpr std::array<Key<proxy::Settings>, 2> kTopBlocks{
    {{{"location", "tables of directives", "",
       "What differs by the request's path: [proxy.location.\"/api/\"], \"= /path\" for one path "
       "alone."},
      read_elsewhere},
     {{"server", "tables of directives", "",
       "Further servers by the request's Host: [proxy.server.\"api.example.com\"]."},
      read_elsewhere}}};

constexpr std::array<Key<proxy::VirtualServer>, 1> kServerBlocks{
    {{{"location", "tables of directives", "", "The server's own locations."}, read_elsewhere}}};

DirectiveBlock read_location(Reader& reader, const Member& member) {
  DirectiveBlock block{.name = "location", .argument = member.key, .directives = {}, .blocks = {}};
  proxy::Location scratch;
  if (auto ok = proxy::set_location_path(scratch, member.key); !ok)
    reader.add(member.place, ok.error().message, "\"/path/\" or \"= /path\"");
  const auto fields = proxy::location_fields();
  for (const Member& inner : member.value.members)
    read_directive(reader, inner, fields, Names().add(fields), "[proxy.location]", scratch, block);
  return block;
}

DirectiveBlock read_server(Reader& reader, const Member& member);

// The tables below `server` or `location`: one block for each.
template <typename Read>
void read_blocks(Reader& reader, const Member& blocks, std::string_view expected, Read read,
                 DirectiveBlock& into) {
  if (!expect_kind(reader, blocks.value, Node::Kind::table, expected)) return;
  for (const Member& member : blocks.value.members) {
    if (expect_kind(reader, member.value, Node::Kind::table, expected))
      into.blocks.push_back(read(reader, member));
  }
}

void read_locations(Reader& reader, const Member& blocks, DirectiveBlock& into) {
  read_blocks(reader, blocks, "directives: [proxy.location.\"/api/\"]", read_location, into);
}

DirectiveBlock read_server(Reader& reader, const Member& member) {
  DirectiveBlock block{.name = "server", .argument = member.key, .directives = {}, .blocks = {}};
  proxy::VirtualServer scratch;
  const auto fields = proxy::virtual_server_fields();
  const auto* names = net::find_field(fields, std::string_view("server_name"));
  if (auto ok = names->apply(scratch, member.key); !ok)
    reader.add(member.place, ok.error().message, "the names of the server: \"a.example.com\"");
  for (const Member& inner : member.value.members) {
    if (inner.key == "location") {
      read_locations(reader, inner, block);
    } else if (inner.key == "server_name") {
      reader.add(inner.place, "the names of a server are the name of its table",
                 "[proxy.server.\"a.example.com b.example.com\"]");
    } else {
      read_directive(reader, inner, fields, Names().add(fields).add(server_block_keys()),
                     "[proxy.server]", scratch, block);
    }
  }
  return block;
}

// The block that a contradiction is about: the nth table below `kind`.
const Member* nth_table(const Node& node, std::string_view kind, std::size_t n) {
  const Member* blocks = node.find(kind);
  if (blocks == nullptr) return nullptr;
  for (const Member& member : blocks->value.members) {
    if (member.value.is(Node::Kind::table) && n-- == 0) return &member;
  }
  return nullptr;
}

Place place_of_group(const Node& root, const proxy::Contradiction& contradiction) {
  const Member* groups = root.find("group");
  const Member* own = groups != nullptr ? groups->value.find(contradiction.upstream) : nullptr;
  if (own != nullptr) {
    if (const Member* directive = own->value.find(contradiction.directive)) return directive->place;
  }
  const Member* upstreams = root.find("upstream");
  if (upstreams == nullptr) return kTop;
  const Member* servers = upstreams->value.find(contradiction.upstream);
  return servers != nullptr ? servers->place : upstreams->place;
}

// Where it is to be changed: at the directive itself, or at the block that does not say it.
Place place_of(const Node& root, const proxy::Contradiction& contradiction) {
  constexpr auto none = proxy::Contradiction::none;
  if (!contradiction.upstream.empty()) return place_of_group(root, contradiction);
  const Member* block = root.find("proxy");
  if (block != nullptr && contradiction.server != none)
    block = nth_table(block->value, "server", contradiction.server);
  if (block != nullptr && contradiction.location != none)
    block = nth_table(block->value, "location", contradiction.location);
  if (block == nullptr) return kTop;
  const Member* directive = block->value.find(contradiction.directive);
  const bool said = directive != nullptr && !directive->value.is(Node::Kind::table);
  return said ? directive->place : block->place;
}

}  // namespace

Keys<proxy::Settings> top_block_keys() {
  return kTopBlocks;
}
Keys<proxy::VirtualServer> server_block_keys() {
  return kServerBlocks;
}

DirectiveBlock read_directives(Reader& reader, const Node& node, std::string_view where) {
  DirectiveBlock top;
  proxy::Settings scratch;
  const auto fields = proxy::settings_fields();
  for (const Member& member : node.members) {
    if (member.key == "location") {
      read_locations(reader, member, top);
    } else if (member.key == "server") {
      read_blocks(reader, member, "directives: [proxy.server.\"a.example.com\"]", read_server, top);
    } else {
      read_directive(reader, member, fields, Names().add(fields).add(top_block_keys()), where,
                     scratch, top);
    }
  }
  return top;
}

void read_proxy(Reader& reader, const Node& node, Scenario& into) {
  if (!expect_kind(reader, node, Node::Kind::table, "directives: [proxy]")) return;
  into.directives = read_directives(reader, node, "[proxy]");
  into.proxy = settings_of(fill_placeholders(into.directives, any_address), std::move(into.proxy));
}

void check_settings(Reader& reader, const Node& root, const proxy::Settings& settings) {
  add_contradictions(reader, root, proxy::check(settings));
}

void add_contradictions(Reader& reader, const Node& root,
                        const std::vector<proxy::Contradiction>& contradictions) {
  for (const proxy::Contradiction& contradiction : contradictions)
    reader.add(place_of(root, contradiction), contradiction.message);
}

}  // namespace badgate::harness
