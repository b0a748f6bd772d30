#include "harness/nginx_conf/pass.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <utility>

namespace badgate::harness::nginx_conf {
namespace {

constexpr std::size_t kMostRounds = 8;       // a variable's value has variables, and so on
constexpr std::size_t kLongestText = 65536;  // that variables may make of a text

struct Kind {
  std::string_view directive;
  Pass::Protocol protocol;
};
constexpr std::array kKinds{
    Kind{"proxy_pass", Pass::Protocol::http},  Kind{"fastcgi_pass", Pass::Protocol::fastcgi},
    Kind{"uwsgi_pass", Pass::Protocol::uwsgi}, Kind{"scgi_pass", Pass::Protocol::scgi},
    Kind{"grpc_pass", Pass::Protocol::grpc},   Kind{"memcached_pass", Pass::Protocol::memcached}};

bool is_name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// The name of the variable that begins with the '$' at `at`, and how long all of it is.
std::pair<std::string_view, std::size_t> variable_at(std::string_view text, std::size_t at) {
  const bool braces = at + 1 < text.size() && text[at + 1] == '{';
  const std::size_t begin = at + (braces ? 2 : 1);
  std::size_t end = begin;
  while (end < text.size() && is_name_character(text[end]))
    ++end;
  const bool closed = braces && end < text.size() && text[end] == '}';
  return {text.substr(begin, end - begin), end - at + (closed ? 1 : 0)};
}

// Values by the variables' names; the texts are the configuration's.
using Variables = std::map<std::string_view, std::string_view>;

Variables set_in(const Settings& settings) {
  Variables variables;
  const auto set = settings.find("set");
  if (set == settings.end()) return variables;
  for (const Said& said : set->second.said) {
    if (said.arguments.size() == 2 && said.arguments[0].text.starts_with('$'))
      variables[std::string_view(said.arguments[0].text).substr(1)] = said.arguments[1].text;
  }
  return variables;
}

// What is known in a location: its own, its server's, the maps'; the first that has it counts.
struct Known {
  const Variables& location;
  const Variables& server;
  const Variables& mapped;

  const std::string_view* find(std::string_view name) const {
    for (const Variables* variables : {&location, &server, &mapped}) {
      if (const auto at = variables->find(name); at != variables->end()) return &at->second;
    }
    return nullptr;
  }
};

// "grpcs://host:port" and the like, without the scheme.
std::string_view without_scheme(std::string_view text, Pass& pass) {
  for (const std::string_view scheme :
       {"grpcs://", "grpc://", "suwsgi://", "uwsgi://", "https://", "http://"}) {
    if (!text.starts_with(scheme)) continue;
    pass.tls = scheme.ends_with("s://") || scheme.starts_with("suwsgi");
    return text.substr(scheme.size());
  }
  return text;
}

// Where the URI begins, be it a variable.
std::size_t end_of_target(std::string_view text) {
  std::size_t end = std::min(text.find_first_of("/?"), text.size());
  for (const std::string_view variable : {"$request_uri", "$uri", "$document_uri", "$is_args"})
    end = std::min(end, text.find(variable));
  return end;
}

// Host and port, or the name of a group; what follows them is the URI.
std::string read_target(Pass& pass) {
  std::string_view rest = without_scheme(pass.resolved, pass);
  if (rest.starts_with("unix:")) {
    const auto colon = rest.find(':', 5);
    if (colon != rest.npos && pass.protocol == Pass::Protocol::http)
      pass.uri = std::string(rest.substr(colon + 1));
    return std::string(rest.substr(0, colon));
  }
  const auto end = end_of_target(rest);
  if (end < rest.size() && pass.protocol == Pass::Protocol::http)
    pass.uri = std::string(rest.substr(end));
  return std::string(rest.substr(0, end));
}

// Groups by their names.
class Index {
 public:
  explicit Index(std::vector<Group>& groups) : groups_(groups) {
    for (std::size_t i = 0; i < groups.size(); ++i)
      places_.emplace(groups[i].name, i);
  }

  std::size_t find_or_add(const std::string& name, const Position& position) {
    const auto [at, is_new] = places_.emplace(name, groups_.size());
    if (is_new) {
      Group group;
      group.name = name;
      group.position = position;
      group.servers.push_back({.address = name, .position = position, .parameters = {}});
      groups_.push_back(std::move(group));
    }
    return at->second;
  }

 private:
  std::vector<Group>& groups_;
  std::map<std::string, std::size_t, std::less<>> places_;
};

const Setting* pass_of(const Location& location, Pass& pass) {
  for (const Kind& kind : kKinds) {
    const auto at = location.settings.find(kind.directive);
    if (at == location.settings.end() || at->second.said.back().arguments.empty()) continue;
    pass.protocol = kind.protocol;
    return &at->second;
  }
  return nullptr;
}

// Each variable by its value, once; what has none stays.
std::string replaced(std::string_view text, const Known& known) {
  std::string out;
  for (std::size_t at = 0; at < text.size() && out.size() < kLongestText;) {
    if (text[at] != '$') {
      out += text[at++];
      continue;
    }
    const auto [name, length] = variable_at(text, at);
    const std::string_view* value = known.find(name);
    out += value != nullptr ? *value : text.substr(at, length);
    at += length;
  }
  return out;
}

std::string replaced_often(std::string text, const Known& known) {
  for (std::size_t round = 0; round < kMostRounds; ++round) {
    std::string next = replaced(text, known);
    if (next == text || next.size() > kLongestText) break;
    text = std::move(next);
  }
  return text;
}

void resolve(const Variables& mapped, const Variables& of_server, Location& location,
             Index& groups) {
  const Setting* said = pass_of(location, location.pass);
  if (said == nullptr) return;
  Pass& pass = location.pass;
  pass.text = said->said.back().arguments.front().text;
  pass.position = said->from;
  pass.variables = pass.text.find('$') != pass.text.npos;
  pass.resolved = pass.text;
  if (pass.variables) {
    const Variables own = set_in(location.settings);
    pass.resolved = replaced_often(pass.text, {own, of_server, mapped});
  }
  const std::string target = read_target(pass);
  if (target.empty() || target.find('$') != target.npos) return;
  pass.group = groups.find_or_add(target, pass.position);
}

}  // namespace

void resolve_passes(Site& site) {
  Variables mapped;
  for (const auto& [name, map] : site.maps)
    mapped.emplace(name, map.otherwise);
  Index groups(site.groups);
  for (Server& server : site.servers) {
    const Variables of_server = set_in(server.settings);
    for (Location& location : server.locations)
      resolve(mapped, of_server, location, groups);
  }
}

std::string substituted(const Site& site, LocationRef ref, std::string_view text) {
  if (text.find('$') == text.npos) return std::string(text);
  Variables mapped;
  for (const auto& [name, map] : site.maps)
    mapped.emplace(name, map.source.starts_with("$http_") ? map.of_nothing : map.otherwise);
  const Variables own = set_in(site.location(ref).settings);
  const Variables of_server = set_in(site.server(ref).settings);
  return replaced_often(std::string(text), {own, of_server, mapped});
}

}  // namespace badgate::harness::nginx_conf
