#include "harness/audit/proof.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "harness/audit/subject.h"
#include "harness/printable.h"
#include "harness/toml_text.h"

namespace badgate::harness::audit {
namespace {

using nginx_conf::Line;
using nginx_conf::Skeleton;

bool is_list(std::string_view directive) {
  return directive == "proxy_set_header" || directive == "error_page";
}

std::string first_word(std::string_view text) {
  return std::string(text.substr(0, text.find(' ')));
}

// A header of that name is replaced, others stay.
void set_in_list(Line& line, const std::string& text) {
  if (line.texts.empty()) line.texts = {};
  std::erase_if(line.texts, [&](const std::string& old) {
    return line.key == "error_page" || first_word(old) == first_word(text);
  });
  line.texts.push_back(text);
  line.value = nginx_conf::toml_value(line.texts);
}

// The scenario's own group stays.
void speak_tls(Line& line) {
  if (line.value.starts_with("\"http:")) line.value.insert(5, "s");
  line.from = {};
}

void set_line(std::vector<Line>& lines, const Fix& fix) {
  auto at = std::ranges::find(lines, fix.directive, &Line::key);
  if (at == lines.end()) at = lines.insert(lines.end(), Line{fix.directive, {}, {}, {}});
  if (fix.directive == "proxy_pass") return speak_tls(*at);
  if (is_list(fix.directive)) return set_in_list(*at, fix.value);
  at->value = toml_string(fix.value);
  at->from = {};
}

// What has changed between two lists of lines, each with `prefix` in front.
std::string changed_lines(const std::vector<Line>& before, const std::vector<Line>& after,
                          const std::string& prefix) {
  std::string out;
  for (const Line& line : after) {
    const bool same = std::ranges::any_of(
        before, [&](const Line& old) { return old.key == line.key && old.value == line.value; });
    if (!same) out += fmt::format("{}{} = {}\n", prefix, line.key, line.value);
  }
  return out;
}

std::string servers_text(const nginx_conf::SkeletonGroup& group) {
  std::string out;
  for (const nginx_conf::SkeletonServer& server : group.servers) {
    out += fmt::format("\n[[remedy.fix.upstream.{}]]\n", group.name);
    for (const Line& line : server.lines)
      out += fmt::format("{} = {}\n", line.key, line.value);
  }
  return out;
}

// Where they are the point, and one server has them all.
std::string connections_text(const Finding& finding, const Skeleton& skeleton,
                             const std::string& prefix, const Played& seen) {
  const auto& servers = skeleton.groups.front().servers;
  if (!finding.counts_connections || servers.size() != 1) return {};
  return fmt::format("\n[{}expect.backend.{}]\nconnections = {}\n", prefix,
                     toml_string(servers.front().name), seen.connections);
}

// What the user's own configuration makes of it, and what helps, as [remedy.fix].
std::string remedy_text(const Finding& finding, const Skeleton& before, const Skeleton& after,
                        const Played& seen) {
  std::string title;
  for (const Fix& fix : finding.fixes)
    title += (title.empty() ? "" : " ") + to_text(fix);
  std::string out = fmt::format("\n[remedy.fix]\ntitle = {}\nhelps = true\n", toml_string(title));
  out += changed_lines(before.proxy, after.proxy, "proxy.");
  for (std::size_t i = 0; i < before.groups.size(); ++i) {
    const auto& group = after.groups[i];
    out += changed_lines(before.groups[i].lines, group.lines, "group." + group.name + ".");
  }
  for (std::size_t i = 0; i < before.groups.size(); ++i) {
    const auto all = [](const nginx_conf::SkeletonGroup& group) { return servers_text(group); };
    if (all(before.groups[i]) != all(after.groups[i])) out += all(after.groups[i]);
  }
  return out + requests_text(*finding.trial, "remedy.fix.", &seen, finding.healthy) +
         connections_text(finding, after, "remedy.fix.", seen);
}

// What the configuration says is on one line of a comment, and can say nothing else.
std::string file_text(const Finding& finding, const Skeleton& skeleton, const Played& seen) {
  return fmt::format("# {}\n# {}:{}: {}\ntitle = {}\nlimit = \"30h\"\n\n{}{}", finding.id,
                     printable(finding.at.file), finding.at.line, printable(finding.said, 200),
                     toml_string(finding.title), to_toml(skeleton),
                     requests_text(*finding.trial, {}, &seen, finding.healthy),
                     connections_text(finding, skeleton, {}, seen));
}

std::string words_of(const Finding& finding, const Played& seen) {
  if (!seen.broken.empty() || !seen.start_error.empty() || seen.answers.empty()) return {};
  if (finding.counts_connections) {
    return fmt::format("{} connection{} for {} requests", seen.connections,
                       seen.connections == 1 ? "" : "s", seen.answers.size());
  }
  const change::Answer& last = seen.answers.back();
  std::string out = spoken(last, finding.healthy);
  if (is_masked(last, finding.healthy) && !is_short(last, finding.healthy))
    out += " (an error page)";
  if (seen.executed > 1 && seen.answers.size() == 1)
    out += fmt::format(", executed {} times", seen.executed);
  return out;
}

// A map of $http_upgrade is taken for requests without one; these have one.
void ask_for_upgrade(const nginx_conf::Site& site, nginx_conf::LocationRef ref,
                     Skeleton& skeleton) {
  const auto line = std::ranges::find(skeleton.proxy, "proxy_set_header", &Line::key);
  const nginx_conf::Setting* set = site.find(ref, "proxy_set_header");
  if (line == skeleton.proxy.end() || set == nullptr) return;
  for (const nginx_conf::Said& said : set->said) {
    if (said.arguments.size() != 2 || !said.arguments[1].text.starts_with('$')) continue;
    const auto map = site.maps.find(said.arguments[1].text.substr(1));
    if (map == site.maps.end() || map->second.source != "$http_upgrade") continue;
    set_in_list(*line, said.arguments[0].text + " " + map->second.otherwise);
  }
}

struct Attempt {
  std::size_t finding = 0;
  Skeleton before;
  Skeleton after;
};

void fill_in(const Attempt& attempt, const Played& before, const Played& after, Finding& finding) {
  finding.before = words_of(finding, before);
  finding.after = can_be_applied(finding) ? words_of(finding, after) : "";
  if (finding.before.empty()) return;
  finding.scenario = file_text(finding, attempt.before, before);
  if (!finding.after.empty())
    finding.scenario += remedy_text(finding, attempt.before, attempt.after, after);
}

}  // namespace

bool can_be_applied(const Finding& finding) {
  return !finding.fixes.empty() && std::ranges::none_of(finding.fixes, [](const Fix& fix) {
    return fix.where == Fix::Where::prose;
  });
}

Skeleton with_fixes(Skeleton skeleton, const Finding& finding) {
  for (const Fix& fix : finding.fixes) {
    if (fix.where == Fix::Where::location) set_line(skeleton.proxy, fix);
    if (fix.where == Fix::Where::group) set_line(skeleton.groups.front().lines, fix);
    if (fix.where != Fix::Where::server_line) continue;
    for (nginx_conf::SkeletonServer& server : skeleton.groups.front().servers)
      set_line(server.lines, fix);
  }
  return skeleton;
}

net::Result<std::size_t> prove(const nginx_conf::Site& site, std::vector<Finding>& findings,
                               const PlayTrials& options) {
  std::vector<Attempt> attempts;
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < findings.size(); ++i) {
    if (!findings[i].trial) continue;
    auto skeleton = nginx_conf::skeleton_of(site, findings[i].ref);
    if (!skeleton) continue;
    if (findings[i].trial->upgrades) ask_for_upgrade(site, findings[i].ref, *skeleton);
    for (TrialRequest& request : findings[i].trial->requests)
      request.host = skeleton->host;
    Attempt attempt{i, with_faults(*skeleton, *findings[i].trial), {}};
    attempt.after = with_fixes(attempt.before, findings[i]);
    Trial healthy = *findings[i].trial;
    healthy.whom = Whom::nobody;  // the faults are in the skeletons
    texts.push_back(scenario_text(attempt.before, healthy, findings[i].title));
    texts.push_back(scenario_text(attempt.after, healthy, findings[i].title));
    attempts.push_back(std::move(attempt));
  }
  const auto seen = play(texts, options);
  if (!seen) return tl::unexpected(seen.error());
  for (std::size_t i = 0; i < attempts.size(); ++i)
    fill_in(attempts[i], (*seen)[2 * i], (*seen)[2 * i + 1], findings[attempts[i].finding]);
  return texts.size();
}

}  // namespace badgate::harness::audit
