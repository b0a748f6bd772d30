#include "harness/lab/lessons.h"

#include <algorithm>

namespace badgate::harness::lab {
namespace {

struct Embedded {
  const char* id;
  std::string_view text;
};

#define EMBEDDED(id, text) Embedded{id, text},
constexpr Embedded kFiles[] = {
#include "harness/lab_lessons.inc"
};
#undef EMBEDDED

std::vector<Lesson> read_all() {
  std::vector<Lesson> out;
  for (const Embedded& file : kFiles)
    out.push_back(read_lesson(file.text, file.id, std::string(file.id) + ".toml").lesson);
  return out;
}

}  // namespace

const std::vector<Lesson>& lessons() {
  static const std::vector<Lesson> all = read_all();
  return all;
}

const Lesson* find_lesson(std::string_view id) {
  const auto it = std::ranges::find(lessons(), id, &Lesson::id);
  return it == lessons().end() ? nullptr : &*it;
}

}  // namespace badgate::harness::lab
