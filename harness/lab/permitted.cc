#include "harness/lab/permitted.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "harness/certificate_files.h"
#include "harness/scenario_needs.h"
#include "net/address.h"

namespace badgate::harness::lab {
namespace {

constexpr std::array<std::string_view, 3> kFolders{"proxy_temp_path", "fastcgi_temp_path",
                                                   "client_body_temp_path"};

// What follows the scheme, up to the path.
std::string_view authority_of(std::string_view value) {
  const auto scheme = value.find("://");
  if (scheme != value.npos) value.remove_prefix(scheme + 3);
  return value.substr(0, value.find('/'));
}

bool is_address(std::string_view word) {
  const auto colon = word.find(':');
  const auto host = word.substr(0, colon);
  const bool port = colon != word.npos && colon + 1 < word.size() && std::isdigit(word[colon + 1]);
  return port || word.starts_with('[') || host == "localhost" || host == "unix" ||
         (!host.empty() && host.find_first_not_of("0123456789.") == host.npos &&
          host.find('.') != host.npos);
}

// Literally; names and placeholders lead to what the file itself has put up.
bool names_address(std::string_view value) {
  while (!value.empty()) {
    const auto word = value.substr(0, value.find(' '));
    value.remove_prefix(std::min(value.size(), word.size() + 1));
    if (is_address(authority_of(word))) return true;
  }
  return false;
}

// `health_check` asks that port in place of the server's own.
bool names_port(std::string_view value) {
  const auto at = value.find("port=");
  return at != value.npos && at + 5 < value.size() && std::isdigit(value[at + 5]);
}

// Variables whose value a client says, or that are addresses; those of `set` are looked at where
// they are set. With the port of a server of the file, there is nobody else to be reached.
bool leads_elsewhere(std::string_view value) {
  static constexpr std::array<std::string_view, 11> kinds{
      "$http_",        "$arg",          "$cookie_", "$host",    "$uri",   "$request",
      "$document_uri", "$query_string", "$remote_", "$server_", "$proxy_"};
  const auto authority = authority_of(value);
  if (authority.ends_with(".port}")) return is_address(authority.substr(0, authority.rfind(':')));
  return names_address(value) || std::ranges::any_of(kinds, [&](std::string_view name) {
           return authority.find(name) != authority.npos;
         });
}

class Check {
 public:
  explicit Check(const Scenario& scenario) : scenario_(scenario) {}

  std::vector<Diagnostic> all() {
    for (const BackendSpec& backend : scenario_.backends)
      check(backend);
    for (const DnsSpec& dns : scenario_.dns)
      check_records(dns.position, dns.records);
    for (const TimelineEvent& event : scenario_.events)
      check_records(event.position, event.records);
    check(scenario_.directives);
    for (const DirectiveBlock& group : scenario_.groups)
      check_group(group);
    for (const TimelineEvent& event : scenario_.events)
      check(event.directives);
    if (const auto needs = needs_of(scenario_); needs && needs->network_namespace)
      add(scenario_.position,
          "this needs a network of its own, which the lab gives to no file; "
          "`badgate run` plays it");
    return std::move(found_);
  }

 private:
  void add(const Position& position, std::string message) {
    Diagnostic diagnostic;
    diagnostic.position = position;
    diagnostic.message = std::move(message);
    found_.push_back(std::move(diagnostic));
  }

  void add(const std::string& message, const char* table = "proxy") {
    const auto at = scenario_.positions.find(table);
    add(at != scenario_.positions.end() ? at->second : scenario_.position, message);
  }

  void check(const BackendSpec& backend) {
    if (backend.process)
      add(backend.process_position, "the lab starts no programs; `badgate run` does");
    const auto address = net::Address::parse(backend.address);
    if (address && address->port() != 0)
      add(backend.position, "the lab chooses the ports at which servers listen: leave it out");
  }

  // A name that leads to an address could lead to any server of this machine.
  void check_records(const Position& position, const DnsRecords& records) {
    for (const auto& [name, targets] : records) {
      for (const auto& target : targets) {
        if (!is_own_server(target))
          add(position, fmt::format("{} leads to an address that is no server of this file",
                                    in_quotes(name)));
      }
    }
  }

  bool is_own_server(std::string_view name) const {
    return std::ranges::any_of(scenario_.backends,
                               [&](const BackendSpec& spec) { return spec.name == name; });
  }

  void check(DirectiveBlock block) {  // a copy: the values are given to be changed
    for_each_certificate_file(block, [this](std::string& value) {
      if (value.find('/') != value.npos)
        add(fmt::format("{} is a file of this machine, which the lab does not read",
                        in_quotes(value)));
    });
    check_directives(block);
  }

  void check_directives(const DirectiveBlock& block) {
    for (const auto& [name, value] : block.directives) {
      if (std::ranges::find(kFolders, name) != kFolders.end())
        add(fmt::format("`{}` is a folder of this machine, where the lab writes nothing", name));
      const bool leads = name == "proxy_pass" || name == "fastcgi_pass" || name == "resolver";
      if ((leads && leads_elsewhere(value)) || (name == "set" && names_address(value)))
        add(fmt::format("`{} = {}` may lead to a server that is not of this file", name,
                        in_quotes(value)));
    }
    for (const DirectiveBlock& child : block.blocks)
      check_directives(child);
  }

  void check_group(const DirectiveBlock& group) {
    for (const auto& [name, value] : group.directives) {
      const bool leads = (name == "server" || name == "resolver") && names_address(value);
      if (leads || (name == "health_check" && names_port(value)))
        add(fmt::format("`{} = {}` may lead to a server that is not of this file", name,
                        in_quotes(value)),
            "group");
    }
  }

  const Scenario& scenario_;
  std::vector<Diagnostic> found_;
};

}  // namespace

std::vector<Diagnostic> not_permitted(const Scenario& scenario) {
  return Check(scenario).all();
}

}  // namespace badgate::harness::lab
