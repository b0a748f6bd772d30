// The parts of the family `garbage`, which is too large for one file, and what they share.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fault_backends/presets.h"
#include "fault_backends/response.h"

namespace badgate::fault_backends::garbage {

std::span<const FaultPreset> head_presets();     // garbage_head.cc: status lines, header lines
std::span<const FaultPreset> framing_presets();  // garbage_framing.cc: lengths, chunks, 1xx, extra

// A fault that changes the response.
inline std::vector<Fault> altered(std::function<void(Response&)> how) {
  Action action{.kind = Action::Kind::alter};
  action.alter = [how = std::move(how)](Response& response, net::Rng&) { how(response); };
  return {{.point = {Point::Kind::request_read}, .action = std::move(action)}};
}

}  // namespace badgate::fault_backends::garbage
