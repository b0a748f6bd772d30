// Writes every step of every lesson's walk as a scenario file, with what came out as expectations,
// into a folder: for ci/lab-on-nginx, which plays them on the machine's own nginx.
#include <fmt/core.h>

#include <algorithm>
#include <fstream>

#include "harness/lab/compose.h"
#include "harness/lab/lessons.h"
#include "harness/load.h"
#include "harness/run.h"

using namespace badgate::harness;
using namespace badgate::harness::lab;

namespace {

PlayState walked(PlayState state, const Step& step) {
  if (step.afresh) state.actions.clear();
  for (const auto& [id, value] : step.walk_settings) {
    std::erase_if(state.settings, [&](const auto& old) { return old.first == id; });
    state.settings.emplace_back(id, value);
  }
  state.actions.insert(state.actions.end(), step.walk.begin(), step.walk.end());
  return state;
}

bool write_state(const std::string& path, const Lesson& lesson, const PlayState& state) {
  const auto text = compose(lesson, state);
  if (!text) return false;
  const auto loaded = load_text(*text, path, path);
  if (!loaded.ok()) return false;
  const auto outcome = run(loaded.scenarios.front(), {.clock = ClockChoice::virtual_clock});
  std::ofstream(path) << with_expectations(*text, outcome);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: lab_walks FOLDER\n");
    return 2;
  }
  for (const Lesson& lesson : lessons()) {
    PlayState state;
    for (const Step& step : lesson.steps) {
      state = walked(std::move(state), step);
      const auto path = fmt::format("{}/{}-{}.toml", argv[1], lesson.id, step.id);
      if (write_state(path, lesson, state)) continue;
      fmt::print(stderr, "lab_walks: {}: the walk of {} cannot be played\n", lesson.id, step.id);
      return 1;
    }
  }
  return 0;
}
