// Adapts a user's own nginx configuration so that it runs here, beside fakes, and means the same:
// addresses, logs and files that are of the user's machine are replaced, and everything else stays
// as it is written. What was replaced is told. Pure but for looking which files there are.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/drivers/driver.h"
#include "harness/drivers/nginx_config.h"
#include "harness/nginx_conf/site.h"
#include "harness/nginx_conf/tree.h"

namespace badgate::harness::own_config {

// A place in which what ran is not what the user wrote.
struct Difference {
  Position position;  // line 0: it was added
  std::string yours;  // "listen 443 ssl"; empty: it was added
  std::string ran;    // empty: it was left out
  std::string why;
};

// Why logs are others.
inline constexpr std::string_view kLogs = "badgate reads it";

// A configuration, and the location of it that is played.
struct OwnConfig {
  nginx_conf::Tree tree;
  nginx_conf::Site site;
  nginx_conf::LocationRef played;

  // The Error has the file's mistakes, as they are shown.
  static net::Result<OwnConfig> read(const std::string& path);
};

struct Adapted {
  std::string text;
  std::vector<Difference> differences;
  // A certificate that is to be made in place of missing files; no file: none is.
  struct Certificate {
    std::string file;
    std::string key_file;
    std::vector<std::string> names;
  } certificate;
};

// Where requests go that other locations pass on: somebody who answers everything.
struct Others {
  std::string http;  // "unix:/tmp/…/others.sock"
  std::string fastcgi;
};

// What is as the configuration says, because the run has a network of its own (own_network.h).
struct Here {
  bool own_network = false;  // every port is free
  // Addresses, as they are written, that lead to a fake: at which one.
  std::map<std::string, std::string, std::less<>> leads_to;

  bool leads(std::string_view written, const std::string& fake) const {
    const auto at = leads_to.find(written);
    return at != leads_to.end() && at->second == fake;
  }
};

// `setup` has the fakes that take the place of the played location's servers, in their order.
Adapted adapt(const OwnConfig& own, const drivers::Setup& setup,
              const drivers::NginxSurroundings& surroundings, const Others& others,
              const Here& here = {});

// "nginx.conf:12: listen 443 ssl → listen 127.0.0.1:4711   (why)", one a line.
std::string to_text(const std::vector<Difference>& differences);

}  // namespace badgate::harness::own_config
