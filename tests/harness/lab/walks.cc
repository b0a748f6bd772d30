// Writes every step of every lesson's walk, and every incident with each of its fixes, under each
// of its circumstances, as a scenario file with what came out as expectations into a folder: for
// ci/lab-on-nginx, which plays them on the machine's own nginx.
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "harness/lab/compose.h"
#include "harness/lab/incidents.h"
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

bool write_played(const std::string& path, const badgate::net::Result<std::string>& text) {
  if (!text) return false;
  const auto loaded = load_text(*text, path, path);
  if (!loaded.ok()) return false;
  const auto outcome = run(loaded.scenarios.front(), {.clock = ClockChoice::virtual_clock});
  std::ofstream(path) << with_expectations(*text, outcome);
  return true;
}

bool write_lesson(const std::string& folder, const Lesson& lesson) {
  PlayState state;
  for (const Step& step : lesson.steps) {
    state = walked(std::move(state), step);
    const auto path = fmt::format("{}/{}-{}.toml", folder, lesson.id, step.id);
    if (!write_played(path, compose(lesson, state))) return false;
  }
  return true;
}

bool write_incident(const std::string& folder, const ReadIncident& read) {
  const Incident& incident = read.incident;
  const auto path = fmt::format("{}/{}-{}", folder, incident.template_name, read.circumstance);
  if (!write_played(path + ".toml", compose(incident, {}))) return false;
  return std::ranges::all_of(incident.fixes, [&](const IncidentFix& fix) {
    return write_played(fmt::format("{}-{}.toml", path, fix.id), compose(incident, {}, fix.id));
  });
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Not as they are dealt, which leaves some out, but as their files are.
bool write_incidents(const std::string& folder, const std::filesystem::path& file) {
  std::set<std::size_t> seen;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const auto read = read_incident(text_of(file), file.stem().string(), file.string(), seed);
    if (!read.diagnostics.empty()) return false;
    if (seen.insert(read.circumstance).second && !write_incident(folder, read)) return false;
    if (seen.size() >= read.circumstances) return true;
  }
  return false;
}

int fail_with(const std::string& what) {
  fmt::print(stderr, "lab_walks: {} cannot be played\n", what);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: lab_walks FOLDER\n");
    return 2;
  }
  for (const Lesson& lesson : lessons()) {
    if (!write_lesson(argv[1], lesson)) return fail_with(lesson.id);
  }
  const auto folder = std::filesystem::path(BADGATE_SOURCE) / "harness/lab/incidents";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".toml") continue;
    if (!write_incidents(argv[1], entry.path())) return fail_with(entry.path().string());
  }
  return 0;
}
