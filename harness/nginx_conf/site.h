// Site: what a configuration of nginx means for whoever passes requests on: groups of servers,
// virtual servers, locations, and for each location the settings in force and where each is said.
// Plain data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/nginx_conf/tree.h"
#include "harness/scenario.h"

namespace badgate::harness::nginx_conf {

// One directive of a setting that may be given several times.
struct Said {
  std::vector<Argument> arguments;
  Position position;
};

// `value` is as it would be written again, one line for each time it is said.
struct Setting {
  std::string value;
  Position from;           // line 0: nowhere, it is nginx's default
  std::vector<Said> said;  // empty: nginx's default

  bool is_default() const { return from.line == 0; }
};

using Settings = std::map<std::string, Setting, std::less<>>;

// A `server` of an `upstream` block, or the address that a proxy_pass itself names.
struct UpstreamServer {
  std::string address;  // as written: "10.0.0.1:8080", "app.internal", "unix:/run/app.sock"
  Position position;
  std::map<std::string, std::string, std::less<>> parameters;  // max_fails …; backup: ""

  bool has(std::string_view parameter) const { return parameters.contains(parameter); }
  bool is_unix() const { return address.starts_with("unix:"); }
  // Without its port; whether it is a name and not an address.
  std::string host() const;
  bool is_name() const;
};

struct Group {
  std::string name;  // of the block, or the address
  Position position;
  bool is_block = false;  // an `upstream` block; otherwise one address is its only server
  std::vector<UpstreamServer> servers;
  Settings settings;  // keepalive, zone, least_conn …: what the block itself says
};

// Whom a location passes requests to.
struct Pass {
  enum class Protocol : std::uint8_t { none, http, fastcgi, uwsgi, scgi, grpc, memcached };
  Protocol protocol = Protocol::none;
  std::string text;      // as written: "http://app/api/"
  std::string resolved;  // with the values of variables that `set` or `map` tells
  Position position;
  bool tls = false;
  bool variables = false;            // then a name is looked up while nginx runs
  std::optional<std::string> uri;    // what replaces the location's path
  std::optional<std::size_t> group;  // index into Site::groups; nothing: a variable decides it

  explicit operator bool() const { return protocol != Protocol::none; }
  // "proxy_", "fastcgi_" …: how its directives begin.
  std::string_view prefix() const;
};

struct Location {
  enum class Kind : std::uint8_t { location, if_block, limit_except };
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  Kind kind = Kind::location;
  std::string modifier;  // "", "=", "^~", "~", "~*"; "@name" has none
  std::string pattern;   // "/api/"; the condition of an `if`
  Position position;
  std::size_t parent = none;  // the location that it stands in
  Pass pass;
  Settings settings;  // what it says itself

  // "location ~ \.php$", "if ($request_method = POST)"
  std::string title() const;
  bool is_regex() const { return modifier.starts_with('~'); }
  bool is_named() const { return pattern.starts_with('@'); }
};

struct Listen {
  std::string address;  // "443", "[::]:80", "unix:/run/nginx.sock"
  bool tls = false;
  bool default_server = false;
  Position position;
};

struct Server {
  Position position;
  std::vector<Listen> listen;
  std::vector<std::string> names;
  Settings settings;                // what it says itself
  std::vector<Location> locations;  // in order, the outer before the inner

  bool tls() const;
  // The first name, or the first address: "shop.example", "*:8080".
  std::string title() const;
};

// A location of a Site.
struct LocationRef {
  std::size_t server = 0;
  std::size_t location = 0;

  bool operator==(const LocationRef&) const = default;
};

// A `map` block.
struct Map {
  std::string source;      // "$http_upgrade"
  std::string otherwise;   // its default, or else its first value
  std::string of_nothing;  // the value for an empty source
};

struct Site {
  std::string file;
  Settings main;  // of the top: worker_processes …, and of events{}
  Settings http;  // of http{}
  std::vector<Group> groups;
  std::vector<Server> servers;
  std::map<std::string, Map, std::less<>> maps;  // by the variable's name, without '$'

  const Server& server(LocationRef ref) const { return servers[ref.server]; }
  const Location& location(LocationRef ref) const {
    return servers[ref.server].locations[ref.location];
  }
  // What is in force there: said in the location, or in the nearest block around it that says it at
  // all. Null: nobody does.
  const Setting* find(LocationRef ref, std::string_view directive) const;
  // The same of a server, outside of its locations.
  const Setting* find(const Server& server, std::string_view directive) const;
  // … or nginx's default, line 0.
  Setting setting(LocationRef ref, std::string_view directive) const;
  // All that is in force there, by the directives' names. What is said for many locations is not
  // copied for each: it stays this Site's.
  std::map<std::string_view, const Setting*> settings(LocationRef ref) const;
  // Whom requests that come there are passed to: an `if` has it from its location.
  const Pass& pass(LocationRef ref) const;
  const Group* group(LocationRef ref) const;

  // Locations that pass requests on, in order.
  std::vector<LocationRef> passing() const;
};

// nginx's default, as badgate's own proxy has it; empty: it has none, or it is not known.
std::string_view default_of(std::string_view directive);

// What `tree` means. What is wrong with it is left out: look at Tree::diagnostics first. A file
// without http{} is read as a part of one.
Site site_of(const Tree& tree);

}  // namespace badgate::harness::nginx_conf
