#include "harness/commands/play.h"

#include <algorithm>
#include <chrono>

#include "harness/judge.h"
#include "harness/other_version.h"
#include "harness/real_fpm.h"
#include "harness/reports/json.h"
#include "harness/verdict_json.h"

namespace badgate::harness::commands {
namespace {

Verdict run_once(const Scenario& scenario, const RunOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  Outcome outcome = run(scenario, options);
  if (!options.proxy->is_nginx()) {
    Verdict verdict = judge_on(scenario, std::move(outcome), options.proxy->name());
    verdict.wall = std::chrono::steady_clock::now() - start;
    return verdict;
  }
  const auto tolerance = outcome.real_clock ? Tolerance::real_clock() : Tolerance::virtual_clock();
  Verdict verdict = judge(scenario, std::move(outcome), tolerance);
  verdict.wall = std::chrono::steady_clock::now() - start;
  return verdict;
}

// What fails in time that runs faster is asked again in slower time, since noise is so much larger
// there. And what another proxy does not do may not be in its version.
Verdict run_and_judge(const Scenario& scenario, RunOptions options) {
  constexpr double kSlower = 4;
  Verdict verdict = run_once(scenario, options);
  if (verdict.state == Verdict::State::failed && verdict.outcome.real_clock &&
      options.time_scale > 1) {
    options.time_scale = std::max(1.0, options.time_scale / kSlower);
    const auto in_vain = verdict.wall;
    verdict = run_once(scenario, options);
    verdict.wall += in_vain;
  }
  if (verdict.state == Verdict::State::failed && options.proxy->is_nginx() &&
      !options.proxy->in_process()) {
    Outcome outcome;
    outcome.skipped = tells_of_another_version(scenario, options.proxy->version(), options.seed);
    if (!outcome.skipped.empty()) return judge(scenario, std::move(outcome), {});
  }
  return verdict;
}

Verdict skipped(const Scenario& scenario, std::string why) {
  Outcome outcome;
  outcome.skipped = std::move(why);
  return judge(scenario, std::move(outcome), {});
}

// On the real PHP-FPM in place of the fake one.
Verdict run_on_real_fpm(const Scenario& scenario, const RunOptions& options) {
  const auto real = with_real_fpm(scenario);
  return real ? run_and_judge(*real, options) : skipped(scenario, real.error().message);
}

}  // namespace

Verdict play(const Scenario& scenario, const RunOptions& options, bool real_fpm) {
  return real_fpm ? run_on_real_fpm(scenario, options) : run_and_judge(scenario, options);
}

Verdict broken(const Scenario& scenario, std::string why) {
  Outcome outcome;
  outcome.broken = std::move(why);
  return judge(scenario, std::move(outcome), {});
}

// Two lines of JSON, the second one empty where there is no report.
std::string to_text(const Played& played, bool with_timeline) {
  return to_json(played.verdict, with_timeline) + "\n" +
         (played.in_reports ? reports::case_json(*played.in_reports) : "");
}

net::Result<Played> played_from_text(std::string_view text) {
  const auto end = std::min(text.find('\n'), text.size());
  auto verdict = verdict_from_json(text.substr(0, end));
  if (!verdict) return net::fail(verdict.error().message);
  Played played{std::move(*verdict), {}};
  const auto rest = text.substr(std::min(text.size(), end + 1));
  if (rest.empty()) return played;
  auto one = reports::case_from_json(rest);
  if (!one) return net::fail("a worker sent an odd case: " + one.error().message);
  played.in_reports = std::move(*one);
  return played;
}

}  // namespace badgate::harness::commands
