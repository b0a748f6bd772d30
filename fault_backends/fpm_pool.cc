#include "fault_backends/fpm_pool.h"

#include <fmt/core.h>

#include <algorithm>
#include <csignal>
#include <utility>
#include <vector>

namespace badgate::fault_backends {
namespace {

using Manager = FpmSettings::Manager;
using std::chrono::milliseconds;
using std::chrono::seconds;

// FPM_PCTL_MIN_HEARTBEAT, FPM_IDLE_SERVER_MAINTENANCE_HEARTBEAT, FPM_MAX_SPAWN_RATE
constexpr auto kLeastHeartbeat = milliseconds(130);
constexpr auto kMaintenance = seconds(1);
constexpr std::uint64_t kMaxSpawnRate = 32;
constexpr std::uint64_t kBusyRate = 8;

std::string seconds_text(net::Duration time) {
  const auto micro = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  return fmt::format("{}.{:06}", micro / 1'000'000, micro % 1'000'000);
}

std::string_view signal_name(int signal) {
  switch (signal) {
    case SIGSEGV:
      return "SIGSEGV";
    case SIGKILL:
      return "SIGKILL";
    case SIGBUS:
      return "SIGBUS";
    case SIGABRT:
      return "SIGABRT";
    default:
      return "SIGTERM";
  }
}

}  // namespace

FpmPool::FpmPool(net::Loop& loop, const FpmSettings& settings, int backlog, Actions actions)
    : loop_(loop), settings_(settings), backlog_(backlog), actions_(std::move(actions)) {}

// ---- the master's life

void FpmPool::start() {
  master_pid_ = ++pids_;
  start_anew();
}

void FpmPool::start_anew() {
  master_ = true;
  reloading_ = orphaned_ = false;
  warned_full_ = false;
  spawn_rate_ = 1;
  started_ = loop_.now();
  accepted_ = max_active_ = times_full_ = slow_ = 0;
  max_queue_ = 0;
  notice(fmt::format("fpm is running, pid {}", master_pid_));
  notice("ready to handle connections");
  if (settings_.manager == Manager::constant) fork(settings_.max_children, false);
  if (settings_.manager == Manager::dynamic) fork(settings_.start_servers, false);
  begin_timers();
  actions_.changed();
}

void FpmPool::stop() {
  master_ = reloading_ = orphaned_ = false;
  children_.clear();
  crashes_.clear();
  tick_.cancel();
  heartbeat_.cancel();
  reload_.cancel();
}

void FpmPool::kill_master() {
  if (!std::exchange(master_, false)) return;
  orphaned_ = true;
  reload_.cancel();
  tick_.cancel();
  heartbeat_.cancel();
}

void FpmPool::kill_child(int signal) {
  if (children_.empty()) return;
  end_child(children_.begin()->first, signal);
  if (signal == SIGSEGV || signal == SIGBUS) emergency();
  actions_.changed();
}

void FpmPool::say_goodbye(bool gracefully) {
  if (!master_) return;
  notice(gracefully ? "Finishing ..." : "Terminating ...");
  notice("exiting, bye-bye!");
}

void FpmPool::reload() {
  if (!master_ || reloading_) return;
  reloading_ = true;
  tick_.cancel();
  heartbeat_.cancel();
  notice("Reloading in progress ...");
  std::vector<std::uint64_t> gone;
  const bool graceful = settings_.process_control_timeout > net::Duration{};
  for (const auto& [pid, child] : children_) {
    if (!graceful || child.connection == 0) gone.push_back(pid);
  }
  for (const auto pid : gone)
    end_child(pid, 0);
  actions_.changed();
  if (children_.empty()) {
    reload_ = loop_.soon([this] { start_anew(); });
    return;
  }
  reload_ = loop_.after(settings_.process_control_timeout, [this] {
    while (!children_.empty())
      end_child(children_.begin()->first, 0);
    start_anew();
  });
}

// Without a line in the log: what the master has asked for itself it does not report.
void FpmPool::end_child(std::uint64_t pid, int signal) {
  const auto it = children_.find(pid);
  if (it == children_.end()) return;
  const auto connection = it->second.connection;
  if (signal != 0) {
    bury(pid, fmt::format("on signal {} ({})", signal, signal_name(signal)), true);
  } else {
    children_.erase(it);
  }
  if (connection != 0) actions_.cut(connection);
}

void FpmPool::fork(std::uint64_t count, bool tell) {
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto pid = ++pids_;
    children_.emplace(pid, Child{.started = loop_.now(), .last_active = loop_.now()});
    if (tell) notice(fmt::format("{} started", named(pid)));
  }
}

