#include "harness/lab/lesson_play.h"

#include <utility>

#include "harness/lab/compose.h"
#include "harness/lab/json_body.h"
#include "harness/lab/play.h"
#include "harness/lab/written_log.h"

namespace badgate::harness::lab {

using nlohmann::json;

namespace {

constexpr auto kLeastOfLessons = "warn";

}  // namespace

HttpAnswer play_lesson(const Lesson& lesson, const PlayState& state, int interrupt_fd) {
  const auto text = compose(lesson, state);
  if (!text) return refused(400, text.error().message);
  const PlayedText played{.text = *text,
                          .file = lesson.id + ".toml",
                          .name = lesson.id,
                          .remedy = {},
                          .ours = true,
                          .seed = state.seed};
  const auto scenario = choose(played);
  if (!scenario) return scenario.error();
  if (!sends_something(state)) {
    const json nothing = {
        {"case", nullptr}, {"toml", *text}, {"done", json::array()}, {"curl", json::array()}};
    return {200, "application/json", to_text(nothing)};
  }
  Verdict verdict = verdict_of(*scenario, played.seed, interrupt_fd);
  const json rest = {{"toml", with_expectations(*text, verdict.outcome)},
                     {"done", steps_done(lesson, state, verdict.outcome)},
                     {"curl", curl_of(*scenario)}};
  // What is of interest in a lesson would be lost among lines that an nginx does not write.
  leave_written(verdict.outcome, least_level(lesson.scenario, kLeastOfLessons));
  return with_case(*scenario, verdict, rest);
}

}  // namespace badgate::harness::lab
