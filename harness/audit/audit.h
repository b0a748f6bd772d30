// Audit: plays every fault against every location of a configuration that passes requests on, and
// finds what in the configuration does harm then.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/audit/faults.h"
#include "harness/audit/finding.h"
#include "harness/nginx_conf/site.h"
#include "harness/nginx_conf/to_scenario.h"

namespace badgate::harness::audit {

// What users see of one fault.
struct Exposure {
  std::string_view fault;   // its id
  Whom whom = Whom::first;  // the first server fails, or all of them
  std::string method;
  change::Answer answer;
  std::uint64_t executed = 0;  // how often servers acted on the request
  std::string broken;          // why it was not played; empty: it was
};

// Locations that fail alike, because what is in force in them is the same.
struct LocationKind {
  std::vector<nginx_conf::LocationRef> refs;
  nginx_conf::Skeleton skeleton;  // bare; empty where it cannot be played
  std::string unplayed;           // why; empty: it is
  Traits traits;
  std::vector<Exposure> exposures;

  change::Answer healthy{};  // when all is well

  // Whether users got anything but the application's answer, be it an error page as a success.
  bool failed(const Exposure& exposure) const {
    return exposure.answer.status >= 400 || exposure.answer.body != healthy.body;
  }
  // Null: it was not played.
  const Exposure* find(std::string_view fault, Whom whom, std::string_view method = "GET") const;
};

struct Audit {
  nginx_conf::Site site;
  std::vector<LocationKind> kinds;
  std::vector<Finding> findings;  // the most harmful first
  std::size_t played = 0;         // runs
};

// `site` is of a tree without mistakes. An Error: interrupted, or no process could be made.
// `every`: not only one fault of each sort, but all that the servers can have.
net::Result<Audit> audit(nginx_conf::Site site, const PlayTrials& options, bool every = false);

// "shop.example location /api/"
std::string place_of(const nginx_conf::Site& site, nginx_conf::LocationRef ref);

}  // namespace badgate::harness::audit
