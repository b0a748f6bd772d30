// What POST /api/play asks for, read from JSON.
#pragma once

#include <string>
#include <string_view>

#include "harness/lab/lesson.h"
#include "net/result.h"

namespace badgate::harness::lab {

struct PlayRequest {
  // One of these three says what is played.
  std::string lesson;
  std::string scenario;  // a name of the catalogue
  std::string toml;
  std::string remedy;  // of the scenario, or of the file
  PlayState state;     // of the lesson; its seed is that of the others, too
};

net::Result<PlayRequest> read_play_request(std::string_view body);

// The text of POST /api/check.
net::Result<std::string> read_check_request(std::string_view body);

}  // namespace badgate::harness::lab
