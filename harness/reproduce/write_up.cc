#include "harness/reproduce/write_up.h"

#include <fmt/core.h>

#include <algorithm>

#include "harness/load.h"
#include "harness/printable.h"
#include "harness/reproduce/expectations.h"
#include "harness/reproduce/toml_document.h"
#include "harness/toml_text.h"
#include "net/text.h"

namespace badgate::harness::reproduce {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kWidth = 96;

// In lines of a comment, whatever the text is.
std::string comment(const std::string& text) {
  const std::string safe = printable(text, 2000);
  std::string out = "#";
  std::size_t column = 1;
  std::string_view rest = safe;
  while (!rest.empty()) {
    const auto end = rest.find(' ');
    const auto word = rest.substr(0, end);
    if (column + 1 + word.size() > kWidth && column > 1) {
      out += "\n#";
      column = 1;
    }
    out += " " + std::string(word);
    column += 1 + word.size();
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  }
  return out + "\n";
}

std::string where_settings_come_from(const evidence::Evidence& line, const Configured& configured) {
  if (line.source == evidence::Source::haproxy && configured.file.empty())
    return "HAProxy has no timeouts of its own: these are nginx's.";
  if (configured.file.empty()) return "The proxy's settings are nginx's defaults, but for these.";
  std::string out =
      fmt::format("The proxy's settings are those of {} in {}.", configured.where, configured.file);
  if (configured.left_out.empty()) return out;
  out += line.source == evidence::Source::haproxy
             ? " Left out, since scenarios have nothing like them: "
             : " Left out, since badgate's proxy has nothing like them: ";
  const auto separator = line.source == evidence::Source::haproxy ? ", " : " ";
  return out + net::join(configured.left_out, separator) + ".";
}

// What was logged, in a few words.
std::string logged(const Attempt& reproduction, const evidence::Evidence& line) {
  if (line.source == evidence::Source::haproxy) return line.code;
  const Logged& same = reproduction.played.error_log.at(*reproduction.same);
  const auto message = same.message.substr(0, same.message.find(", client: "));
  return printable(message.substr(0, message.find('\n')), 120);
}

std::string title_of(const Ended& last, const std::string& message) {
  auto rounded = std::chrono::round<std::chrono::milliseconds>(last.elapsed);
  if (rounded >= 1s) rounded = (rounded + 5ms) / 10ms * 10ms;
  const auto time = rounded.count() == 0 ? "at once" : "after " + net::format_duration(rounded);
  if (last.left) return message;
  if (last.status == 0) return fmt::format("No answer {}: {}", time, message);
  return fmt::format("{} {}: {}", last.status, time, message);
}

// What HAProxy came to; the letters of a cookie are those of the user's own file, which the
// scenario has not.
std::string cell_of(const Attempt& reproduction) {
  std::string cell = reproduction.played.cell;
  const auto line =
      evidence::read_line(reproduction.played.access_log.at(*reproduction.same).written);
  if (!line || line->code.size() != 4) return cell;
  for (auto at = cell.find(line->code); at != cell.npos; at = cell.find(line->code, at + 4))
    cell.replace(at + 2, 2, "--");
  return cell;
}

std::string head(const Attempt& reproduction, const std::string& written,
                 const evidence::Evidence& line, const Configured& configured, const Ended& last) {
  std::string out = "# Written by `badgate reproduce`, from this line:\n#\n";
  out += comment(written);
  out += "#\n# That a proxy with these servers writes the same line was proven by running it.\n";
  if (!reproduction.plain.empty()) out += comment(reproduction.plain);
  out += comment(where_settings_come_from(line, configured));
  out += fmt::format("title = {}\n", toml_string(title_of(last, logged(reproduction, line))));
  if (!reproduction.cause.empty())
    out += fmt::format("cause = {}\n", toml_string(reproduction.cause));
  if (line.source == evidence::Source::haproxy)
    out += fmt::format("on.haproxy = {}\n", toml_string(cell_of(reproduction)));
  if (!reproduction.row.empty()) out += fmt::format("rows = [{}]\n", toml_string(reproduction.row));
  return out + (reproduction.text.starts_with('\n') ? "" : "\n");
}

std::string expectations(const Attempt& reproduction, const evidence::Evidence& line,
                         const Ended& last) {
  if (line.source == evidence::Source::haproxy) return {};
  std::string out;
  const auto response = toml_document(expected_of(last), "");
  const bool load = reproduction.text.find("[load") != std::string::npos;
  if (!response.empty() && !load) out += "\n[request.expect]\n" + response;
  const auto& same = reproduction.played.error_log.at(*reproduction.same);
  return out +
         fmt::format("\n[expect]\nerror_log_contains = {}\n", toml_string(expected_line(same)));
}

// The file as it is, run once more; remedies that do not pass are left out.
void judge_file(const std::string& base, const RunOptions& run, WrittenUp& out) {
  out.text = base;
  for (const ProvenRemedy& remedy : out.remedies)
    out.text += remedy.text;
  const auto loaded = load_text(out.text, "reproduction", "reproduction");
  if (!loaded.ok()) {
    out.problem = to_text(loaded.diagnostics);
    return;
  }
  std::vector<std::string> wrong;
  for (const Scenario& scenario : loaded.scenarios) {
    const auto played = play(scenario, run);
    if (played.mismatches.empty() && played.problem.empty()) continue;
    if (scenario.remedy.empty())
      out.problem = played.problem.empty() ? played.mismatches.front() : played.problem;
    else
      wrong.push_back(scenario.remedy);
  }
  if (wrong.empty()) return;
  std::erase_if(out.remedies, [&](const ProvenRemedy& remedy) {
    return std::find(wrong.begin(), wrong.end(), remedy.name) != wrong.end();
  });
  out.text = base;
  for (const ProvenRemedy& remedy : out.remedies)
    out.text += remedy.text;
}

}  // namespace

WrittenUp write_up(const Found& found, const std::string& written, const evidence::Evidence& line,
                   const Configured& configured, const RunOptions& run) {
  const Attempt& reproduction = found.tried.back();
  WrittenUp out;
  out.last = last_of(reproduction.played);
  out.remedies = prove_remedies(reproduction, line, frame_of(line, configured), run);
  judge_file(head(reproduction, written, line, configured, out.last) + reproduction.text +
                 expectations(reproduction, line, out.last),
             run, out);
  return out;
}

}  // namespace badgate::harness::reproduce
