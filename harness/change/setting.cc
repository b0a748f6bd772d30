#include "harness/change/setting.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <functional>
#include <set>

#include "harness/certificate_files.h"
#include "harness/diagnostics.h"
#include "harness/directive_block.h"
#include "harness/placeholders.h"
#include "net/text.h"
#include "proxy/directives.h"

namespace badgate::harness::change {
namespace {

using Of = Setting::Of;

constexpr std::string_view kGroup = "group.";
constexpr std::string_view kServers = "servers";
constexpr std::string_view kMoreServers = "group.servers";
constexpr std::uint64_t kMostServers = 16;
constexpr std::string_view kServer = "server.";

// What ties a scenario together: whom the proxy is for, and where it passes requests.
constexpr auto kOwn = std::to_array<std::string_view>({"listen",
                                                       "server_name",
                                                       "ssl_certificate",
                                                       "ssl_certificate_key",
                                                       "set",
                                                       "proxy_pass",
                                                       "fastcgi_pass",
                                                       "resolver",
                                                       "include",
                                                       "root",
                                                       "log_format",
                                                       "error_log_level",
                                                       "proxy_temp_path",
                                                       "fastcgi_temp_path",
                                                       "client_body_temp_path",
                                                       "group.server",
                                                       "group.zone",
                                                       "group.resolver",
                                                       "group.resolver_timeout",
                                                       "server.backup",
                                                       "server.down"});

bool is_own(std::string_view name) {
  return std::ranges::find(kOwn, name) != kOwn.end();
}

// Calls `use` with the fields of the kind.
template <typename Use>
auto with_fields(Of of, Use use) {
  switch (of) {
    case Of::group:
      return use(proxy::upstream_fields(), proxy::Upstream());
    case Of::server:
      return use(proxy::server_fields(), proxy::Server());
    case Of::proxy:
      break;
  }
  return use(proxy::settings_fields(), proxy::Settings());
}

std::string_view prefix_of(Of of) {
  return of == Of::group ? kGroup : of == Of::server ? kServer : std::string_view();
}

std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const Of of : {Of::proxy, Of::group, Of::server}) {
    with_fields(of, [&](auto fields, auto) {
      for (const auto& field : fields) {
        auto name = fmt::format("{}{}", prefix_of(of), field.name);
        if (!is_own(name)) names.push_back(std::move(name));
      }
    });
  }
  names.emplace_back(kMoreServers);
  return names;
}

// "+2"
net::Result<std::uint64_t> number_of_servers(std::string_view text) {
  const auto number =
      text.starts_with('+') ? net::parse_number(text.substr(1)) : net::fail("no plus");
  if (number && *number >= 1 && *number <= kMostServers) return *number;
  return net::fail(
      fmt::format("{} is no number of further servers; write it as +1", in_quotes(text)));
}

net::Error unknown(std::string_view name) {
  if (is_own(name))
    return {fmt::format("{} is of each scenario's own, and cannot be laid over all", name)};
  const auto names = all_names();
  // A group's directive, or a server's parameter, without saying whose.
  std::string near;
  for (const auto prefix : {kGroup, kServer}) {
    const auto whole = fmt::format("{}{}", prefix, name.substr(name.find('.') + 1));
    if (near.empty() && std::ranges::find(names, whole) != names.end()) near = whole;
  }
  const std::vector<std::string_view> views(names.begin(), names.end());
  if (near.empty()) near = net::nearest(name, views);
  return {fmt::format("unknown directive {}{}", in_quotes(name),
                      near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near))};
}

void erase(DirectiveBlock& block, const std::string& name) {
  std::erase_if(block.directives, [&](const auto& known) { return known.first == name; });
}

void erase_everywhere(DirectiveBlock& block, const std::string& name) {
  erase(block, name);
  for (DirectiveBlock& child : block.blocks)
    erase_everywhere(child, name);
}

