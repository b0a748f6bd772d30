// Frame: everything of a scenario that comes from the line and from the configuration, whatever the
// fault is: how the proxy is set up, which request comes, what kind of server it goes to.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/evidence/evidence.h"
#include "net/time.h"

namespace badgate::harness::reproduce {

// A directive of [proxy], as it is written in the file; values are TOML.
struct Directive {
  std::string name;
  std::string value;
  std::string comment;  // where it comes from; may be empty
};

// Null: there is none of that name.
const Directive* find(const std::vector<Directive>& directives, std::string_view name);
// Replaces the directive of that name.
void put(std::vector<Directive>& directives, Directive directive);

// A server of the configured group, as its [[upstream.NAME]] says it.
struct ConfiguredServer {
  std::string address;           // "10.0.0.1:8080"
  std::vector<Directive> lines;  // weight, max_fails, transport …
};

// What a configuration says of the place that the line speaks of; configured.h makes it. Without
// one: nginx's defaults.
struct Configured {
  std::string file;                    // "/etc/nginx/nginx.conf"; empty: there is none
  std::string where;                   // "location /api/ (sites/shop.conf:12)"
  std::vector<Directive> directives;   // of [proxy], with "nginx.conf:12" as comments
  std::string location;                // the path of [proxy.location.PATH]; may be empty …
  std::vector<Directive> of_location;  // … and what it says otherwise
  std::string locations;               // [proxy.location.PATH], as text
  std::string group;                   // whom it passes to
  std::vector<Directive> of_group;     // [group.NAME]: keepalive …
  std::vector<ConfiguredServer> servers;
  std::string other_groups;           // their tables, as text
  std::vector<std::string> left_out;  // directives that badgate's proxy has nothing like
};

struct Frame {
  std::string scheme = "http";        // "http", "https", "fastcgi"
  std::string prefix = "proxy";       // of directives: "proxy", "fastcgi"
  std::string transport = "tcp";      // "tcp", "tcp6", "unix"
  std::string group = "app";          // of servers
  std::vector<Directive> directives;  // of [proxy]
  std::string location;               // the path of a location that only changes the URI …
  std::string location_pass;          // … and its proxy_pass
  std::string request;                // keys of [[request]], one a line
  std::string body;                   // the key for a body, where the method wants one
  std::string path = "/";             // of the request, without its query
  Configured configured;              // its `file` is empty: it is not

  bool is_configured() const { return !configured.file.empty(); }
};

// Of a line of nginx's error log, or of HAProxy's HTTP log.
Frame frame_of(const evidence::Evidence& logged, const Configured& configured);

// A time among the directives: that of "read_timeout" with the frame's prefix, 60 s if it is not
// set.
net::Duration time_of(const Frame& frame, std::string_view directive);

}  // namespace badgate::harness::reproduce
