#include "harness/run.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <memory>
#include <optional>

#include "harness/drive.h"
#include "harness/recorder.h"
#include "harness/scenario_needs.h"
#include "harness/silence.h"
#include "harness/stage.h"
#include "net/text.h"

namespace badgate::harness {

using namespace std::chrono_literals;

namespace {

// How long the proxy may take to log a request whose client has gone.
constexpr net::Duration kLogGrace = 5min;
constexpr net::Duration kLogGraceReal = 2s;
// Traffic Server writes what it has logged every second or two.
constexpr net::Duration kAccessGraceReal = 5s;
constexpr net::Duration kLogPoll = 50ms;
// How long another process may take for what it does after its last line: closing connections.
constexpr double kRestMs = 50;

bool runs_in_process(const RunOptions& options) {
  return options.proxy == nullptr || options.proxy->in_process();
}

bool lives_virtually(const Scenario& scenario, const RunOptions& options) {
  if (options.proxy == nullptr) return true;
  return options.proxy->can_live_virtually() &&
         (!reloads_proxy(scenario) || options.proxy->can_reload_virtually());
}

class Run {
 public:
  Run(const Scenario& scenario, const RunOptions& options, bool real_clock, double time_scale)
      : scenario_(scenario),
        options_(options),
        clock_(real_clock ? net::make_real_clock(time_scale)
                          : net::make_virtual_clock(net::default_epoch())),
        loop_(*clock_),
        recorder_(loop_),
        rng_(options.seed),
        time_scale_(time_scale) {
    recorder_.outcome().real_clock = real_clock;
  }

  Outcome outcome(net::NetworkNamespace* network) {
    StageOptions where;
    where.network = network;
    where.driver = options_.proxy;
    where.time_scale = time_scale_;
    where.interrupt_fd = options_.interrupt_fd;
    where.own_servers_only = options_.own_servers_only;
    auto stage = Stage::set(loop_, scenario_, rng_.stream("backends"), recorder_, where);
    if (!recorder_.outcome().start_error.empty()) return std::move(recorder_.outcome());
    if (!stage) {
      auto& why =
          stage.error().code == ENOTSUP ? recorder_.outcome().skipped : recorder_.outcome().broken;
      why = stage.error().message;
      return std::move(recorder_.outcome());
    }
    drive(**stage);
    (*stage)->report();
    if (auto ok = (*stage)->end_programs(); !ok && recorder_.outcome().broken.empty())
      recorder_.outcome().broken = ok.error().message;
    recorder_.outcome().modelled = ended_.time_since_epoch();
    return std::move(recorder_.outcome());
  }

 private:
  void drive(Stage& stage) {
    stage_ = &stage;
    clock_->restart();  // starting a proxy may have taken real time
    for (Fact& fact : recorder_.outcome().timeline)
      fact.at = loop_.now();
    Drive drive(
        loop_, scenario_, stage.proxy_address(), rng_.stream("arrivals"),
        [this](std::string who, std::string what) {
          recorder_.fact(std::move(who), std::move(what));
        },
        [&stage](std::string_view name) { stage.request_ended(name); },
        [this] {
          ended_ = loop_.now();
          silence_.reset();  // from now on it is known how long to wait
          wait_for_logs(ended_);
        });
    drive_ = &drive;
    const auto limit = loop_.after(scenario_.limit, [this] {
      break_off(fmt::format("did not end within {} of modelled time{}",
                            net::format_duration(scenario_.limit), seen_of_proxy()));
    });
    silence_ = watch_silence();
    const auto interrupt = watch_interrupt();
    // Time 0 of the scenario is the first turn of the loop, when everything listens.
    const auto begin = loop_.soon([&] {
      stage.play_events();
      drive.start();
    });
    const auto rights = runs_in_process(options_) ? rights_for(scenario_) : nullptr;
    switch (loop_.run()) {
      case net::Loop::End::stopped:
        break;
      case net::Loop::End::idle:
        break_off("everything waits for everything else: no timer is set and no socket is ready");
        break;
      case net::Loop::End::unsettled:
        break_off("the sockets never became quiet, so that virtual time could not move");
        break;
      case net::Loop::End::restless:
        recorder_.proxy_failed(fmt::format("{} hangs: it neither works nor waits{}",
                                           options_.proxy->name(), seen_of_proxy()));
        break;
    }
    silence_.reset();
    recorder_.outcome().responses = drive.take_responses();
  }

