#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "harness/audit/rules.h"

namespace badgate::harness::audit {

using namespace std::chrono_literals;

namespace {

constexpr auto kLocation = Fix::Where::location;
constexpr net::Duration kPatience = 30s;  // most people have left by then

// The words of a list without one of them.
std::string without(const std::string& words, std::string_view dropped) {
  std::string out;
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t end = std::min(words.find(' ', at), words.size());
    const std::string word = words.substr(at, end - at);
    if (word != dropped && !word.empty()) out += (out.empty() ? "" : " ") + word;
    at = end + 1;
  }
  return out;
}

std::string server_text(const nginx_conf::UpstreamServer& server) {
  std::string out = "server " + server.address;
  for (const auto& [name, value] : server.parameters)
    out += " " + name + (value.empty() ? "" : "=" + value);
  return out;
}

}  // namespace

void find_executed_twice(const Subject& subject, Findings& into) {
  if (!subject.has_word("next_upstream", "non_idempotent")) return;
  for (const std::string_view fault : {"crash", "stuck", "status-500", "status-503"}) {
    const Exposure* seen = subject.kind.find(fault, Whom::first, "POST");
    if (seen == nullptr || seen->executed < 2) continue;
    Finding finding = subject.at("next_upstream");
    finding.id = "executed-twice";
    finding.severity = Severity::high;
    finding.title = fmt::format("A POST is executed {} times", seen->executed);
    finding.detail = fmt::format(
        "Where a server {}, the request has been worked on already; non_idempotent sends it to the "
        "next server all the same: paid twice, ordered twice.",
        audit::fault(fault).says);
    finding.fixes = {{kLocation, subject.name("next_upstream"),
                      without(subject.value("next_upstream"), "non_idempotent")}};
    finding.trial = subject.trial(fault, Whom::first, "POST");
    return into.push_back(std::move(finding));
  }
}

void find_one_request_disables_all(const Subject& subject, Findings& into) {
  const Exposure* slow = subject.kind.find("stuck-once", Whom::first_group);
  const Exposure* crash = subject.kind.find("crash-once", Whom::first_group);
  const auto fails = [&](const Exposure* seen) {
    return seen != nullptr && subject.kind.failed(*seen);
  };
  if (!fails(slow) && !fails(crash)) return;
  const std::string_view id = fails(slow) ? "stuck" : "crash";
  const nginx_conf::UpstreamServer& server = subject.group()->servers.front();
  Finding finding = subject.at_position(server.position, server_text(server));
  if (!server.has("max_fails")) finding.said += " (nginx's default: max_fails=1)";
  finding.id = "one-request-disables-all";
  finding.severity = Severity::high;
  finding.title = fails(slow) ? "One slow request takes all servers out for everybody"
                              : "One request that crashes servers takes all of them out";
  finding.detail =
      "It fails on one server, is sent to the next and fails there, too. Each failure leaves a "
      "server out for fail_timeout, although it is healthy; then everybody gets 502 \"no live "
      "upstreams\".";
  finding.fixes = {{Fix::Where::server_line, "max_fails", "3"}};
  Trial trial;
  trial.fault = toml_of(fault(id));
  trial.fault.insert(trial.fault.size() - 1, ", times = 1 ");
  trial.whom = Whom::first_group;
  trial.requests = {subject.request(), subject.request()};
  trial.requests[0].name = "the request that fails";
  trial.requests[1].name = "somebody else's";
  finding.trial = std::move(trial);
  finding.shown_by = "pool-empty";
  into.push_back(std::move(finding));
}

void find_no_retry(const Subject& subject, Findings& into) {
  if (subject.traits().servers + subject.traits().backups < 2 || subject.traits().servers == 0)
    return;
  const Exposure* seen = subject.kind.find("refused", Whom::first);
  if (seen == nullptr || !subject.kind.failed(*seen)) return;
  const bool off = !subject.has_word("next_upstream", "error");
  Finding finding = subject.at(off ? "next_upstream" : "next_upstream_tries");
  finding.id = "no-retry";
  finding.severity = Severity::medium;
  finding.title = "Users get an error although another server is healthy";
  finding.detail = fmt::format(
      "There are {} servers, and a request that one of them refuses is not sent to another.",
      subject.traits().servers + subject.traits().backups);
  finding.fixes = {off ? Fix{kLocation, subject.name("next_upstream"), "error timeout"}
                       : Fix{kLocation, subject.name("next_upstream_tries"), "2"}};
  finding.trial = subject.trial("refused", Whom::first);
  into.push_back(std::move(finding));
}

void find_backup_not_reached(const Subject& subject, Findings& into) {
  const Exposure* seen = subject.kind.find("backup", Whom::first_group);
  if (seen == nullptr || !subject.kind.failed(*seen)) return;
  Finding finding = subject.at("next_upstream_tries");
  if (finding.is_default) finding = subject.at("next_upstream");
  if (finding.said.find("off") != finding.said.npos) return;  // find_no_retry says so
  finding.id = "backup-not-reached";
  finding.severity = Severity::medium;
  finding.title = "The backup server is not asked when all others are down";
  finding.detail = fmt::format(
      "The tries are used up by the {} other servers; nginx asks a backup only after all of them.",
      subject.traits().servers);
  finding.fixes = {{kLocation, subject.name("next_upstream_tries"),
                    std::to_string(subject.traits().servers + 1)}};
  finding.trial = subject.trial("refused", Whom::first_group);
  finding.trial->spares_backups = true;
  into.push_back(std::move(finding));
}

void find_retry_storm(const Subject& subject, Findings& into) {
  if (subject.is_tunnel() || subject.traits().servers < 2) return;
  const Exposure* seen = subject.kind.find("stuck", Whom::first_group);
  if (seen == nullptr || seen->answer.tries < 2 || seen->answer.elapsed < kPatience) return;
  Finding finding = subject.at("next_upstream_timeout");
  finding.id = "retry-storm";
  finding.severity = Severity::medium;
  finding.title = fmt::format("When all servers are stuck, each request is sent to {} of them",
                              seen->answer.tries);
  finding.detail = fmt::format(
      "A client waits {} for its {}, and one request is {} requests for servers that are too slow "
      "already: retries make an overload worse.",
      spoken(seen->answer.elapsed), seen->answer.status, seen->answer.tries);
  finding.fixes = {{kLocation, subject.name("next_upstream_timeout"), "10s"}};
  finding.trial = subject.trial("stuck", Whom::first_group);
  finding.shown_by = "retry-storm";
  into.push_back(std::move(finding));
}

void find_errors_repeated(const Subject& subject, Findings& into) {
  const Exposure* seen = subject.kind.find("status-500", Whom::first_group);
  if (seen == nullptr || seen->answer.tries < 2 || subject.traits().servers < 2) return;
  Finding finding = subject.at("next_upstream");
  finding.id = "errors-repeated";
  finding.title =
      fmt::format("A page that fails with 500 is asked of {} servers", seen->answer.tries);
  finding.detail =
      "A 500 is mostly a mistake of the application, which every server makes alike: the work is "
      "done again, and each server but the last counts as failed.";
  finding.fixes = {{kLocation, subject.name("next_upstream"),
                    without(subject.value("next_upstream"), "http_500")}};
  finding.trial = subject.trial("status-500", Whom::first_group);
  into.push_back(std::move(finding));
}

}  // namespace badgate::harness::audit
