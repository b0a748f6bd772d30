#include "harness/reproduce/from_catalogue.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

#include "harness/catalogue.h"
#include "harness/diagnostics.h"
#include "harness/reproduce/toml_document.h"

namespace badgate::harness::reproduce {
namespace {

// The keys of [[request]] that a frame has, as a table.
Node keys_of(const std::string& lines) {
  Diagnostics ignored("the request", lines);
  auto node = parse_document(lines, ignored);
  return node ? std::move(*node) : Node();
}

void put(Node& table, const Member& member) {
  if (Member* old = table.find(member.key)) {
    old->value = member.value;
  } else {
    table.members.push_back(member);
  }
}

void lay_over_request(Node& request, const Node& keys, bool has_method) {
  if (keys.members.empty() || request.find("data") != nullptr) return;
  erase(request, "path");
  if (!has_method && request.find("body") == nullptr) erase(request, "method");
  for (const Member& member : keys.members) {
    if (member.key != "headers" || request.find("headers") == nullptr) {
      put(request, member);
      continue;
    }
    for (const Member& header : member.value.members)
      put(request.find("headers")->value, header);
  }
}

template <typename Visit>
void for_each_table(Node& root, std::string_view key, Visit visit) {
  Member* member = root.find(key);
  if (member == nullptr) return;
  if (member->value.is(Node::Kind::table)) visit(member->value);
  for (Node& item : member->value.items)
    visit(item);
}

// As long as the scenario has one group alone: the name of it.
void rename_group(Node& root, const std::string& name) {
  Member* upstream = root.find("upstream");
  if (upstream == nullptr || upstream->value.members.size() != 1) return;
  const std::string old = upstream->value.members.front().key;
  if (old == name) return;
  upstream->value.members.front().key = name;
  if (Member* groups = root.find("group")) {
    if (Member* group = groups->value.find(old)) group->key = name;
  }
  Member* proxy = root.find("proxy");
  if (proxy == nullptr) return;
  for (Member& directive : proxy->value.members) {
    if (directive.key == "fastcgi_pass") directive.value.text = name;
    const auto at = directive.value.text.find("//" + old);
    if (directive.key == "proxy_pass" && at != std::string::npos)
      directive.value.text.replace(at + 2, old.size(), name);
  }
}

void set_servers(Node& root, const Frame& frame) {
  Member* upstream = root.find("upstream");
  if (upstream == nullptr) return;
  for (Member& group : upstream->value.members) {
    for (Node& server : group.value.items) {
      erase(server, "transport");
      if (frame.transport != "tcp") put_text(server, "transport", frame.transport);
    }
  }
}

void set_location(Node& proxy, const Frame& frame) {
  if (frame.location.empty()) return;
  Node path;
  put_text(path, "proxy_pass", frame.location_pass);
  Node locations;
  locations.members.push_back({frame.location, {}, path});
  if (proxy.find("location") == nullptr) proxy.members.push_back({"location", {}, locations});
}

// The least severe of both.
void lower_level(Node& proxy, const std::string& level) {
  if (level == "info" || level == "notice" || level == "warn")
    put_text(proxy, "error_log_level", level);
}

}  // namespace

void erase(Node& table, std::string_view key) {
  std::erase_if(table.members, [&](const Member& member) { return member.key == key; });
}

void put_text(Node& table, std::string_view key, const std::string& value) {
  Node node;
  node.kind = Node::Kind::text;
  node.text = value;
  put(table, Member{std::string(key), {}, std::move(node)});
}

std::optional<Node> catalogue_document(const std::string& name) {
  const auto path = catalogue_folder() + "/" + name + ".toml";
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  Diagnostics ignored(path, text);
  return parse_document(text, ignored);
}

void lay_over_requests(Node& document, const Frame& frame) {
  const auto keys = keys_of(frame.request);
  const bool has_method = keys.find("method") != nullptr;
  const auto visit = [&](Node& request) {
    erase(request, "expect");
    lay_over_request(request, keys, has_method);
  };
  for_each_table(document, "request", visit);
  if (Member* load = document.find("load")) for_each_table(load->value, "request", visit);
}

std::string laid_over(Node document, const Frame& frame, const std::string& level) {
  for (const std::string_view key :
       {"title", "cause", "rows", "tags", "explain", "expect", "on", "remedy"})
    erase(document, key);
  lay_over_requests(document, frame);
  if (document.find("proxy") == nullptr)
    document.members.insert(document.members.begin(), {"proxy", {}, {}});
  rename_group(document, frame.group);
  set_servers(document, frame);
  Node& proxy = document.find("proxy")->value;
  for (const Directive& directive : frame.directives) {
    const auto keys = keys_of(directive.name + " = " + directive.value + "\n");
    for (const Member& member : keys.members) {
      if (proxy.find(member.key) == nullptr || !directive.comment.empty() ||
          member.key == "server_name")
        put(proxy, member);
    }
  }
  set_location(proxy, frame);
  lower_level(proxy, level);
  return toml_document(document, "");
}

}  // namespace badgate::harness::reproduce
