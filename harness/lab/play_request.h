// What POST /api/play asks for, read from JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/result.h"

namespace badgate::harness::lab {

inline constexpr std::size_t kMostActions = 200;

struct PlayAction {
  std::string kind;  // "send", "break", "heal", "wait"
  std::string id;    // of what is sent or broken
  std::string time;  // of "wait": "10s"
};

struct PlayRequest {
  // One of these three says what is played.
  std::string lesson;
  std::string scenario;  // a name of the catalogue
  std::string toml;
  std::string remedy;                                         // of the scenario, or of the file
  std::vector<std::pair<std::string, std::string>> settings;  // of a lesson's controls
  std::vector<PlayAction> actions;                            // of a lesson
  std::uint64_t seed = 1;
};

net::Result<PlayRequest> read_play_request(std::string_view body);

// The text of POST /api/check.
net::Result<std::string> read_check_request(std::string_view body);

}  // namespace badgate::harness::lab
