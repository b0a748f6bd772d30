// FpmPool: what the master does at intervals: it looks after the number of its children
// (fpm_pctl_perform_idle_server_maintenance) and after requests that take too long.
#include <fmt/core.h>

#include <algorithm>
#include <csignal>
#include <utility>
#include <vector>

#include "fault_backends/fpm_pool.h"
#include "fault_backends/fpm_words.h"

namespace badgate::fault_backends {
namespace {

using Manager = FpmSettings::Manager;

// FPM_PCTL_MIN_HEARTBEAT, FPM_IDLE_SERVER_MAINTENANCE_HEARTBEAT, FPM_MAX_SPAWN_RATE
constexpr auto kLeastHeartbeat = std::chrono::milliseconds(130);
constexpr auto kMaintenance = std::chrono::seconds(1);
constexpr std::uint64_t kMaxSpawnRate = 32;
constexpr std::uint64_t kBusyRate = 8;

}  // namespace

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

std::string FpmPool::described(std::uint64_t pid, const Child& child) const {
  return fmt::format("{}, script '{}' (request: \"{} {}\")", named(pid), child.request->script,
                     child.request->method, child.request->uri);
}

}  // namespace badgate::fault_backends
