#include "harness/reproduce/report.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/printable.h"
#include "harness/reports/text.h"
#include "harness/reproduce/limits.h"
#include "net/text.h"

namespace badgate::harness::reproduce {
namespace {

constexpr std::size_t kWidth = 80;  // of text, behind the labels
constexpr std::size_t kShownMisses = 6;

constexpr const char* kBold = "1";
constexpr const char* kGreen = "32";
constexpr const char* kRed = "31";
constexpr const char* kDim = "2";

// Text in lines of at most kWidth, all but the first behind the width of a label.
std::string wrapped(std::string_view text) {
  constexpr std::size_t kLabel = 12;
  const std::string indent(kLabel, ' ');
  const std::string lines = reports::wrapped(text, indent, kLabel + kWidth);
  return lines.substr(kLabel, lines.size() - kLabel - 1);
}

class Lines {
 public:
  explicit Lines(bool colour) : colour_(colour) {}

  void add(std::string_view label, std::string_view text, const char* colour = nullptr) {
    const auto shown = wrapped(text);
    out_ += reports::painted(fmt::format("{:<12}", label), kBold, colour_);
    out_ += (colour == nullptr ? shown : reports::painted(shown, colour, colour_)) + "\n";
  }
  void more(std::string_view text) {
    out_ += fmt::format("{:12}{}\n", "", reports::painted(wrapped(text), kDim, colour_));
  }
  std::string take() { return std::move(out_); }

