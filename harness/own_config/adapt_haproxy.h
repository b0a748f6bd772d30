// Adapts a user's own configuration of HAProxy so that it runs here, beside fakes, and means the
// same: addresses, logs and files that are of the user's machine are replaced, what would change
// the process is left out, and everything else stays as it is written. What was replaced is told.
// Pure but for looking which files there are.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "harness/drivers/driver.h"
#include "harness/haproxy_cfg/pair.h"
#include "harness/own_config/difference.h"

namespace badgate::harness::own_config {

// A configuration, and the proxies of it that are played, as their names in the line.
struct OwnHaproxyConfig {
  haproxy_cfg::Site site;
  std::string frontend;
  std::string backend_and_server;
  bool plain = false;  // the client came without TLS, and may be sent to where there is some

  // Into `site`, which must outlive it; the Error as of find_pair().
  net::Result<haproxy_cfg::Pair> pair() const {
    return haproxy_cfg::find_pair(site, frontend, backend_and_server);
  }
};

// Where one run of it is.
struct HaproxySurroundings {
  std::string folder;
  std::string listen;      // "127.0.0.1:4711"
  std::string log;         // what `log` names: "fd@9"
  std::string log_format;  // quoted
  std::string others;      // who answers for the other backends: "127.0.0.1:4712"
};

struct AdaptedHaproxy {
  std::string text;
  std::vector<Difference> differences;
  std::vector<std::string> empty_files;  // that are to be made: lists and maps that are not here
};

// `setup` has the fakes that take the place of the played backend's servers, in their order.
AdaptedHaproxy adapt(const OwnHaproxyConfig& own, const drivers::Setup& setup,
                     const HaproxySurroundings& surroundings, const Here& here = {});

}  // namespace badgate::harness::own_config
