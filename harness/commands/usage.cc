#include "harness/commands/usage.h"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>

#include "harness/diagnostics.h"
#include "net/text.h"

namespace badgate::harness::commands {
namespace {

// All that there are; without a filter CLI11 lists those that were given.
std::vector<const CLI::App*> subcommands_of(const CLI::App& command) {
  return command.get_subcommands([](const CLI::App*) { return true; });
}

std::vector<std::string> names_of_subcommands(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* sub : subcommands_of(command))
    names.push_back(sub->get_name());
  return names;
}

std::vector<std::string> names_of_options(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const auto& name : option->get_lnames())
      names.push_back("--" + name);
  }
  return names;
}

// The innermost command that was given, and how it is called: "badgate list scenarios".
const CLI::App& innermost(const CLI::App& program, std::string& called) {
  const CLI::App* command = &program;
  called = program.get_name();
  while (!command->get_subcommands().empty()) {
    command = command->get_subcommands().front();
    called += " " + command->get_name();
  }
  return *command;
}

std::string about_extra(const CLI::App& command, const std::string& word) {
  if (word.starts_with("-")) {
    const std::string name = word.substr(0, word.find('='));
    return fmt::format("unknown option {}{}", in_quotes(name),
                       did_you_mean(name, names_of_options(command)));
  }
  const auto names = names_of_subcommands(command);
  if (names.empty()) return fmt::format("{} is one argument too many", in_quotes(word));
  return fmt::format("unknown command {}{}", in_quotes(word), did_you_mean(word, names));
}

}  // namespace

std::string explain_mistake(const CLI::App* program, const CLI::Error& error) {
  std::string called;
  const CLI::App& command = innermost(*program, called);
  const auto extras = program->remaining(true);
  std::string what = error.what();
  if (!extras.empty()) {
    what = about_extra(command, extras.front());
  } else if (!subcommands_of(command).empty()) {
    return command.help();
  }
  return fmt::format("badgate: {}\nTry `{} --help`.\n", what, called);
}

CLI::Validator one_of(std::vector<std::string> words) {
  return CLI::Validator(
      [words](std::string& given) {
        if (std::find(words.begin(), words.end(), given) != words.end()) return std::string();
        return fmt::format("{} is none of {}{}", in_quotes(given), net::join(words, ", "),
                           did_you_mean(given, words));
      },
      "");
}

std::string did_you_mean(const std::string& name, const std::vector<std::string>& candidates) {
  const std::vector<std::string_view> views(candidates.begin(), candidates.end());
  const auto near = net::nearest(name, views);
  return near.empty() ? std::string() : fmt::format("; did you mean \"{}\"?", near);
}

}  // namespace badgate::harness::commands
