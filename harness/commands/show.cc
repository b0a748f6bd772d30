#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "harness/commands/commands.h"
#include "harness/commands/selection.h"
#include "harness/commands/usage.h"
#include "harness/diagnostics.h"
#include "harness/explain.h"

namespace badgate::harness::commands {
namespace {

struct Arguments {
  std::string name;
  bool markdown = false;
};

// A cause, a scenario's name or a part of it, or one of the facts' rows.
bool is_meant(const Scenario& s, const std::string& name) {
  const bool row = std::find(s.rows.begin(), s.rows.end(), name) != s.rows.end();
  return s.remedy.empty() && (s.cause == name || row || s.name.find(name) != std::string::npos);
}

std::vector<std::string> names_in(const std::vector<Scenario>& catalogue) {
  std::vector<std::string> names;
  for (const Scenario& s : catalogue) {
    names.push_back(s.cause);
    names.push_back(s.name);
  }
  return names;
}

template <typename Meant>
std::size_t explain_all(const std::vector<Scenario>& scenarios, Meant meant) {
  std::size_t shown = 0;
  for (const Scenario& s : scenarios) {
    if (meant(s)) fmt::print("{}{}", shown++ > 0 ? "\n\n" : "", explain(s, scenarios));
  }
  return shown;
}

// What is not of the catalogue, but a file or a folder, explains itself.
int show_files(const std::string& path) {
  auto scenarios = select({.paths = {path}, .filter = {}});
  if (!scenarios) return Exit::usage;
  // As `badgate run` finds them.
  for (Scenario& s : *scenarios)
    s.name = s.remedy.empty() ? s.file : fmt::format("{}:{}", s.file, s.remedy);
  explain_all(*scenarios, [](const Scenario& s) { return s.remedy.empty(); });
  return Exit::all_passed;
}

int show_command(const Arguments& arguments) {
  if (arguments.name.empty() != arguments.markdown) {
    fmt::print(stderr,
               "badgate: show takes either a name or --markdown\n"
               "`badgate list causes` and `badgate list scenarios` list what there is.\n");
    return Exit::usage;
  }
  const auto catalogue = select({});
  if (!catalogue) return Exit::usage;
  if (arguments.markdown) {
    fmt::print("{}", causes_markdown(*catalogue));
    return Exit::all_passed;
  }
  const auto meant = [&](const Scenario& s) { return is_meant(s, arguments.name); };
  if (explain_all(*catalogue, meant) > 0) return Exit::all_passed;
  std::error_code ignored;
  if (std::filesystem::exists(arguments.name, ignored)) return show_files(arguments.name);
  fmt::print(stderr,
             "badgate: the catalogue has no {}{}\n"
             "`badgate list causes` and `badgate list scenarios` list what there is.\n",
             in_quotes(arguments.name), did_you_mean(arguments.name, names_in(*catalogue)));
  return Exit::usage;
}

}  // namespace

void add_show(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("show", "Explain a cause: what users see, what helps");
  command->add_option("NAME", arguments->name, "A cause, a scenario or its file, a row like D1")
      ->type_name("");
  command->add_flag("--markdown", arguments->markdown,
                    "The whole catalogue as the page docs/causes.md");
  command->footer(
      "Examples:\n"
      "  badgate show slow-application\n"
      "  badgate show D1\n"
      "  badgate show my-scenarios/report.toml");
  command->callback([arguments, &exit_code] { exit_code = show_command(*arguments); });
}

}  // namespace badgate::harness::commands