 private:
  bool colour_;
  std::string out_;
};

// To the millisecond, of long times to the hundredth of a second: real proxies take a moment.
std::string time_of(net::Duration time) {
  using namespace std::chrono_literals;
  const auto ms = std::chrono::round<std::chrono::milliseconds>(time);
  return net::format_duration(ms < 1s ? ms : (ms + 5ms) / 10ms * 10ms);
}

std::string ended(const Ended& last) {
  if (last.left) return fmt::format("the client leaves after {}", time_of(last.elapsed));
  std::string out = last.status == 0 ? "no answer" : std::to_string(last.status);
  if (last.status != 0 && !last.whole) out += ", cut short,";
  const auto rounded = std::chrono::round<std::chrono::milliseconds>(last.elapsed);
  return out + (rounded.count() == 0 ? " at once" : " after " + time_of(rounded));
}

std::string message_of(const evidence::Evidence& line) {
  if (line.source == evidence::Source::haproxy)
    return fmt::format("{} {}, {}", line.status.value_or(0), line.code,
                       line.upstream_address.ends_with("<NOSRV>") ? "no server" : "a server");
  return printable(line.message.substr(0, line.message.find('\n')), 160);
}

// Other causes that write the same line: the line alone does not tell them apart.
std::vector<const diagnosis::Suspect*> others(const Found& found) {
  std::vector<const diagnosis::Suspect*> out;
  for (const auto& suspect : found.suspects) {
    if (found.tried.empty() || suspect.scenario != found.tried.back().scenario ||
        suspect.plain != found.tried.back().plain)
      out.push_back(&suspect);
  }
  return out;
}

void add_remedies(const WrittenUp& written, Lines& lines) {
  for (const ProvenRemedy& remedy : written.remedies) {
    const auto text = fmt::format("{}: {}{}", remedy.title, ended(remedy.last),
                                  remedy.same_line ? ", and the same line" : "");
    if (remedy.helps)
      lines.add("helps", text, kGreen);
    else
      lines.add("in vain", text, kRed);
  }
}

std::string name_of(const diagnosis::Suspect& suspect) {
  return suspect.scenario.empty() ? suspect.cause : suspect.scenario;
}

void add_others(const Found& found, Lines& lines) {
  const auto rest = others(found);
  if (rest.empty()) return;
  std::string names;
  for (std::size_t i = 0; i < rest.size() && i < 4; ++i)
    names += (names.empty() ? "" : ", ") + name_of(*rest[i]);
  if (rest.size() > 4) names += ", …";
  lines.add("or",
            fmt::format("{}: the line alone does not tell (`badgate explain`, --cause)", names));
}

std::string differs(const Attempt& attempt) {
  if (!attempt.problem.empty()) return attempt.problem;
  if (attempt.nearest.empty()) return "no such line comes out";
  std::string out;
  for (const Difference& d : attempt.differences)
    out += fmt::format("{}{}: {} instead of {}", out.empty() ? "" : "; ", d.what,
                       d.got.empty() ? "nothing" : "\"" + printable(d.got, 120) + "\"",
                       d.wanted.empty() ? "nothing" : "\"" + printable(d.wanted, 120) + "\"");
  return out;
}

std::string settings_of(const evidence::Evidence& line, const Configured& configured) {
  if (line.source == evidence::Source::haproxy && configured.file.empty())
    return "timeouts of 60 s";
  if (configured.file.empty()) return "nginx's default settings";
  return "the settings of " + configured.where;
}

}  // namespace

std::string report(const Found& found, const WrittenUp& written, const evidence::Evidence& line,
                   const Configured& configured, const Told& told) {
  const Attempt& attempt = found.tried.back();
  const auto& cause = attempt.cause;
  Lines lines(told.colour);
  lines.add("cause", attempt.row.empty() ? cause : fmt::format("{} ({})", cause, attempt.row));
  if (!attempt.plain.empty()) lines.more(attempt.plain);
  lines.add("same line", message_of(line), kGreen);
  lines.more(fmt::format("by {}, with {}", told.proxy, settings_of(line, configured)));
  for (const std::string& aside : set_aside(line))
    lines.more("set aside: " + aside);
  lines.add("users see", ended(written.last));
  add_remedies(written, lines);
  add_others(found, lines);
  if (!told.file.empty())
    lines.add("next",
              fmt::format("badgate run {}{} --timeline", told.file,
                          line.source == evidence::Source::haproxy ? " --proxy haproxy" : ""));
  return lines.take();
}

std::string report_of_miss(const Found& found, const evidence::Evidence& line, const Told& told) {
  Lines lines(told.colour);
  lines.add("not", "reproduced: " + message_of(line), kRed);
  const auto why = why_not(line);
  if (!why.empty()) lines.more(why);
  if (found.tried.empty() && why.empty())
    lines.more("badgate knows nothing that makes a proxy write such a line.");
  std::size_t shown = 0;
  std::set<std::string> told_already;
  for (const Attempt& attempt : found.tried) {
    if (shown == kShownMisses) break;
    auto text = fmt::format("{}: {}", attempt.scenario.empty() ? attempt.cause : attempt.scenario,
                            differs(attempt));
    if (!told_already.insert(text).second) continue;
    lines.add(shown == 0 ? "tried" : "", text);
    ++shown;
  }
  if (shown < found.tried.size() && shown == kShownMisses)
    lines.add("", fmt::format("… and {} more", found.tried.size() - shown));
  return lines.take();
}

std::string report_json(const Found& found, const WrittenUp& written,
                        const evidence::Evidence& line, const Told& told) {
  using nlohmann::json;
  json tried = json::array();
  for (const Attempt& attempt : found.tried) {
    json differences = json::array();
    for (const Difference& d : attempt.differences)
      differences.push_back({{"what", d.what}, {"wanted", d.wanted}, {"got", d.got}});
    tried.push_back({{"scenario", attempt.scenario},
                     {"row", attempt.row},
                     {"same", attempt.same.has_value()},
                     {"problem", attempt.problem},
                     {"differences", differences}});
  }
  json out = {{"reproduced", found.reproduced}, {"set_aside", set_aside(line)}, {"tried", tried}};
  if (!found.reproduced) out["why"] = why_not(line);
  if (found.reproduced) {
    const Attempt& attempt = found.tried.back();
    out["cause"] = attempt.cause;
    out["row"] = attempt.row;
    out["file"] = told.file;
    out["proxy"] = told.proxy;
    out["status"] = written.last.status;
    out["elapsed"] = std::chrono::duration<double>(written.last.elapsed).count();
    out["remedies"] = json::array();
    for (const ProvenRemedy& remedy : written.remedies)
      out["remedies"].push_back(
          {{"title", remedy.title},
           {"helps", remedy.helps},
           {"status", remedy.last.status},
           {"elapsed", std::chrono::duration<double>(remedy.last.elapsed).count()}});
  }
  return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace badgate::harness::reproduce
