// Pairs: two configurations, location by location, become comparisons over the scenarios.
//
// What is said in either is laid over every scenario: with A's value, or nginx's default where A
// does not say it; then with B's. What neither says stays as the scenario has it. So the two runs
// differ in what was changed, and in nothing else. Addresses, names, certificates and error pages
// are the scenarios' own; scenarios of FastCGI servers concern locations that pass to such, and the
// others those that do not. A server more becomes a healthy server more.
//
// The same change in many locations, over settings that are otherwise not the same, is played once,
// over what they have in common: nobody reads a hundred reports of one changed line.
#pragma once

#include <string>
#include <vector>

#include "harness/change/comparison.h"
#include "harness/change/config.h"
#include "net/result.h"

namespace badgate::harness::change {

struct Pairs {
  std::vector<Comparison> comparisons;  // of locations in which something is changed
  std::vector<std::string> unchanged;   // locations
  std::vector<std::string> not_spoken;  // … that pass to uwsgi, gRPC, …
  std::vector<std::string> only_before;
  std::vector<std::string> only_after;
};

// The Error is nginx's, in words, for settings with which it would not start.
net::Result<Pairs> pairs_of(const Config& before, const Config& after);

// A configuration without and with settings of the command line.
net::Result<Pairs> pairs_of(const Config& before, const std::vector<Setting>& set);

}  // namespace badgate::harness::change
