#include "fault_backends/fpm_pool.h"

#include <fmt/core.h>

#include <algorithm>
#include <csignal>
#include <utility>
#include <vector>

#include "fault_backends/fpm_words.h"

namespace badgate::fault_backends {
namespace {

using Manager = FpmSettings::Manager;
using std::chrono::seconds;

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
  reload_if_alone();
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
  reload_if_alone();
  if (children_.empty()) return;
  reload_ = loop_.after(settings_.process_control_timeout, [this] {
    while (!children_.empty())
      end_child(children_.begin()->first, 0);
    start_anew();
  });
}

// The last of the old children is gone: nothing is waited for any more.
void FpmPool::reload_if_alone() {
  if (reloading_ && children_.empty()) reload_ = loop_.soon([this] { start_anew(); });
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
    reload_if_alone();
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
  reload_if_alone();
  actions_.changed();
}

// fpm_children_bury: whatever the manager is, ondemand too, another child takes its place.
void FpmPool::bury(std::uint64_t pid, const std::string& how, bool failed) {
  const auto age = loop_.now() - children_.at(pid).started;
  children_.erase(pid);
  if (!master_) return;
  const auto line =
      fmt::format("{} exited {} after {} seconds from start", named(pid), how, seconds_text(age));
  failed ? warn(line) : notice(line);
  if (!reloading_) fork(1, true);
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

// ---- words

std::string FpmPool::named(std::uint64_t pid) const {
  return fmt::format("[pool www] child {}", pid);
}

}  // namespace badgate::fault_backends