void lay_over_proxy(Scenario& scenario, const Setting& setting) {
  erase_everywhere(scenario.directives, setting.name);
  for (TimelineEvent& event : scenario.events)
    erase_everywhere(event.directives, setting.name);
  if (setting.value) scenario.directives.directives.emplace_back(setting.name, *setting.value);
}

void lay_over_group(Scenario& scenario, const Setting& setting) {
  for (const proxy::Upstream& upstream : scenario.proxy_base.upstreams) {
    auto block = std::ranges::find(scenario.groups, upstream.name, &DirectiveBlock::argument);
    if (block == scenario.groups.end()) {
      scenario.groups.push_back({{}, upstream.name, {}, {}});
      block = std::prev(scenario.groups.end());
    }
    erase(*block, setting.name);
    if (setting.value) block->directives.emplace_back(setting.name, *setting.value);
  }
}

// Like the group's first one, without what is wrong with it.
void add_healthy_server(Scenario& scenario, std::size_t group) {
  const auto is_of_group = [&](const BackendSpec& spec) { return spec.upstream == group; };
  const auto first = std::ranges::find_if(scenario.backends, is_of_group);
  if (first == scenario.backends.end() || first->process) return;
  BackendSpec twin = *first;
  twin.name = fmt::format("{}[{}]", scenario.proxy_base.upstreams[group].name,
                          std::ranges::count_if(scenario.backends, is_of_group));
  twin.settings.name = twin.name;
  twin.settings.faults.clear();
  twin.address.clear();
  twin.server = {};
  scenario.proxy_base.upstreams[group].servers.push_back(twin.server);
  scenario.backends.push_back(std::move(twin));
}

void add_servers(Scenario& scenario, const Setting& setting) {
  const auto number = setting.value ? number_of_servers(*setting.value).value_or(0) : 0;
  for (std::size_t group = 0; group < scenario.proxy_base.upstreams.size(); ++group) {
    for (std::uint64_t i = 0; i < number; ++i)
      add_healthy_server(scenario, group);
  }
}

// Its servers are known already; the addresses are a run's.
void read_group_again(const Scenario& scenario, proxy::Upstream& upstream) {
  const auto fields = proxy::upstream_fields();
  proxy::Upstream fresh;
  fresh.name = upstream.name;
  fresh.servers = std::move(upstream.servers);
  upstream = std::move(fresh);
  for (const DirectiveBlock& block : scenario.groups) {
    if (block.argument != upstream.name) continue;
    for (const auto& [name, value] : fill_placeholders(block, any_address).directives) {
      const auto* field = net::find_field(fields, std::string_view(name));
      if (field != nullptr && name != "server") static_cast<void>(field->apply(upstream, value));
    }
  }
}

void lay_over_server(proxy::Server& server, const Setting& setting) {
  const auto* field = net::find_field(proxy::server_fields(), std::string_view(setting.name));
  if (field != nullptr)
    static_cast<void>(field->apply(server, setting.value ? *setting.value : field->fallback));
}

void lay_over_servers(Scenario& scenario, const Setting& setting) {
  for (BackendSpec& spec : scenario.backends) {
    if (spec.upstream) lay_over_server(spec.server, setting);
  }
  for (proxy::Upstream& upstream : scenario.proxy_base.upstreams) {
    for (proxy::Server& server : upstream.servers)
      lay_over_server(server, setting);
  }
}

std::string words_of(const std::vector<proxy::Contradiction>& contradictions) {
  return contradictions.empty() ? std::string() : contradictions.front().message;
}

}  // namespace

std::string full_name(const Setting& setting) {
  return fmt::format("{}{}", prefix_of(setting.of), setting.name);
}

std::string default_of(const Setting& setting) {
  return with_fields(setting.of, [&](auto fields, auto) {
    const auto* field = net::find_field(fields, std::string_view(setting.name));
    return field != nullptr ? std::string(field->fallback) : std::string();
  });
}

std::string syntax_of(std::string_view name) {
  const Setting setting = named(name);
  return with_fields(setting.of, [&](auto fields, auto) {
    const auto* field = net::find_field(fields, std::string_view(setting.name));
    return field != nullptr ? std::string(field->syntax) : std::string();
  });
}

