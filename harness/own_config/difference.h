// Difference: a place in which what ran is not what the user wrote, whichever proxy it is for.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario.h"

namespace badgate::harness::own_config {

struct Difference {
  Position position;  // line 0: it was added
  std::string yours;  // "listen 443 ssl"; empty: it was added
  std::string ran;    // empty: it was left out
  std::string why;
};

// Why logs are others.
inline constexpr std::string_view kLogs = "badgate reads it";

// "nginx.conf:12: listen 443 ssl → listen 127.0.0.1:4711   (why)", one a line.
std::string to_text(const std::vector<Difference>& differences);

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

}  // namespace badgate::harness::own_config
