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

// Replaces the directive of that name.
void put(std::vector<Directive>& directives, Directive directive);

// What a configuration says of the place that the line speaks of. Without one: nginx's defaults.
struct Configured {
  std::string file;                   // "/etc/nginx/nginx.conf"; empty: there is none
  std::string where;                  // "location /api/ (sites/shop.conf:12)"
  std::vector<Directive> directives;  // with "nginx.conf:12" as comments
  std::string group;                  // the upstream block, if it is one
  std::string group_directives;       // lines of [group.NAME]
  std::vector<std::string> servers;   // lines of each [[upstream.NAME]]: weight, max_fails …
  std::size_t server = 0;             // the one that the line names
  std::string location;               // "/api/": where `directives` with a proxy_pass belong
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
  bool configured = false;
};

// `line` is a line of nginx's error log.
Frame frame_of(const evidence::Evidence& line, const Configured& configured);

// A time among the directives: that of "read_timeout" with the frame's prefix, 60 s if it is not
// set.
net::Duration time_of(const Frame& frame, std::string_view directive);

}  // namespace badgate::harness::reproduce
