#include <fmt/core.h>
#include <fmt/ranges.h>

#include <memory>

#include "harness/commands/commands.h"
#include "harness/commands/usage.h"

namespace badgate::harness::commands {
namespace {

// What can follow a command: its subcommands and options, read off the program itself, so that a
// script can never name what is not there.
struct Words {
  std::string command;
  std::string description;
  std::vector<std::string> words;
  std::vector<std::pair<std::string, std::string>> options;  // "--seed" and what it does
};

Words words_of(const CLI::App& command) {
  Words w{command.get_name(), command.get_description(), {}, {}};
  for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; })) {
    w.words.push_back(sub->get_name());
  }
  for (const CLI::Option* option : command.get_options()) {
    for (const auto& name : option->get_lnames()) {
      w.words.push_back("--" + name);
      w.options.emplace_back("--" + name, option->get_description());
    }
  }
  return w;
}

std::string bash(const std::vector<Words>& commands, const Words& top) {
  std::string out =
      "# bash completion of badgate: source <(badgate completion bash)\n_badgate() {\n";
  out += "  local current=${COMP_WORDS[COMP_CWORD]} words=\n";
  out += "  case ${COMP_WORDS[1]} in\n";
  for (const Words& c : commands) {
    out += fmt::format("    {}) words=\"{}\" ;;\n", c.command, fmt::join(c.words, " "));
  }
  out += "  esac\n";
  out += fmt::format("  ((COMP_CWORD == 1)) && words=\"{}\"\n", fmt::join(top.words, " "));
  out += "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n}\n";
  return out + "complete -o default -F _badgate badgate\n";
}

std::string in_single_quotes(std::string_view text) {
  std::string out;
  for (const char c : text)
    out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return "'" + out + "'";
}

std::string zsh(const std::vector<Words>& commands, const Words& top) {
  std::string out =
      "#compdef badgate\n# zsh completion: badgate completion zsh > \"${fpath[1]}/_badgate\"\n";
  out += "_badgate() {\n  if ((CURRENT == 2)); then\n";
  out += fmt::format("    compadd -- {}\n    return\n  fi\n  case $words[2] in\n",
                     fmt::join(top.words, " "));
  for (const Words& c : commands) {
    out += fmt::format("    {}) compadd -- {}; _files ;;\n", c.command, fmt::join(c.words, " "));
  }
  return out + "  esac\n}\n_badgate \"$@\"\n";
}

std::string fish(const std::vector<Words>& commands, const Words& top) {
  std::string out = "# fish completion: badgate completion fish | source\n";
  for (const auto& [name, description] : top.options) {
    out += fmt::format("complete -c badgate -n __fish_use_subcommand -l {} -d {}\n", name.substr(2),
                       in_single_quotes(description));
  }
  for (const Words& c : commands) {
    out += fmt::format("complete -c badgate -n __fish_use_subcommand -a {} -d {}\n", c.command,
                       in_single_quotes(c.description));
    for (const auto& [name, description] : c.options) {
      out += fmt::format("complete -c badgate -n '__fish_seen_subcommand_from {}' -l {} -d {}\n",
                         c.command, name.substr(2), in_single_quotes(description));
    }
  }
  return out;
}

void print_script(const std::string& shell, const CLI::App& app) {
  std::vector<Words> commands;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    commands.push_back(words_of(*sub));
  }
  const Words top = words_of(app);
  const auto make = shell == "bash" ? bash : shell == "zsh" ? zsh : fish;
  fmt::print("{}", make(commands, top));
}

}  // namespace

void add_completion(CLI::App& app, int& exit_code) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("completion", "Print a completion script for your shell");
  command->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(one_of({"bash", "zsh", "fish"}))
      ->type_name("");
  command->footer("Example:\n  source <(badgate completion bash)");
  command->callback([shell, &app, &exit_code] {
    print_script(*shell, app);
    exit_code = Exit::all_passed;
  });
}

}  // namespace badgate::harness::commands
