// StageHost: a scenario put up at real speed, in a child of the lab's: programs outside send it
// their requests, and the lab's API changes its faults and reads what happened.
#pragma once

#include <string>

#include "harness/lab/play.h"

namespace badgate::harness::lab {

// In a child; returns when `interrupt_fd` becomes readable or the parent is gone. It sends one
// frame (frames.h) when the stage is up, or cannot be: a packed answer (packed.h). Then it reads
// commands, each answered by one frame in turn:
//   "outcome"       what happened so far
//   "faults {…}"    the body of POST /api/stages/ID/faults
//   "reset"         as it was at the beginning, at the same addresses
void host_stage(const PlayedText& played, const std::string& id, int channel, int interrupt_fd);

}  // namespace badgate::harness::lab
