#include <fmt/core.h>

#include <algorithm>
#include <memory>

#include "harness/commands/commands.h"
#include "harness/commands/usage.h"
#include "harness/shell_quoted.h"
#include "net/text.h"

namespace badgate::harness::commands {
namespace {

std::vector<std::string> shells() {
  return {"bash", "zsh", "fish"};
}

struct OptionWords {
  std::string name;  // "--clock"
  std::string description;
  std::vector<std::string> values;  // if there are only these
};

// What can follow a command, read off the program itself, so that a script can never name what is
// not there.
struct Words {
  std::string command;
  std::string description;
  std::vector<std::string> subcommands;
  std::vector<OptionWords> options;
  bool names = false;  // scenarios of the catalogue

  std::vector<std::string> all() const {
    std::vector<std::string> out = subcommands;
    for (const OptionWords& option : options)
      out.push_back(option.name);
    return out;
  }
};

// "virtual|real" in the help is the list of its values.
std::vector<std::string> values_of(const CLI::Option& option) {
  const std::string& text = option.get_option_text();
  return text.find('|') == std::string::npos ? std::vector<std::string>()
                                             : CLI::detail::split(text, '|');
}

void add_options(const CLI::App& command, Words& words) {
  for (const CLI::Option* option : command.get_options()) {
    for (const auto& name : option->get_lnames()) {
      const std::string flag = "--" + name;
      const bool known = std::any_of(words.options.begin(), words.options.end(),
                                     [&](const OptionWords& o) { return o.name == flag; });
      if (!known) words.options.push_back({flag, option->get_description(), values_of(*option)});
    }
  }
}

Words words_of(const CLI::App& command) {
  Words words{command.get_name(), command.get_description(), {}, {}, false};
  words.names =
      command.get_name() == "run" || command.get_name() == "serve" || command.get_name() == "show";
  add_options(command, words);
  for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; })) {
    words.subcommands.push_back(sub->get_name());
    if (command.get_parent() != nullptr) add_options(*sub, words);
  }
  if (command.get_name() == "completion") words.subcommands = shells();
  return words;
}

// A remedy's name has a colon, at which shells break words; it is left to be typed.
constexpr std::string_view kScenarioNames =
    "badgate list scenarios 2>/dev/null | cut -d' ' -f1 | grep -v :";
constexpr std::string_view kCauses = "badgate list causes 2>/dev/null | cut -d' ' -f1";

std::string bash_values(const std::vector<Words>& commands) {
  std::string out = fmt::format("    --cause) words=$({}) ;;\n", kCauses);
  for (const Words& c : commands) {
    for (const OptionWords& option : c.options) {
      if (option.values.empty()) continue;
      out += fmt::format("    {}) words=\"{}\" ;;\n", option.name, net::join(option.values, " "));
    }
  }
  return out;
}

std::string bash(const std::vector<Words>& commands, const Words& top) {
  std::string out =
      "# bash completion of badgate: source <(badgate completion bash)\n_badgate() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} words=\n"
      "  case ${COMP_WORDS[1]} in\n";
  for (const Words& c : commands) {
    out += fmt::format("    {}) words=\"{}\" ;;\n", c.command, net::join(c.all(), " "));
  }
  out +=
      "  esac\n  if ((COMP_CWORD > 1)) && [[ $current != -* ]]; then\n    case ${COMP_WORDS[1]} "
      "in\n";
  for (const Words& c : commands) {
    if (c.names) out += fmt::format("      {}) words+=\" $({})\" ;;\n", c.command, kScenarioNames);
  }
  out += fmt::format("    esac\n  fi\n  ((COMP_CWORD == 1)) && words=\"{}\"\n",
                     net::join(top.all(), " "));
  out += "  case ${COMP_WORDS[COMP_CWORD - 1]} in\n" + bash_values(commands) + "  esac\n";
  out += "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n}\n";
  return out + "complete -o default -F _badgate badgate\n";
}

std::string zsh(const std::vector<Words>& commands, const Words& top) {
  std::string out =
      "#compdef badgate\n# zsh completion: badgate completion zsh > \"${fpath[1]}/_badgate\"\n"
      "_badgate() {\n  if ((CURRENT == 2)); then\n";
  out += fmt::format("    compadd -- {}\n    return\n  fi\n", net::join(top.all(), " "));
  out += fmt::format("  case $words[CURRENT-1] in\n    --cause) compadd -- $({}); return ;;\n",
                     kCauses);
  for (const Words& c : commands) {
    for (const OptionWords& option : c.options) {
      if (option.values.empty()) continue;
      out += fmt::format("    {}) compadd -- {}; return ;;\n", option.name,
                         net::join(option.values, " "));
    }
  }
  out += "  esac\n  case $words[2] in\n";
  for (const Words& c : commands) {
    out += fmt::format("    {}) compadd -- {}{}; _files ;;\n", c.command, net::join(c.all(), " "),
                       c.names ? fmt::format(" $({})", kScenarioNames) : "");
  }
  return out + "  esac\n}\n_badgate \"$@\"\n";
}

std::string fish_options(const Words& words, const std::string& condition) {
  std::string out;
  for (const OptionWords& option : words.options) {
    out += fmt::format("complete -c badgate -n {} -l {} -d {}", condition, option.name.substr(2),
                       shell_quoted(option.description));
    if (option.name == "--cause") out += fmt::format(" -x -a \"({})\"", kCauses);
    if (!option.values.empty()) out += fmt::format(" -x -a \"{}\"", net::join(option.values, " "));
    out += "\n";
  }
  return out;
}

std::string fish(const std::vector<Words>& commands, const Words& top) {
  std::string out = "# fish completion: badgate completion fish | source\n";
  out += fish_options(top, "__fish_use_subcommand");
  for (const Words& c : commands) {
    const auto inside = fmt::format("'__fish_seen_subcommand_from {}'", c.command);
    out += fmt::format("complete -c badgate -n __fish_use_subcommand -a {} -d {}\n", c.command,
                       shell_quoted(c.description));
    out += fish_options(c, inside);
    if (!c.subcommands.empty()) {
      out += fmt::format("complete -c badgate -n {} -f -a \"{}\"\n", inside,
                         net::join(c.subcommands, " "));
    }
    if (c.names)
      out += fmt::format("complete -c badgate -n {} -a \"({})\"\n", inside, kScenarioNames);
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
      ->check(one_of(shells()))
      ->type_name("");
  command->footer(
      "Examples:\n"
      "  source <(badgate completion bash)            for this shell\n"
      "  badgate completion zsh > \"${fpath[1]}/_badgate\"\n"
      "  badgate completion fish | source\n"
      "\n"
      "An installed badgate has put them in place already.");
  command->callback([shell, &app, &exit_code] {
    print_script(*shell, app);
    exit_code = Exit::all_passed;
  });
}

}  // namespace badgate::harness::commands
