// Every lesson, walked to its end.
#include <doctest/doctest.h>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "harness/judge.h"
#include "harness/lab/compose.h"
#include "harness/lab/lessons.h"
#include "harness/lab/written_log.h"
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

TEST_CASE("A walk waits as the page's buttons do") {
  using namespace std::chrono_literals;
  for (const Lesson& lesson : lessons()) {
    CAPTURE(lesson.id);
    for (const Step& step : lesson.steps) {
      for (const Action& action : step.walk) {
        const bool button = action.time == 1s || action.time == 10s || action.time == 60s;
        CHECK((action.kind != Action::Kind::wait || button));
      }
    }
  }
}

TEST_CASE("The story of the first actions is the same whatever follows them") {
  for (const Lesson& lesson : lessons()) {
    CAPTURE(lesson.id);
    PlayState state;
    Outcome before;
    for (const Step& step : lesson.steps) {
      if (step.afresh || !step.walk_settings.empty()) before = {};
      state = walked(state, step);
      if (!sends_something(state)) continue;
      const auto text = compose(lesson, state);
      REQUIRE(text.has_value());
      const Outcome now = tests::play(*text);
      REQUIRE(now.responses.size() >= before.responses.size());
      for (std::size_t i = 0; i < before.responses.size(); ++i) {
        CHECK(now.responses[i].request == before.responses[i].request);
        CHECK(now.responses[i].status == before.responses[i].status);
        CHECK(now.responses[i].started == before.responses[i].started);
        CHECK(now.responses[i].elapsed == before.responses[i].elapsed);
        CHECK(now.responses[i].body_hash == before.responses[i].body_hash);
      }
      before = now;
    }
  }
}

TEST_CASE("What is saved expects what came out") {
  for (const Lesson& lesson : lessons()) {
    CAPTURE(lesson.id);
    PlayState state;
    for (const Step& step : lesson.steps) {
      state = walked(state, step);
      const auto text = compose(lesson, state);
      REQUIRE(text.has_value());
      const auto saved = with_expectations(*text, tests::play(*text));
      CHECK(saved.starts_with("# Lesson "));
      const auto loaded = load_text(saved, "saved.toml", "saved");
      CHECK(to_text(loaded.diagnostics) == "");
      REQUIRE(loaded.ok());
      const auto verdict =
          judge(loaded.scenarios.front(), tests::play(saved), Tolerance::virtual_clock());
      CHECK(to_string(verdict.state) == to_string(Verdict::State::passed));
      CHECK(verdict.expectations >= 3);
    }
  }
}

TEST_CASE("What a lesson has not is refused") {
  const Lesson& lesson = lessons().front();
  const auto refused = [&](const PlayState& state) {
    const auto text = compose(lesson, state);
    return text ? std::string("accepted") : text.error().message;
  };
  CHECK(refused({.actions = {{.kind = Action::Kind::send, .id = "nothing"}}}) ==
        "this lesson has no request \"nothing\"");
  CHECK(refused({.actions = {{.kind = Action::Kind::break_it, .id = "nothing"}}}) ==
        "this lesson has no break \"nothing\"");
  CHECK(refused({.settings = {{"nothing", "1"}}}) == "this lesson has no control \"nothing\"");
  CHECK(refused({.settings = {{"next_upstream", "on; }"}}}) ==
        "\"on; }\" is no value of \"next_upstream\"");
  PlayState many;
  many.actions.resize(kMaxActions + 1, {.kind = Action::Kind::send, .id = "home"});
  CHECK(refused(many) == "a play has at most 200 actions");
}

TEST_CASE("Before anything is sent there is a file that can be loaded") {
  for (const Lesson& lesson : lessons()) {
    CAPTURE(lesson.id);
    const PlayState state{.actions = {{.kind = Action::Kind::wait, .id = {}}}};
    CHECK_FALSE(sends_something(state));
    const auto text = compose(lesson, state);
    REQUIRE(text.has_value());
    CHECK(load_text(*text, "saved.toml", "saved").ok());
  }
}

TEST_CASE("A lesson's error log is what an nginx writes, not every client that goes") {
  const Lesson lesson = lesson_of("10-overload");
  PlayState state;
  for (std::size_t i = 0; i < 2; ++i)
    state = walked(std::move(state), lesson.steps.at(i));
  const auto text = compose(lesson, state);
  REQUIRE(text.has_value());
  Outcome outcome = tests::play(*text);
  const auto count = [&](std::string_view level) {
    return std::ranges::count(outcome.error_log, level, &LogLine::level);
  };
  const auto facts = [&] {
    return std::ranges::count(outcome.timeline, std::string("error.log"), &Fact::who);
  };
  CHECK(count("info") > 50);
  const auto errors = count("error");
  CHECK(errors > 0);
  CHECK(least_level(lesson.scenario, "warn") == "warn");
  leave_written(outcome, "warn");
  CHECK(count("info") == 0);
  CHECK(count("error") == errors);
  CHECK(facts() == static_cast<std::ptrdiff_t>(outcome.error_log.size()));
  CHECK(least_level(lesson_of("11-impatient-visitors").scenario, "warn") == "info");
}

TEST_CASE("Mistakes in a lesson's file are told with their place") {
  const auto told = [](const std::string& text) {
    return to_text(read_lesson(text, "01-x", "01-x.toml").diagnostics);
  };
  const auto good = tests::lab_file("lessons/01-a-request.toml");
  CHECK(told(good) == "");
  CHECK(told("sumary = \"x\"\n" + good).find("01-x.toml:1:1: error: unknown key \"sumary\"") !=
        std::string::npos);
  auto walk = good;
  walk.replace(walk.find("\"send home\""), 11, "\"sned home\"");
  CHECK(told(walk).find("\"sned home\" is no step of a walk") != std::string::npos);
  auto values = good;
  values.replace(values.find("[\"error timeout\", \"off\"]"), 24, "[\"off\"]");
  CHECK(told(values).find("the default of next_upstream is none of its values") !=
        std::string::npos);
  auto twice = good;
  twice.replace(twice.find("id = \"both\""), 11, "id = \"first\"");
  CHECK(told(twice).find("there is another step \"first\"") != std::string::npos);
}
