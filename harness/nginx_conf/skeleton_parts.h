// The parts of a Skeleton. Only to_scenario.cc needs them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/nginx_conf/to_scenario.h"

namespace badgate::harness::nginx_conf {

// What is in force in a location, as lines of [proxy]; what cannot be said is put into `left_out`.
// Not among them: whom it passes to, error_page, and what has no part in passing requests on.
std::vector<Line> lines_of(const Site& site, LocationRef ref, std::vector<LeftOut>& left_out);

// The zones that the location's limit_req and limit_conn count in.
std::vector<Line> zone_lines(const Site& site, LocationRef ref);

// A group's servers, healthy ones. `name` is the scenario's.
SkeletonGroup group_of(const Site& site, LocationRef ref, const std::string& name,
                       std::vector<LeftOut>& left_out);

// "app" for an address, else the group's or host's name with the characters that scenarios allow.
std::string scenario_name(const Group& group);

}  // namespace badgate::harness::nginx_conf