  std::unique_ptr<net::Watch> watch_interrupt() {
    if (options_.interrupt_fd < 0) return nullptr;
    return loop_.watch(options_.interrupt_fd, {.read = true},
                       [this](net::Ready) { break_off(std::string(kInterrupted)); });
  }

  std::unique_ptr<Silence> watch_silence() {
    if (runs_in_process(options_) || clock_->is_virtual()) return nullptr;
    return std::make_unique<Silence>(
        loop_, recorder_.outcome().timeline, time_scale_, [this] { return usual_silence(); },
        [this](const std::string& what) {
          recorder_.proxy_failed(
              fmt::format("{} hangs: {}{}", options_.proxy->name(), what, seen_of_proxy()));
          loop_.stop();
        });
  }

  // With badgate's own proxy, on the virtual clock. A second namespace would take this run away
  // from the one it is in.
  std::optional<net::Duration> usual_silence() const {
    if (needs_own_process(scenario_)) return std::nullopt;
    const Outcome own = run(scenario_, {.seed = options_.seed,
                                        .clock = ClockChoice::virtual_clock,
                                        .interrupt_fd = options_.interrupt_fd,
                                        .programs = false});
    if (!own.skipped.empty() || !own.broken.empty()) return std::nullopt;
    return longest_silence(own);
  }

  std::string seen_of_proxy() const {
    const auto condition = stage_->condition_of_proxy();
    return condition.empty() ? condition : "; " + condition;
  }

  void break_off(std::string why) {
    recorder_.outcome().broken = std::move(why);
    loop_.stop();
  }

  // All clients are done. The run ends when each request has its line in the access log: the proxy
  // may notice only now that somebody has left.
  void wait_for_logs(net::TimePoint since) {
    const auto& responses = drive_->responses();
    const bool programs_wrote = stage_->logs_complete() || loop_.now() - since >= kLogGraceReal;
    const bool complete = recorder_.outcome().access.size() >= responses.size() && programs_wrote;
    // Only of somebody who has left may the proxy hear long afterwards.
    const bool somebody_left = std::ranges::any_of(responses, &Response::client_left);
    const auto grace = clock_->is_virtual() || somebody_left ? kLogGrace : kAccessGraceReal;
    if (complete || loop_.now() - since >= grace) {
      // Once more around the loop, so that what the sockets still hold is seen.
      const auto rest =
          clock_->is_virtual() || runs_in_process(options_) ? 0.0 : kRestMs * time_scale_;
      settle_ =
          loop_.after(std::chrono::milliseconds(std::llround(rest)), [this] { loop_.stop(); });
      return;
    }
    settle_ = loop_.after(kLogPoll, [this, since] { wait_for_logs(since); });
  }

  const Scenario& scenario_;
  const RunOptions& options_;
  std::unique_ptr<net::Clock> clock_;
  net::Loop loop_;
  Recorder recorder_;
  net::Rng rng_;
  double time_scale_;
  Stage* stage_ = nullptr;
  Drive* drive_ = nullptr;
  net::TimePoint ended_;  // when the last client was done
  net::Timer settle_;
  std::unique_ptr<Silence> silence_;  // while clients wait
};

Outcome skipped(std::string why) {
  Outcome outcome;
  outcome.skipped = std::move(why);
  return outcome;
}

}  // namespace

Outcome run(const Scenario& scenario, const RunOptions& options) {
  const auto needs = needs_of(scenario);
  if (!needs) return skipped(needs.error().message);
  if (!options.programs && starts_programs(scenario)) {
    return skipped("it starts programs, in real time: name it, or run with --clock real");
  }
  const bool needs_real = needs->real_clock || !lives_virtually(scenario, options);
  if (needs_real && options.clock == ClockChoice::virtual_clock) {
    return skipped("it needs the real clock");
  }
  const bool real_clock = needs_real || options.clock == ClockChoice::real_clock;
  if (real_clock && scenario.clock == ClockNeed::virtual_only) {
    return skipped("it needs the virtual clock");
  }
  const double scale = needs->real_clock ? 1 : options.time_scale;
  if (!needs->network_namespace) return Run(scenario, options, real_clock, scale).outcome(nullptr);
  auto network = net::NetworkNamespace::enter();
  if (!network) return skipped(network.error().message);
  return Run(scenario, options, real_clock, scale).outcome(&*network);
}

}  // namespace badgate::harness
