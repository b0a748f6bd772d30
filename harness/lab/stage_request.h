// What the routes below /api/stages ask for, read from JSON.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "harness/scenario.h"
#include "net/result.h"

namespace badgate::harness::lab {

struct StageRequest {
  std::string scenario;  // a name of the catalogue …
  std::string toml;      // … or the text of a file
  std::string remedy;
  std::uint64_t seed = 1;
};
net::Result<StageRequest> read_stage_request(std::string_view body);

// What is to happen to one server now.
struct FaultsRequest {
  std::string server;
  std::string action;     // "heal", "crash", "restart", "faults"
  nlohmann::json faults;  // of "faults": a list, each as in a scenario file
};
net::Result<FaultsRequest> read_faults_request(std::string_view body);

// The same as an event of the scenario; the Error says what is wrong with it, as of a file.
net::Result<TimelineEvent> event_of(const FaultsRequest& request, const Scenario& scenario);

}  // namespace badgate::harness::lab
