#include "harness/load/read_process.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "fault_backends/backend.h"
#include "harness/processes/signal_names.h"

namespace badgate::harness {
namespace {

using processes::ProcessSpec;

void read_command(Reader& reader, const Node& node, ProcessSpec& into) {
  constexpr auto expected = "the program and its arguments: [\"python3\", \"app.py\", \"{port}\"]";
  if (!expect_kind(reader, node, Node::Kind::list, expected)) return;
  const auto words = read_texts(reader, node);
  if (!words) return;
  if (words->empty() || words->front().empty())
    reader.add(node.place, "this names no program", expected);
  into.command = *words;
}

// Name and text of each entry.
std::vector<std::pair<std::string, std::string>> read_pairs(Reader& reader, const Node& node,
                                                            std::string_view expected) {
  std::vector<std::pair<std::string, std::string>> out;
  if (!expect_kind(reader, node, Node::Kind::table, expected)) return out;
  for (const Member& member : node.members) {
    if (const auto text = read_text(reader, member.value)) out.emplace_back(member.key, *text);
  }
  return out;
}

void read_environment(Reader& reader, const Node& node, ProcessSpec& into) {
  into.environment = read_pairs(reader, node, "variables: { NAME = \"value\" }");
}

void read_files(Reader& reader, const Node& node, ProcessSpec& into) {
  into.files = read_pairs(reader, node, "files: { \"app.py\" = \"…\" }");
  for (const auto& [name, text] : into.files) {
    if (name.find('/') == std::string::npos && !name.starts_with('.')) continue;
    reader.add(node.find(name)->place, fmt::format("{} is no name of a file", in_quotes(name)),
               "a name without a folder; it comes into {folder}");
  }
}

// Relative to the scenario file, wherever badgate is called.
std::string beside_file(const Reader& reader, const Node& node, const std::string& directory) {
  const auto file = std::filesystem::path(reader.position(node.place).file);
  return (file.parent_path() / directory).string();
}

void read_directory(Reader& reader, const Node& node, ProcessSpec& into) {
  if (const auto text = read_text(reader, node)) into.directory = beside_file(reader, node, *text);
}

void read_stop_signal(Reader& reader, const Node& node, ProcessSpec& into) {
  if (const auto word = read_word(reader, node, processes::signal_names()))
    into.stop_signal = processes::signal_number(*word).value_or(into.stop_signal);
}

void read_files_limit(Reader& reader, const Node& node, ProcessSpec& into) {
  if (const auto count = read_positive(reader, node)) into.files_limit = *count;
}

constexpr std::array<Key<ProcessSpec>, 10> kProcessKeys{
    {{{"command", "list of texts", "", "The program and its arguments. Required."}, read_command},
     {{"env", "table", "", "Variables of its environment, beside badgate's own."},
      read_environment},
     {{"files", "table", "", "Small files that it needs: they are put into {folder}."}, read_files},
     {{"root", "path", "", "What [proxy] calls {folder}: \"/srv/app\", where its scripts are."},
      store<&ProcessSpec::root, read_text>},
     {{"directory", "path", "the scenario file's",
       "Where it works; relative to the scenario file."},
      read_directory},
     {{"ready_timeout", "time", "10s", "How long it may take until it listens."},
      store<&ProcessSpec::ready_timeout, read_positive_time>},
     {{"stop_signal", "name of a signal", "SIGTERM", "What asks it to end."}, read_stop_signal},
     {{"stop_timeout", "time", "2s", "How long it may take to end; then it is killed."},
      store<&ProcessSpec::stop_timeout, read_positive_time>},
     {{"memory_limit", "size", "", "Address space that each of its processes may have."},
      store<&ProcessSpec::memory_limit, read_size>},
     {{"files_limit", "number", "", "Files that each of its processes may have open."},
      read_files_limit}}};

bool uses(const ProcessSpec& spec, std::string_view placeholder) {
  const auto in = [&](const std::string& text) { return text.find(placeholder) != text.npos; };
  return std::ranges::any_of(spec.command, in) ||
         std::ranges::any_of(spec.environment,
                             [&](const auto& entry) { return in(entry.second); }) ||
         std::ranges::any_of(spec.files, [&](const auto& entry) { return in(entry.second); });
}

const BackendSpec* find_process(const Scenario& scenario, const std::string& name) {
  const auto at = std::ranges::find(scenario.backends, name, &BackendSpec::name);
  return at != scenario.backends.end() && at->process ? &*at : nullptr;
}

Place place_of(const Position& position) {
  return {position.line, position.column, 1};
}

// A fake PHP-FPM takes the signals whose effect is modelled.
void check_signal(Reader& reader, const TimelineEvent& event, const Scenario& scenario) {
  const auto at = std::ranges::find(scenario.backends, event.backend, &BackendSpec::name);
  if (at == scenario.backends.end() || !at->settings.fpm) {
    reader.add(place_of(event.position),
               fmt::format("{} is no program that could get a signal", event.backend),
               "a backend with process = { … }, or with fpm = { … }");
  } else if (event.whom == processes::Whom::everybody ||
             !fault_backends::takes_signal(event.signal, event.whom == processes::Whom::child)) {
    reader.add(
        place_of(event.position), "nobody knows what the fake PHP-FPM would do then",
        "SIGUSR2, SIGTERM, SIGINT, SIGQUIT or SIGKILL; to a child: SIGKILL, SIGSEGV, SIGABRT "
        "or SIGTERM");
  }
}

void check_event(Reader& reader, const TimelineEvent& event, const Scenario& scenario) {
  using Kind = TimelineEvent::Kind;
  const bool program = find_process(scenario, event.backend) != nullptr;
  if (program && (event.kind == Kind::fault || event.kind == Kind::heal)) {
    reader.add(place_of(event.position),
               fmt::format("{} is a program, which has no faults", event.backend),
               "signal = \"SIGKILL\", crash or restart");
  } else if (!program && event.kind == Kind::signal && !event.backend.empty()) {
    check_signal(reader, event, scenario);
  }
}

void check_expectation(Reader& reader, const ExpectedBackend& expected, const Scenario& scenario) {
  if (find_process(scenario, expected.name) == nullptr) return;
  for (const auto& [key, position] : expected.positions) {
    if (key == "log_contains") continue;
    reader.add(place_of(position), fmt::format("nobody counts the {} of a program", key),
               "log_contains");
  }
}

}  // namespace

Keys<ProcessSpec> process_keys() {
  return kProcessKeys;
}

void read_process(Reader& reader, const Node& node, BackendSpec& into) {
  constexpr auto expected = "a program: { command = [\"python3\", \"app.py\", \"{port}\"] }";
  ProcessSpec& spec = into.process.emplace();
  into.process_position = reader.position(node.place);
  if (!expect_kind(reader, node, Node::Kind::table, expected)) return;
  spec.directory = beside_file(reader, node, "");
  read_table(reader, node, "process = { … }", process_keys(), spec);
  if (node.find("command") == nullptr) reader.add(node.place, "this names no program", expected);
}

void check_process(Reader& reader, const Node& backend, const BackendSpec& spec) {
  if (!spec.process) return;
  const auto fields = fault_backends::fields();
  for (const Member& member : backend.members) {
    static constexpr std::array<std::string_view, 6> others{"address", "tls",   "headers",
                                                            "calls",   "fault", "faults"};
    const bool fake = net::find_field(fields, std::string_view(member.key)) != nullptr ||
                      std::ranges::find(others, member.key) != others.end();
    if (fake)
      reader.add(member.place,
                 fmt::format("`{}` is for fake servers, and this one is a program", member.key));
  }
  const bool unix = spec.transport == BackendSpec::Transport::unix;
  if (uses(*spec.process, unix ? "{port}" : "{socket}"))
    reader.add(place_of(spec.process_position),
               unix ? "it is to listen at a socket, which has no {port}"
                    : "it is to listen at a port, so there is no {socket}",
               unix ? "{socket}" : "transport = \"unix\" beside it, or {port}");
}

void check_processes(Reader& reader, const Scenario& scenario) {
  for (const BackendSpec& spec : scenario.backends) {
    if (spec.process && scenario.clock != ClockNeed::real)
      reader.add(place_of(spec.process_position),
                 "a program lives in real time, and this scenario may run on the virtual clock",
                 "clock = \"real\" at the top of the file");
  }
  for (const TimelineEvent& event : scenario.events)
    check_event(reader, event, scenario);
  for (const ExpectedBackend& expected : scenario.expect.backends)
    check_expectation(reader, expected, scenario);
}

}  // namespace badgate::harness
