// What cannot be seen of a lesson's file without composing scenarios of it.
#include <fmt/core.h>

#include "harness/lab/compose.h"
#include "harness/lab/lessons.h"
#include "harness/load.h"

namespace badgate::harness::lab {
namespace {

// Every request, every break and its end.
PlayState everything_of(const Lesson& lesson) {
  PlayState state;
  for (const SampleRequest& request : lesson.requests)
    state.actions.push_back({.kind = Action::Kind::send, .id = request.id});
  for (const Break& part : lesson.breaks) {
    state.actions.push_back({.kind = Action::Kind::break_it, .id = part.id});
    state.actions.push_back({.kind = Action::Kind::heal, .id = {}});
  }
  return state;
}

void check_state(const Lesson& lesson, const PlayState& state, std::string_view what,
                 std::vector<std::string>& problems) {
  const auto text = compose(lesson, state);
  if (!text) {
    problems.push_back(fmt::format("{}: {}: {}", lesson.id, what, text.error().message));
    return;
  }
  for (const Diagnostic& diagnostic : load_text(*text, lesson.id, lesson.id).diagnostics)
    problems.push_back(fmt::format("{}: {}: {}", lesson.id, what, to_text(diagnostic)));
}

}  // namespace

std::vector<std::string> problems_of(const Lesson& lesson) {
  std::vector<std::string> problems;
  PlayState state = everything_of(lesson);
  check_state(lesson, state, "all buttons", problems);
  for (const Control& control : lesson.controls) {
    for (const std::string& value : control.values) {
      state.settings = {{control.id, value}};
      check_state(lesson, state, control.id + " = " + value, problems);
    }
  }
  for (const Step& step : lesson.steps) {
    check_state(lesson, {.settings = step.walk_settings, .actions = step.walk}, step.id, problems);
    if (step.walk.empty() && step.walk_settings.empty())
      problems.push_back(fmt::format("{}: {} has no walk", lesson.id, step.id));
  }
  return problems;
}

}  // namespace badgate::harness::lab
