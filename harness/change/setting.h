// Setting: one directive that is laid over scenarios, as `--set` and configurations say it:
// "proxy_read_timeout=10s", "group.keepalive=32" of all upstream groups, "server.max_fails=3" of
// all their servers, "group.servers=+1" for one more server in each group, a healthy one.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario.h"
#include "net/result.h"

namespace badgate::harness::change {

struct Setting {
  enum class Of { proxy, group, server };
  Of of = Of::proxy;
  std::string name;
  // Several lines of a directive that may be repeated. Nothing: nginx's default.
  std::optional<std::string> value;

  bool operator==(const Setting&) const = default;
};

// The directive of that full name, without a value.
Setting named(std::string_view full_name);
// "group.keepalive": as users write it.
std::string full_name(const Setting& setting);
// nginx's default, as text; empty: it has none, or there is no such directive.
std::string default_of(const Setting& setting);

// How its values are written, in the reference's words: "time"; empty: there is no such directive.
std::string syntax_of(std::string_view full_name);

// Whether there is one of that name which can be laid over scenarios. Quick: configurations ask it
// of each word of each location.
bool is_known(std::string_view full_name);
// The same with an Error that names the nearest valid name.
net::Result<void> check_name(std::string_view full_name);
// Whether it can be laid over scenarios: addresses and names are the scenarios' own.
net::Result<void> can_be_laid_over(const Setting& setting);

// "NAME=VALUE", value and all checked. The Error names the nearest valid name.
net::Result<Setting> parse_setting(std::string_view text);

// Of a directive that may be repeated each one is a line more.
void add_setting(std::vector<Setting>& settings, Setting setting);

// nginx's words for why it would not start with these and its defaults; empty: it would.
std::string contradiction_of(std::span<const Setting> settings);
// The same of a scenario's proxy.
std::string contradiction_in(const Scenario& scenario);

// Whatever the scenario itself says of these directives, in whatever block or event, gives way.
void lay_over(Scenario& scenario, std::span<const Setting> settings);

}  // namespace badgate::harness::change
