// What a mistyped command line is answered with: one sentence, the nearest name, where to read on.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

namespace badgate::harness::commands {

// For CLI::App::failure_message. Ends with a newline.
std::string explain_mistake(const CLI::App* program, const CLI::Error& error);

// Accepts these words and nothing else.
CLI::Validator one_of(std::vector<std::string> words);

// "; did you mean "NAME"?", or nothing if no candidate is near.
std::string did_you_mean(const std::string& name, const std::vector<std::string>& candidates);

}  // namespace badgate::harness::commands