bool is_known(std::string_view name) {
  static const auto known = [] {
    const auto names = all_names();
    return std::set<std::string, std::less<>>(names.begin(), names.end());
  }();
  return known.contains(name);
}

net::Result<void> check_name(std::string_view name) {
  if (is_known(name)) return {};
  return tl::unexpected(unknown(name));
}

net::Result<void> can_be_laid_over(const Setting& setting) {
  const auto name = full_name(setting);
  if (auto ok = check_name(name); !ok || !setting.value) return ok;
  if (name == kMoreServers) {
    const auto number = number_of_servers(*setting.value);
    return number ? net::Result<void>()
                  : net::fail(fmt::format("{}: {}", name, number.error().message));
  }
  return with_fields(setting.of, [&](auto fields, auto scratch) -> net::Result<void> {
    const auto* field = net::find_field(fields, std::string_view(setting.name));
    const auto ok = field->apply(scratch, fill_placeholders(*setting.value, any_address));
    return ok ? ok : net::fail(fmt::format("{}: {}", name, ok.error().message));
  });
}

Setting named(std::string_view full_name) {
  for (const Of of : {Of::group, Of::server}) {
    const auto prefix = prefix_of(of);
    if (full_name.starts_with(prefix))
      return {of, std::string(full_name.substr(prefix.size())), {}};
  }
  return {Of::proxy, std::string(full_name), {}};
}

net::Result<Setting> parse_setting(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == text.npos || equals == 0) {
    return net::fail(
        fmt::format("{} is no NAME=VALUE, such as proxy_read_timeout=10s", in_quotes(text)));
  }
  Setting setting = named(text.substr(0, equals));
  setting.value = std::string(text.substr(equals + 1));
  if (auto ok = can_be_laid_over(setting); !ok) return tl::unexpected(ok.error());
  return setting;
}

void add_setting(std::vector<Setting>& settings, Setting setting) {
  const auto same = [&](const Setting& known) {
    return known.of == setting.of && known.name == setting.name;
  };
  const auto old = std::ranges::find_if(settings, same);
  if (old == settings.end()) {
    settings.push_back(std::move(setting));
    return;
  }
  const auto* field = net::find_field(proxy::settings_fields(), std::string_view(setting.name));
  const bool repeats = setting.of == Of::proxy && field != nullptr && field->repeats;
  if (repeats && old->value && setting.value) {
    *old->value += "\n" + *setting.value;
  } else {
    *old = std::move(setting);
  }
}

std::string contradiction_of(std::span<const Setting> settings) {
  DirectiveBlock top;
  for (const Setting& setting : settings) {
    if (setting.of == Of::proxy && setting.value)
      top.directives.emplace_back(setting.name, *setting.value);
  }
  proxy::Settings base;
  base.upstreams = {{.name = "app", .servers = {{.address = net::Address::loopback(80)}}}};
  base.proxy_pass = "http://app";
  return words_of(proxy::check(settings_of(fill_placeholders(top, any_address), base)));
}

std::string contradiction_in(const Scenario& scenario) {
  if (auto words = words_of(unknown_certificate_files(scenario.directives, scenario.backends));
      !words.empty())
    return words;
  return words_of(proxy::check(scenario.proxy));
}

void lay_over(Scenario& scenario, std::span<const Setting> settings) {
  for (const Setting& setting : settings) {
    switch (setting.of) {
      case Of::proxy:
        lay_over_proxy(scenario, setting);
        break;
      case Of::group:
        if (setting.name == kServers) {
          add_servers(scenario, setting);
        } else {
          lay_over_group(scenario, setting);
        }
        break;
      case Of::server:
        lay_over_servers(scenario, setting);
        break;
    }
  }
  for (proxy::Upstream& upstream : scenario.proxy_base.upstreams)
    read_group_again(scenario, upstream);
  scenario.proxy =
      settings_of(fill_placeholders(scenario.directives, any_address), scenario.proxy_base);
}

}  // namespace badgate::harness::change
