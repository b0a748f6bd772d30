// FpmPool: the status page, as fpm_status.c of php-fpm 8.2 lays it out.
#include <fmt/chrono.h>

#include <array>
#include <chrono>
#include <string>
#include <string_view>

#include "fault_backends/fpm_pool.h"

namespace badgate::fault_backends {
namespace {

using Manager = FpmSettings::Manager;

std::string_view name_of(Manager manager) {
  return manager == Manager::dynamic    ? "dynamic"
         : manager == Manager::ondemand ? "ondemand"
                                        : "static";
}

}  // namespace

std::string FpmPool::status_text() const {
  const auto since = std::chrono::duration_cast<std::chrono::seconds>(loop_.now() - started_);
  const auto start =
      std::chrono::system_clock::to_time_t(loop_.wall()) - static_cast<std::time_t>(since.count());
  const auto line = [](std::string_view name, const auto& value) {
    return fmt::format("{:<22}{}\n", fmt::format("{}:", name), value);
  };
  return line("pool", "www") + line("process manager", name_of(settings_.manager)) +
         line("start time", fmt::format("{:%d/%b/%Y:%H:%M:%S} +0000", fmt::gmtime(start))) +
         line("start since", since.count()) + line("accepted conn", accepted_) +
         line("listen queue", actions_.listen_queue().value_or(0)) +
         line("max listen queue", max_queue_) +
         line("listen queue len", actions_.listen_queue() ? backlog_ : 0) +
         line("idle processes", idle()) + line("active processes", active()) +
         line("total processes", children_.size()) + line("max active processes", max_active_) +
         line("max children reached", times_full_) + line("slow requests", slow_);
}

std::string FpmPool::status_json() const {
  const auto since = std::chrono::duration_cast<std::chrono::seconds>(loop_.now() - started_);
  const auto start =
      std::chrono::system_clock::to_time_t(loop_.wall()) - static_cast<std::time_t>(since.count());
  return fmt::format(
      R"({{"pool":"www","process manager":"{}","start time":{},"start since":{},"accepted conn":{},)"
      R"("listen queue":{},"max listen queue":{},"listen queue len":{},"idle processes":{},)"
      R"("active processes":{},"total processes":{},"max active processes":{},)"
      R"("max children reached":{},"slow requests":{}}})",
      name_of(settings_.manager), start, since.count(), accepted_,
      actions_.listen_queue().value_or(0), max_queue_, actions_.listen_queue() ? backlog_ : 0,
      idle(), active(), children_.size(), max_active_, times_full_, slow_);
}

}  // namespace badgate::fault_backends
