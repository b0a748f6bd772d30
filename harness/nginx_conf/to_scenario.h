// To a scenario: a location of a configuration as the [proxy], [group.NAME] and [[upstream.NAME]]
// of a scenario file that behaves as the location does, with healthy servers. Others add faults,
// requests and expectations to it, as text, and read it with load_text().
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "harness/nginx_conf/site.h"
#include "net/result.h"

namespace badgate::harness::nginx_conf {

// What a scenario says of something: a key, its value as it stands in TOML, and where the
// configuration says so.
struct Line {
  std::string key;
  std::string value;
  Position from;                     // line 0: nowhere
  std::vector<std::string> texts{};  // of a directive that may be said several times: each of them
};

struct SkeletonServer {
  std::string name;         // "app[0]"
  std::string address;      // in the configuration: "10.0.0.1:8080"
  std::vector<Line> lines;  // of [[upstream.app]]; a fault is one line more
};

struct SkeletonGroup {
  std::string name;         // as scenarios can have it: "app"
  std::size_t group = 0;    // in Site::groups
  std::vector<Line> lines;  // of [group.app]
  std::vector<SkeletonServer> servers;
};

// [proxy.location."PATH"]
struct SkeletonLocation {
  std::string path;
  std::vector<Line> lines;
};

// A directive that badgate's own proxy has nothing like, or not with this value.
struct LeftOut {
  std::string directive;  // as written
  Position position;
  std::string why;
  bool matters = false;  // it has to do with how requests are passed on, and fail
};

struct Skeleton {
  std::vector<Line> proxy;
  std::vector<SkeletonLocation> locations;
  std::vector<SkeletonGroup> groups;  // that of the location first
  std::vector<LeftOut> left_out;
  std::string path = "/";  // one that leads to the location
  std::string host;        // a name of its server; empty: any
};

// How much of the configuration's own is kept.
enum class Detail : std::uint8_t {
  full,
  // Nothing that no fault depends on: names, paths, headers but those that keep or upgrade a
  // connection. Locations that fail alike have equal skeletons.
  bare,
};

// The Error says what the built-in proxy does not speak (uwsgi, gRPC), or which variable decides
// whom the location passes to.
net::Result<Skeleton> skeleton_of(const Site& site, LocationRef ref, Detail detail = Detail::full);

// The tables in TOML, without a title. With `origins`, a comment says where each line is from.
std::string to_toml(const Skeleton& skeleton, bool origins = true);

// The value of a directive that is said once for each text.
std::string toml_value(const std::vector<std::string>& texts);

}  // namespace badgate::harness::nginx_conf
