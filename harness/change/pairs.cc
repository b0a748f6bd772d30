#include "harness/change/pairs.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "harness/printable.h"
#include "net/text.h"

namespace badgate::harness::change {
namespace {

// They lead to locations, or say parameters, that a scenario has not.
constexpr auto kOfTheSite = std::to_array<std::string_view>(
    {"error_page", "return", "rewrite", "fastcgi_param", "fastcgi_index", "fastcgi_split_path_info",
     "recursive_error_pages", "proxy_intercept_errors", "fastcgi_intercept_errors"});
constexpr std::string_view kNotCompared = "not compared";
constexpr std::ptrdiff_t kMostOfOneChange = 8;  // comparisons

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

// Without lines whose variables a scenario has not. Nothing: it cannot be laid over scenarios.
std::optional<Setting> setting_of(const Said& said) {
  if (!is_known(said.name)) return std::nullopt;
  if (std::ranges::find(kOfTheSite, said.name) != kOfTheSite.end()) return std::nullopt;
  Setting setting = named(said.name);
  if (!can_be_laid_over(setting)) return std::nullopt;
  std::string kept;
  for (const std::string& line : lines_of(said.value)) {
    const Setting one{setting.of, setting.name, line};
    const bool refers = line.find('$') != line.npos;
    const bool fits = can_be_laid_over(one) && (!refers || contradiction_of({&one, 1}).empty());
    if (!fits && !refers) return std::nullopt;
    if (fits) kept += (kept.empty() ? "" : "\n") + line;
  }
  if (kept.empty()) return std::nullopt;
  setting.value = kept;
  return setting;
}

struct Value {
  const Said* before = nullptr;
  const Said* after = nullptr;
};

std::map<std::string, Value> side_by_side(const Route& before, const Route& after) {
  std::map<std::string, Value> values;
  for (const Said& said : before.said)
    values[said.name].before = &said;
  for (const Said& said : after.said)
    values[said.name].after = &said;
  return values;
}

std::string one_line(std::string text) {
  std::ranges::replace(text, '\n', ';');
  return text;
}

std::string shown(const Said* said, const Setting& setting) {
  if (said != nullptr) return one_line(said->value);
  const auto fallback = default_of(setting);
  return fallback.empty() ? "-" : fallback + " (default)";
}

void compare_servers(const Route& before, const Route& after, Comparison& into) {
  if (before.servers == after.servers || before.servers == 0 || after.servers == 0) return;
  const bool more = after.servers > before.servers;
  const auto difference = more ? after.servers - before.servers : before.servers - after.servers;
  const Setting setting{Setting::Of::group, "servers", fmt::format("+{}", difference)};
  if (can_be_laid_over(setting)) (more ? into.after : into.before).push_back(setting);
  into.changed.push_back(
      {"servers of the group", std::to_string(before.servers), std::to_string(after.servers), {}});
}

// proxy_read_timeout is nothing to a location with fastcgi_pass.
bool is_of_another_protocol(std::string_view name, Protocol protocol) {
  constexpr auto kPrefixes = std::to_array<std::string_view>(
      {"proxy_", "fastcgi_", "uwsgi_", "scgi_", "grpc_", "memcached_"});
  const auto own = protocol == Protocol::fastcgi ? "fastcgi_" : "proxy_";
  return !name.starts_with(own) &&
         std::ranges::any_of(kPrefixes, [&](auto prefix) { return name.starts_with(prefix); });
}

Comparison compare(const Route& before, const Route& after) {
  Comparison comparison;
  comparison.locations = {before.name};
  comparison.fastcgi = after.protocol == Protocol::fastcgi;
  for (const auto& [name, value] : side_by_side(before, after)) {
    if (is_of_another_protocol(name, after.protocol)) continue;
    const auto first = value.before != nullptr ? setting_of(*value.before) : std::nullopt;
    const auto second = value.after != nullptr ? setting_of(*value.after) : std::nullopt;
    const bool lost = (value.before != nullptr && !first) || (value.after != nullptr && !second);
    const bool same = value.before != nullptr && value.after != nullptr &&
                      value.before->value == value.after->value;
    if (!same) {
      comparison.changed.push_back(
          {name, shown(value.before, named(name)), shown(value.after, named(name)),
           lost ? std::string(kNotCompared) : (value.after ? value.after : value.before)->where});
    }
    if (lost) continue;
    comparison.before.push_back(first ? *first : named(name));
    comparison.after.push_back(second ? *second : named(name));
  }
  compare_servers(before, after, comparison);
  return comparison;
}

// The n-th of its name: a name may serve several ports.
using Key = std::pair<std::string, std::size_t>;

std::map<Key, const Route*> by_name(const Config& config) {
  std::map<Key, const Route*> routes;
  for (const Route& route : config.routes) {
    Key key{route.name, 0};
    while (routes.contains(key))
      ++key.second;
    routes[key] = &route;
  }
  return routes;
}

bool same_change(const Comparison& a, const Comparison& b) {
  const auto same = [](const ChangedSetting& x, const ChangedSetting& y) {
    return x.name == y.name && x.before == y.before && x.after == y.after;
  };
  return a.fastcgi == b.fastcgi && std::ranges::equal(a.changed, b.changed, same);
}

bool same_settings(const Comparison& a, const Comparison& b) {
  return a.before == b.before && a.after == b.after;
}

// Leaves what the other one says, too, before and after.
void keep_common(Comparison& into, const Comparison& other) {
  const auto is_said = [](const std::vector<Setting>& settings, const Setting& setting) {
    return std::ranges::find(settings, setting) != settings.end();
  };
  std::set<std::string> gone;
  for (const auto& [own, others] :
       {std::pair(&into.before, &other.before), std::pair(&into.after, &other.after)}) {
    for (const Setting& setting : *own) {
      if (!is_said(*others, setting)) gone.insert(full_name(setting));
    }
  }
  const auto is_gone = [&](const Setting& setting) { return gone.contains(full_name(setting)); };
  std::erase_if(into.before, is_gone);
  std::erase_if(into.after, is_gone);
}

// Where one change has many comparisons, one is left.
void merge_many(std::vector<Comparison>& comparisons) {
  for (std::size_t i = 0; i < comparisons.size(); ++i) {
    const auto first = comparisons.begin() + static_cast<std::ptrdiff_t>(i);
    const auto alike = [&](const Comparison& other) { return same_change(*first, other); };
    if (std::count_if(first, comparisons.end(), alike) <= kMostOfOneChange) continue;
    first->in_common = true;
    for (auto other = std::next(first); other != comparisons.end(); ++other) {
      if (!alike(*other)) continue;
      keep_common(*first, *other);
      first->locations.insert(first->locations.end(), other->locations.begin(),
                              other->locations.end());
    }
    comparisons.erase(std::remove_if(std::next(first), comparisons.end(), alike),
                      comparisons.end());
  }
}

net::Result<void> check(const Comparison& comparison, const std::string& before,
                        const std::string& after) {
  for (const auto& [settings, file] :
       {std::pair(&comparison.before, &before), std::pair(&comparison.after, &after)}) {
    if (const auto words = contradiction_of(*settings); !words.empty()) {
      return net::fail(fmt::format("{}: {}: nginx would not start: {}", *file,
                                   printable(comparison.locations.front()), words));
    }
  }
  return {};
}

// One comparison for all locations in which the same is changed.
void add(Pairs& pairs, Comparison comparison) {
  const auto known = std::ranges::find_if(pairs.comparisons, [&](const Comparison& other) {
    return same_change(comparison, other) && same_settings(comparison, other);
  });
  if (comparison.changed.empty()) {
    pairs.unchanged.push_back(comparison.locations.front());
  } else if (known != pairs.comparisons.end()) {
    known->locations.push_back(comparison.locations.front());
  } else {
    pairs.comparisons.push_back(std::move(comparison));
  }
}

}  // namespace

net::Result<Pairs> pairs_of(const Config& before, const Config& after) {
  Pairs pairs;
  auto first = by_name(before);
  auto second = by_name(after);
  // The only one of each is the same one, whatever it is called.
  if (first.size() == 1 && second.size() == 1) {
    const auto only = second.extract(second.begin());
    second[first.begin()->first] = only.mapped();
  }
  for (const Route& route : before.routes) {
    const auto key = std::ranges::find(first, &route, &std::pair<const Key, const Route*>::second);
    const auto other = second.find(key->first);
    if (other == second.end()) {
      pairs.only_before.push_back(route.name);
      continue;
    }
    const Route& changed = *other->second;
    second.erase(other);
    if (changed.protocol == Protocol::other) {
      pairs.not_spoken.push_back(changed.name);
      continue;
    }
    Comparison comparison = compare(route, changed);
    if (auto ok = check(comparison, before.file, after.file); !ok)
      return tl::unexpected(ok.error());
    add(pairs, std::move(comparison));
  }
  for (const auto& [key, route] : second)
    pairs.only_after.push_back(route->name);
  merge_many(pairs.comparisons);
  return pairs;
}

net::Result<Pairs> pairs_of(const Config& before, const std::vector<Setting>& set) {
  Config after = before;
  after.file = "--set";
  for (Route& route : after.routes) {
    for (const Setting& setting : set) {
      const auto name = full_name(setting);
      std::erase_if(route.said, [&](const Said& said) { return said.name == name; });
      route.said.push_back({name, *setting.value, {}});
    }
  }
  return pairs_of(before, after);
}

}  // namespace badgate::harness::change
