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
#include "harness/own_config/difference.h"

namespace badgate::harness::own_config {

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

// `setup` has the fakes that take the place of the played location's servers, in their order.
Adapted adapt(const OwnConfig& own, const drivers::Setup& setup,
              const drivers::NginxSurroundings& surroundings, const Others& others,
              const Here& here = {});

}  // namespace badgate::harness::own_config
