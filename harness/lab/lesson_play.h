// A lesson's state, played from its beginning. It runs in a child (jobs.h).
#pragma once

#include "harness/lab/http.h"
#include "harness/lab/lesson.h"

namespace badgate::harness::lab {

// {"case": …, "toml": …, "done": […], "curl": […]}; `case` is null where nothing was sent yet. 400
// for what the lesson has not.
HttpAnswer play_lesson(const Lesson& lesson, const PlayState& state, int interrupt_fd);

}  // namespace badgate::harness::lab
