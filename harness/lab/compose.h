// Compose: what a learner has done in a lesson as a scenario file, and which steps it has reached.
// Each request that is sent is a [[request]] after the one before it, each break an [[event]] after
// the end of a request: the story of the first actions is the same whatever follows them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/lab/lesson.h"
#include "harness/outcome.h"
#include "net/result.h"

namespace badgate::harness::lab {

inline constexpr std::size_t kMaxActions = 200;

// Whether there is something to play: nothing happens before the first request.
bool sends_something(const PlayState& state);

// The text of a scenario file; where nothing is sent yet, with the lesson's first request, so that
// it can be loaded. The Error: ids and values that the lesson has not, or too many actions.
net::Result<std::string> compose(const Lesson& lesson, const PlayState& state);

// The same with expectations of what came out, so that `badgate run` of the file judges it. `text`
// is what compose returned.
std::string with_expectations(const std::string& text, const Outcome& outcome);

// The ids of all steps whose goals this play meets, in the lesson's order. `outcome` is the play of
// compose(lesson, state). Steps that were done before stay done: that is the caller's to remember.
std::vector<std::string> steps_done(const Lesson& lesson, const PlayState& state,
                                    const Outcome& outcome);

}  // namespace badgate::harness::lab