void FpmPool::begin_timers() {
  if (settings_.manager != Manager::constant) {
    tick_ = loop_.after(kMaintenance, [this] { tick(); });
  }
  net::Duration shortest{};
  for (const auto timeout :
       {settings_.request_terminate_timeout, settings_.request_slowlog_timeout})
    if (timeout > net::Duration{} && (shortest == net::Duration{} || timeout < shortest))
      shortest = timeout;
  if (shortest > net::Duration{}) {
    const net::Duration every = std::max<net::Duration>(shortest / 3, kLeastHeartbeat);
    heartbeat_ = loop_.after(every, [this] { heartbeat(); });
  }
}

// ---- connections

std::uint64_t FpmPool::idle() const {
  return static_cast<std::uint64_t>(std::ranges::count_if(
      children_, [](const auto& entry) { return entry.second.connection == 0; }));
}

bool FpmPool::may_accept() const {
  if (reloading_) return false;
  if (idle() > 0) return true;
  return master_ && settings_.manager == Manager::ondemand &&
         children_.size() < settings_.max_children;
}

void FpmPool::accepted(std::uint64_t connection) {
  if (idle() == 0) {
    warned_full_ = false;
    fork(1, false);
  }
  const auto free = std::ranges::find_if(
      children_, [](const auto& entry) { return entry.second.connection == 0; });
  Child& child = free->second;
  child.connection = connection;
  child.accepted = loop_.now();
  child.request.reset();
  child.slow_logged = false;
  ++accepted_;
  note_activity();
}

void FpmPool::note_activity() {
  max_active_ = std::max(max_active_, active());
  max_queue_ = std::max(max_queue_, actions_.listen_queue().value_or(0));
}

void FpmPool::request_begins(std::uint64_t connection, Request request) {
  const auto it = find(connection);
  if (it == children_.end()) return;
  it->second.request = std::move(request);
  it->second.accepted = loop_.now();
  it->second.slow_logged = false;
  ++it->second.requests;
}

FpmPool::Children::iterator FpmPool::find(std::uint64_t connection) {
  return std::ranges::find_if(
      children_, [&](const auto& entry) { return entry.second.connection == connection; });
}

void FpmPool::released(std::uint64_t connection) {
  const auto it = find(connection);
  if (it == children_.end()) return;
  it->second.connection = 0;
  it->second.last_active = loop_.now();
  if (reloading_) {
    children_.erase(it);
    if (children_.empty()) reload_ = loop_.soon([this] { start_anew(); });
    return;
  }
  if (settings_.max_requests > 0 && it->second.requests >= settings_.max_requests)
    bury(it->first, "with code 0", false);
  actions_.changed();
}

void FpmPool::child_dies(std::uint64_t connection, int signal) {
  const auto it = find(connection);
  if (it == children_.end()) return;
  bury(it->first, fmt::format("on signal {} ({})", signal, signal_name(signal)), true);
  if (signal == SIGSEGV || signal == SIGBUS) emergency();
  if (reloading_ && children_.empty()) reload_ = loop_.soon([this] { start_anew(); });
  actions_.changed();
}

// fpm_children_bury
void FpmPool::bury(std::uint64_t pid, const std::string& how, bool failed) {
  const auto age = loop_.now() - children_.at(pid).started;
  children_.erase(pid);
  if (!master_) return;
  const auto line =
      fmt::format("{} exited {} after {} seconds from start", named(pid), how, seconds_text(age));
  failed ? warn(line) : notice(line);
  if (!reloading_) replace();
}

// An ondemand pool forks when a connection comes, and not before.
void FpmPool::replace() {
  if (settings_.manager != Manager::ondemand) fork(1, true);
}

