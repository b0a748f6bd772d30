// Lessons from their TOML files.
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "harness/lab/lessons.h"
#include "harness/lab/tables.h"
#include "harness/load/schema.h"
#include "net/text.h"

namespace badgate::harness::lab {
namespace {

constexpr std::array<std::string_view, 5> kControlKinds{"time", "number", "size", "choice",
                                                        "switch"};
constexpr std::array<std::string_view, 4> kCompleteness{"whole", "cut", "empty", "raw"};

void read_kind(Reader& reader, const Node& node, Control& into) {
  if (auto word = read_word(reader, node, kControlKinds)) into.kind = *word;
}

constexpr std::array<Key<Control>, 8> kControlKeys{
    {{{"id", "text", "", ""}, store<&Control::id, read_text>},
     {{"directive", "text", "", ""}, store<&Control::directive, read_text>},
     {{"label", "text", "", ""}, store<&Control::label, read_text>},
     {{"what", "text", "", ""}, store<&Control::what, read_text>},
     {{"kind", "word", "", ""}, read_kind},
     {{"default", "text", "", ""}, store<&Control::fallback, read_text>},
     {{"values", "texts", "", ""}, store<&Control::values, read_texts>},
     {{"where", "text", "", ""}, store<&Control::where, read_text>}}};

constexpr std::array<Key<Break>, 5> kBreakKeys{
    {{{"id", "text", "", ""}, store<&Break::id, read_text>},
     {{"label", "text", "", ""}, store<&Break::label, read_text>},
     {{"what", "text", "", ""}, store<&Break::what, read_text>},
     {{"events", "tables", "", ""}, store<&Break::events, read_any_tables>},
     {{"heals", "tables", "", ""}, store<&Break::heals, read_any_tables>}}};

using Counts = std::map<std::string, Range<std::uint64_t>>;

std::optional<Counts> read_counts(Reader& reader, const Node& node) {
  if (!expect_kind(reader, node, Node::Kind::table, "a table of ranges")) return std::nullopt;
  Counts out;
  for (const Member& member : node.members) {
    if (const auto range = read_count_range(reader, member.value)) out[member.key] = *range;
  }
  return out;
}

std::optional<std::map<std::string, std::string>> read_pairs(Reader& reader, const Node& node) {
  if (!expect_kind(reader, node, Node::Kind::table, "a table of texts")) return std::nullopt;
  std::map<std::string, std::string> out;
  for (const Member& member : node.members) {
    if (auto text = read_text(reader, member.value)) out[member.key] = *text;
  }
  return out;
}

void read_completeness(Reader& reader, const Node& node, Goal& into) {
  if (auto word = read_word(reader, node, kCompleteness)) into.completeness = *word;
}

constexpr std::array<Key<Goal>, 17> kGoalKeys{
    {{{"sent", "text", "", ""}, store<&Goal::sent, read_text>},
     {{"broken", "text", "", ""}, store<&Goal::broken, read_text>},
     {{"healed", "flag", "", ""}, store<&Goal::healed, read_flag>},
     {{"times", "range", "", ""}, store<&Goal::times, read_count_range>},
     {{"status", "status", "", ""}, store<&Goal::status, read_status>},
     {{"completeness", "word", "", ""}, read_completeness},
     {{"left", "flag", "", ""}, store<&Goal::left, read_flag>},
     {{"elapsed", "range", "", ""}, store<&Goal::elapsed, read_time_range>},
     {{"tries", "text", "", ""}, store<&Goal::tries, read_text>},
     {{"logged", "status", "", ""}, store<&Goal::logged, read_status>},
     {{"body_bytes", "range", "", ""}, store<&Goal::body_bytes, read_size_range>},
     {{"statuses", "table", "", ""}, store<&Goal::statuses, read_counts>},
     {{"log", "texts", "", ""}, store<&Goal::log, read_texts>},
     {{"no_log", "texts", "", ""}, store<&Goal::no_log, read_texts>},
     {{"executed", "table", "", ""}, store<&Goal::executed, read_counts>},
     {{"connections", "table", "", ""}, store<&Goal::connections, read_counts>},
     {{"settings", "table", "", ""}, store<&Goal::settings, read_pairs>}}};

void read_goal(Reader& reader, const Node& node, Step& into) {
  if (!expect_kind(reader, node, Node::Kind::table, "a table")) return;
  read_table<Goal>(reader, node, "[step.goal]", kGoalKeys, into.goal);
}

constexpr auto kWalk =
    "\"afresh\", \"send ID\", \"break ID\", \"heal\", \"wait 10s\" or \"set ID VALUE\"";

// False: it is none of these.
bool add_to_walk(const std::string& text, Step& into) {
  const auto space = std::min(text.find(' '), text.size());
  const std::string verb = text.substr(0, space);
  const std::string rest = text.substr(std::min(space + 1, text.size()));
  if (verb == "afresh" && rest.empty()) {
    into.afresh = true;
  } else if (verb == "heal" && rest.empty()) {
    into.walk.push_back({.kind = Action::Kind::heal, .id = {}});
  } else if (verb == "send" || verb == "break") {
    const auto kind = verb == "send" ? Action::Kind::send : Action::Kind::break_it;
    into.walk.push_back({.kind = kind, .id = rest});
  } else if (const auto time = net::parse_duration(rest); verb == "wait" && time) {
    into.walk.push_back({.kind = Action::Kind::wait, .id = {}, .time = *time});
  } else if (const auto second = rest.find(' '); verb == "set" && second != rest.npos) {
    into.walk_settings.emplace_back(rest.substr(0, second), rest.substr(second + 1));
  } else {
    return false;
  }
  return true;
}

void read_walk(Reader& reader, const Node& node, Step& into) {
  const auto texts = read_texts(reader, node);
  if (!texts) return;
  for (const std::string& text : *texts) {
    if (!add_to_walk(text, into))
      reader.add(node.place, fmt::format("{} is no step of a walk", in_quotes(text)), kWalk);
  }
}

constexpr std::array<Key<Step>, 5> kStepKeys{
    {{{"id", "text", "", ""}, store<&Step::id, read_text>},
     {{"text", "text", "", ""}, store<&Step::text, read_text>},
     {{"hint", "text", "", ""}, store<&Step::hint, read_text>},
     {{"goal", "table", "", ""}, read_goal},
     {{"walk", "texts", "", ""}, read_walk}}};

template <typename T, std::size_t N>
std::vector<T> read_parts(Reader& reader, const Node& node, std::string_view what,
                          const std::array<Key<T>, N>& keys) {
  std::vector<T> out;
  for (const Node* table : tables_of(reader, node, "tables"))
    read_table<T>(reader, *table, fmt::format("[[{}]]", what), keys, out.emplace_back());
  check_unique(reader, node, what);
  return out;
}

void read_breaks(Reader& reader, const Node& node, Lesson& into) {
  into.breaks = read_parts(reader, node, "break", kBreakKeys);
}
void read_controls(Reader& reader, const Node& node, Lesson& into) {
  into.controls = read_parts(reader, node, "control", kControlKeys);
}
void read_steps(Reader& reader, const Node& node, Lesson& into) {
  into.steps = read_parts(reader, node, "step", kStepKeys);
}
void read_lesson_requests(Reader& reader, const Node& node, Lesson& into) {
  into.requests = read_sample_requests(reader, node);
}

constexpr std::array<Key<Lesson>, 14> kLessonKeys{
    {{{"title", "text", "", ""}, store<&Lesson::title, read_text>},
     {{"family", "text", "", ""}, store<&Lesson::family, read_text>},
     {{"summary", "text", "", ""}, store<&Lesson::summary, read_text>},
     {{"minutes", "number", "", ""}, store<&Lesson::minutes, read_positive>},
     {{"story", "texts", "", ""}, store<&Lesson::story, read_texts>},
     {{"debrief", "texts", "", ""}, store<&Lesson::debrief, read_texts>},
     {{"helps", "texts", "", ""}, store<&Lesson::helps, read_texts>},
     {{"does_not_help", "texts", "", ""}, store<&Lesson::does_not_help, read_texts>},
     {{"scenarios", "texts", "", ""}, store<&Lesson::scenarios, read_texts>},
     {{"scenario", "table", "", ""}, store<&Lesson::scenario, read_any_table>},
     {{"break", "tables", "", ""}, read_breaks},
     {{"request", "tables", "", ""}, read_lesson_requests},
     {{"control", "tables", "", ""}, read_controls},
     {{"step", "tables", "", ""}, read_steps}}};

void check_texts(Reader& reader, const Node& root) {
  for (const std::string_view key : {"title", "family", "summary", "story", "debrief", "helps",
                                     "does_not_help", "scenario", "request", "step"}) {
    if (root.find(key) == nullptr)
      reader.add({1, 1, 1}, fmt::format("this lesson has no {}", in_quotes(key)));
  }
}

void check_controls(Reader& reader, const Lesson& lesson) {
  for (const Control& control : lesson.controls) {
    if (std::ranges::find(control.values, control.fallback) == control.values.end())
      reader.add({1, 1, 1}, fmt::format("the default of {} is none of its values", control.id));
  }
}

}  // namespace

ReadLesson read_lesson(std::string_view text, const std::string& id, const std::string& file) {
  ReadLesson out;
  Lesson& lesson = out.lesson;
  lesson.id = id;
  lesson.number = static_cast<unsigned>(
      net::parse_number(id.substr(0, std::min(id.find('-'), id.size()))).value_or(0));
  Diagnostics diagnostics(file, text);
  if (const auto root = parse_document(text, diagnostics)) {
    Reader reader(diagnostics);
    read_table<Lesson>(reader, *root, "a lesson", kLessonKeys, lesson);
    check_texts(reader, *root);
    check_controls(reader, lesson);
  }
  out.diagnostics = diagnostics.take();
  return out;
}

}  // namespace badgate::harness::lab
