// Lessons: all that badgate has. They are TOML files in harness/lab/lessons/, inside the binary, in
// the order in which they teach.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/diagnostics.h"
#include "harness/lab/lesson.h"

namespace badgate::harness::lab {

// Read once, at the first call.
const std::vector<Lesson>& lessons();
// Null: there is none of that id.
const Lesson* find_lesson(std::string_view id);

struct ReadLesson {
  Lesson lesson;
  std::vector<Diagnostic> diagnostics;  // empty: the lesson is in order
};

// Strict: unknown keys and missing ones are mistakes.
// `id` is "NN-name", whose digits are the lesson's number; `file` is what messages call it.
ReadLesson read_lesson(std::string_view text, const std::string& id, const std::string& file);

// What is wrong with a lesson although it can be read: scenarios that cannot be loaded, whatever of
// its buttons and values are used, and walks of things that it has not. Empty: nothing.
std::vector<std::string> problems_of(const Lesson& lesson);

}  // namespace badgate::harness::lab