void FpmPool::emergency() {
  if (!master_ || reloading_ || settings_.emergency_restart_threshold == 0) return;
  crashes_.push_back(loop_.now());
  while (loop_.now() - crashes_.front() > settings_.emergency_restart_interval)
    crashes_.pop_front();
  if (crashes_.size() < settings_.emergency_restart_threshold) return;
  crashes_.clear();
  warn(fmt::format(
      "failed processes threshold ({} in {} sec) is reached, initiating reload",
      settings_.emergency_restart_threshold,
      std::chrono::duration_cast<seconds>(settings_.emergency_restart_interval).count()));
  // Not here: the connection whose child has died is still being ended.
  reload_ = loop_.soon([this] { reload(); });
}

// ---- maintenance: fpm_pctl_perform_idle_server_maintenance

void FpmPool::tick() {
  tick_ = loop_.after(kMaintenance, [this] { tick(); });
  note_activity();
  if (settings_.manager == Manager::dynamic) {
    manage_dynamic();
  } else {
    manage_ondemand();
  }
  actions_.changed();
}

std::uint64_t FpmPool::oldest_idle() const {
  const auto it = std::ranges::find_if(
      children_, [](const auto& entry) { return entry.second.connection == 0; });
  return it == children_.end() ? 0 : it->first;
}

void FpmPool::manage_ondemand() {
  const auto pid = oldest_idle();
  if (pid == 0) return;
  if (loop_.now() - children_.at(pid).last_active > settings_.process_idle_timeout)
    children_.erase(pid);
}

void FpmPool::manage_dynamic() {
  const auto free = idle();
  if (free > settings_.max_spare_servers) {
    children_.erase(oldest_idle());
    spawn_rate_ = 1;
    return;
  }
  if (free >= settings_.min_spare_servers) {
    spawn_rate_ = 1;
    return;
  }
  if (children_.size() >= settings_.max_children) {
    warn_full("pm.max_children");
    spawn_rate_ = 1;
    return;
  }
  if (spawn_rate_ >= kBusyRate) {
    warn(
        fmt::format("[pool www] seems busy (you may need to increase pm.start_servers, or "
                    "pm.min/max_spare_servers), spawning {} children, there are {} idle, and {} "
                    "total children",
                    spawn_rate_, free, children_.size()));
  }
  warned_full_ = false;
  fork(std::min({spawn_rate_, settings_.min_spare_servers - free,
                 settings_.max_children - children_.size()}),
       false);
  if (spawn_rate_ < kMaxSpawnRate) spawn_rate_ *= 2;
}

void FpmPool::queue_grows() {
  if (master_ && !reloading_ && settings_.manager == Manager::ondemand) warn_full("max_children");
}

// Once, until a child could be started again.
void FpmPool::warn_full(std::string_view setting) {
  if (std::exchange(warned_full_, true)) return;
  ++times_full_;
  warn(fmt::format("[pool www] server reached {} setting ({}), consider raising it", setting,
                   settings_.max_children));
}

// ---- timeouts: fpm_request_check_timed_out

void FpmPool::heartbeat() {
  begin_timers();
  std::vector<std::uint64_t> late;
  for (auto& [pid, child] : children_) {
    if (!child.request || child.connection == 0) continue;
    check_slow(pid, child);
    if (terminates(pid, child)) late.push_back(pid);
  }
  for (const auto pid : late)
    end_child(pid, SIGTERM);
  if (!late.empty()) actions_.changed();
}

bool FpmPool::terminates(std::uint64_t pid, const Child& child) {
  const auto limit = settings_.request_terminate_timeout;
  const auto time = loop_.now() - child.accepted;
  if (limit <= net::Duration{} || time < limit) return false;
  warn(fmt::format("{} execution timed out ({} sec), terminating", described(pid, child),
                   seconds_text(time)));
  return true;
}

void FpmPool::check_slow(std::uint64_t pid, Child& child) {
  const auto limit = settings_.request_slowlog_timeout;
  const auto time = loop_.now() - child.accepted;
  if (limit <= net::Duration{} || time < limit || std::exchange(child.slow_logged, true)) return;
  ++slow_;
  warn(fmt::format("{} executing too slow ({} sec), logging", described(pid, child),
                   seconds_text(time)));
}

// ---- words

std::string FpmPool::named(std::uint64_t pid) const {
  return fmt::format("[pool www] child {}", pid);
}

std::string FpmPool::described(std::uint64_t pid, const Child& child) const {
  return fmt::format("{}, script '{}' (request: \"{} {}\")", named(pid), child.request->script,
                     child.request->method, child.request->uri);
}

}  // namespace badgate::fault_backends
