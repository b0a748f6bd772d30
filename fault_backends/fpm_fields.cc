// The settings of a backend that is a PHP-FPM: `fpm = { pm = "static", max_children = 5 }`.
#include <fmt/core.h>

#include <array>
#include <string>

#include "fault_backends/backend.h"
#include "fault_backends/fault_values.h"
#include "net/text.h"

namespace badgate::fault_backends {
namespace {

// Children are counted and looked through one by one.
constexpr std::uint64_t kMaxChildren = 10'000;

net::Result<void> set_manager(FpmSettings& into, std::string_view text) {
  using Manager = FpmSettings::Manager;
  if (text == "static") {
    into.manager = Manager::constant;
  } else if (text == "dynamic") {
    into.manager = Manager::dynamic;
  } else if (text == "ondemand") {
    into.manager = Manager::ondemand;
  } else {
    return net::fail(fmt::format("\"{}\" is not static, dynamic or ondemand", text));
  }
  return {};
}

template <auto Member>
net::Result<void> set_children(FpmSettings& into, std::string_view text) {
  const auto number = net::parse_number(text);
  if (!number || *number == 0 || *number > kMaxChildren)
    return net::fail(fmt::format("\"{}\" is not a number from 1 to {}", text, kMaxChildren));
  into.*Member = *number;
  return {};
}

template <auto Member, auto Parse>
net::Result<void> set(FpmSettings& into, std::string_view text) {
  const auto value = Parse(text);
  if (!value) return tl::unexpected(value.error());
  into.*Member = *value;
  return {};
}

template <auto Member>
net::Result<void> set_path(FpmSettings& into, std::string_view text) {
  if (!text.starts_with('/') || (text.size() > 1 && text.ends_with('/')))
    return net::fail(fmt::format("\"{}\" is no path such as /srv/app", text));
  into.*Member = std::string(text);
  return {};
}

using S = FpmSettings;

constexpr auto kFields = std::to_array<net::Field<FpmSettings>>({
    {"pm", "static | dynamic | ondemand", "static", "how many children there are, and when",
     &set_manager},
    {"max_children", "number", "5", "pm.max_children", &set_children<&S::max_children>},
    {"start_servers", "number", "2", "pm.start_servers, of a dynamic pool",
     &set_children<&S::start_servers>},
    {"min_spare_servers", "number", "1", "pm.min_spare_servers, of a dynamic pool",
     &set_children<&S::min_spare_servers>},
    {"max_spare_servers", "number", "3", "pm.max_spare_servers, of a dynamic pool",
     &set_children<&S::max_spare_servers>},
    {"process_idle_timeout", "time", "10s", "pm.process_idle_timeout, of an ondemand pool",
     &set<&S::process_idle_timeout, detail::parse_positive_duration>},
    {"max_requests", "number", "0", "pm.max_requests: a child ends after so many; 0: never",
     &set<&S::max_requests, net::parse_number>},
    {"status_path", "path", "", "pm.status_path: the pool's status page, as text or with ?json",
     &set_path<&S::status_path>},
    {"request_terminate_timeout", "time", "0", "the master kills a child that takes longer",
     &set<&S::request_terminate_timeout, net::parse_duration>},
    {"request_slowlog_timeout", "time", "0", "the master logs a request that takes longer",
     &set<&S::request_slowlog_timeout, net::parse_duration>},
    {"emergency_restart_threshold", "number", "0",
     "so many children that die of SIGSEGV or SIGBUS …, and the master reloads",
     &set<&S::emergency_restart_threshold, net::parse_number>},
    {"emergency_restart_interval", "time", "0", "… within so long",
     &set<&S::emergency_restart_interval, net::parse_duration>},
    {"process_control_timeout", "time", "0",
     "how long children may work on at a reload; 0: they are killed at once",
     &set<&S::process_control_timeout, net::parse_duration>},
    {"max_execution_time", "time", "30s", "of php.ini: how long a script may compute; 0: for ever",
     &set<&S::max_execution_time, net::parse_duration>},
    {"memory_limit", "size", "128m", "of php.ini: how much a script may take; 0: no limit",
     &set<&S::memory_limit, net::parse_size>},
    {"root", "path", "",
     "where the scripts are: another SCRIPT_FILENAME is a \"Primary script unknown\"; any is "
     "found if not given",
     &set_path<&S::root>},
    {"compute_time", "time", "0",
     "how long a script computes; service_time is what it waits, which max_execution_time leaves "
     "out",
     &set<&S::compute_time, net::parse_duration>},
    {"script_memory", "size", "0", "how much a script takes",
     &set<&S::script_memory, net::parse_size>},
});

}  // namespace

std::span<const net::Field<FpmSettings>> fpm_fields() {
  return kFields;
}

// fpm_conf.c, fpm_conf_process_all_pools, in its words.
std::string why_impossible(const FpmSettings& s) {
  if (s.request_terminate_timeout > net::Duration{} &&
      s.request_slowlog_timeout > s.request_terminate_timeout) {
    return "'request_slowlog_timeout' can't be greater than 'request_terminate_timeout'";
  }
  if (s.manager != FpmSettings::Manager::dynamic) return {};
  if (s.min_spare_servers > s.max_children || s.max_spare_servers > s.max_children) {
    return fmt::format(
        "pm.min_spare_servers({}) and pm.max_spare_servers({}) cannot be greater than "
        "pm.max_children({})",
        s.min_spare_servers, s.max_spare_servers, s.max_children);
  }
  if (s.max_spare_servers < s.min_spare_servers) {
    return fmt::format("pm.max_spare_servers({}) must not be less than pm.min_spare_servers({})",
                       s.max_spare_servers, s.min_spare_servers);
  }
  if (s.start_servers < s.min_spare_servers || s.start_servers > s.max_spare_servers) {
    return fmt::format(
        "pm.start_servers({}) must not be less than pm.min_spare_servers({}) and not greater than "
        "pm.max_spare_servers({})",
        s.start_servers, s.min_spare_servers, s.max_spare_servers);
  }
  return {};
}

}  // namespace badgate::fault_backends
