// Every lesson, walked to its end.
#include <doctest/doctest.h>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "harness/judge.h"
#include "harness/lab/compose.h"
#include "harness/lab/lessons.h"
#include "harness/load.h"
#include "tests/harness/lab/play.h"

using namespace badgate;
using namespace badgate::harness;
using namespace badgate::harness::lab;

namespace {

Lesson lesson_of(const std::string& id) {
  const auto read = read_lesson(tests::lab_file("lessons/" + id + ".toml"), id, id + ".toml");
  INFO(to_text(read.diagnostics));
  REQUIRE(read.diagnostics.empty());
  return read.lesson;
}

// What is done by the play of a state; the story goes to `story`.
std::set<std::string> done_in(const Lesson& lesson, const PlayState& state, std::string& story) {
  if (!sends_something(state)) return {};
  const auto text = compose(lesson, state);
  REQUIRE(text.has_value());
  const auto outcome = tests::play(*text, state.seed);
  story = tests::told(outcome);
  const auto done = steps_done(lesson, state, outcome);
  return {done.begin(), done.end()};
}

void change(Settings& settings, const Settings& changes) {
  for (const auto& [id, value] : changes) {
    const auto old = std::ranges::find(settings, id, &Settings::value_type::first);
    if (old == settings.end()) {
      settings.emplace_back(id, value);
    } else {
      old->second = value;
    }
  }
}

PlayState walked(PlayState state, const Step& step) {
  if (step.afresh) state.actions.clear();
  change(state.settings, step.walk_settings);
  state.actions.insert(state.actions.end(), step.walk.begin(), step.walk.end());
  return state;
}

}  // namespace

TEST_CASE("Each step of each lesson is reached by its walk, and not before") {
  for (const std::string& id : tests::lab_names("lessons")) {
    CAPTURE(id);
    const Lesson lesson = lesson_of(id);
    PlayState state;
    std::string story;
    std::set<std::string> done;
    for (const Step& step : lesson.steps) {
      CAPTURE(step.id);
      INFO("before:\n" << story);
      CHECK_FALSE(done_in(lesson, state, story).contains(step.id));
      CHECK_FALSE(done.contains(step.id));
      state = walked(state, step);
      const auto now = done_in(lesson, state, story);
      INFO("now:\n" << story);
      CHECK(now.contains(step.id));
      done.insert(now.begin(), now.end());
    }
    CHECK(done.size() == lesson.steps.size());
  }
}

TEST_CASE("Lessons are in order, and whole") {
  const auto names = tests::lab_names("lessons");
  REQUIRE(lessons().size() == names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    CAPTURE(names[i]);
    CHECK(lessons()[i].id == names[i]);
    CHECK(lessons()[i].number == i + 1);
    CHECK(find_lesson(names[i]) == &lessons()[i]);
    const auto problems = problems_of(lesson_of(names[i]));
    CHECK(fmt::format("{}", fmt::join(problems, "\n")) == "");
  }
  CHECK(find_lesson("99-nothing") == nullptr);
}
