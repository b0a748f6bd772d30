// For the lab's tests: the text of a scenario file is played, on the virtual clock.
#pragma once

#include <string>

#include "harness/lab/lesson.h"
#include "harness/outcome.h"

namespace badgate::tests {

// Fails the test if the text cannot be loaded or played.
harness::Outcome play(const std::string& text, std::uint64_t seed = 1);

// What comes out, in a few words for messages.
std::string told(const harness::Outcome& outcome);

// A file below the source tree.
std::string lab_file(const std::string& path);
// The names without ".toml" of all files in a folder below harness/lab, in order.
std::vector<std::string> lab_names(const std::string& folder);

}  // namespace badgate::tests
