#include "harness/reproduce/recipe.h"

#include <fmt/core.h>

#include <algorithm>

#include "harness/printable.h"
#include "harness/reproduce/identity.h"
#include "harness/reproduce/pattern.h"
#include "harness/text_fields.h"
#include "harness/toml_text.h"
#include "net/text.h"

namespace badgate::harness::reproduce {
namespace {

using namespace std::chrono_literals;

// "https" and "unix" of a frame; every word of `only` must be one of them.
bool fits(std::string_view only, const Frame& frame) {
  while (!only.empty()) {
    const auto word = next_field(only);
    if (word != frame.scheme && word != frame.transport &&
        !(word == "tcp" && frame.transport == "tcp6") &&
        !(word == "http(s)" && frame.scheme != "fastcgi"))
      return false;
  }
  return true;
}

std::string filled(std::string_view text, const Values& values) {
  std::string out;
  while (true) {
    const auto open = text.find("<<");
    out += text.substr(0, open);
    if (open == text.npos) return out;
    text.remove_prefix(open + 2);
    const auto close = text.find(">>");
    if (close == text.npos) return out;
    const auto value = values.find(text.substr(0, close));
    if (value != values.end()) out += value->second;
    text.remove_prefix(close + 2);
  }
}

// As nginx reads it: no fractions.
std::string time_text(net::Duration time) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time);
  if (ms % 1s == 0ms) return net::format_duration(ms);
  return fmt::format("{}ms", ms.count());
}

Values values_of(const Captures& captures, const Frame& frame) {
  Values values{{"group", toml_key(frame.group)}, {"prefix", frame.prefix},
                {"scheme", frame.scheme},         {"path", toml_escaped(frame.path)},
                {"request", frame.request},       {"body", frame.body}};
  values["servers"] = std::to_string(std::max<std::size_t>(1, frame.configured.servers.size()));
  for (const std::string_view name : {"read_timeout", "connect_timeout", "send_timeout"}) {
    const auto time = time_of(frame, name);
    values[std::string(name)] = time_text(time);
    values[fmt::format("after_{}", name)] =
        time_text(time + std::chrono::ceil<std::chrono::seconds>(time / 4));
    values[fmt::format("before_{}", name)] = time_text(time / 2);
  }
  for (std::size_t i = 0; i < captures.size(); ++i)
    values[std::to_string(i + 1)] = toml_escaped(captures[i]);
  return values;
}

// "key = value" lines of a recipe take the place of the frame's directives. What a configuration
// says is not touched.
void lay_over(std::string_view lines, std::vector<Directive>& directives) {
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    const auto line = lines.substr(0, end);
    if (const auto equals = line.find(" = "); equals != line.npos) {
      const auto name = std::string(line.substr(0, equals));
      const auto same = std::find_if(directives.begin(), directives.end(),
                                     [&](const Directive& d) { return d.name == name; });
      if (same == directives.end() || same->comment.empty())
        put(directives, {name, std::string(line.substr(equals + 3)), {}});
    }
    lines.remove_prefix(end == lines.npos ? lines.size() : end + 1);
  }
}

// A time that the recipe is made after is written also where it is nginx's default.
void tell_defaults(const Recipe& recipe, const Frame& frame, std::vector<Directive>& directives) {
  for (const std::string_view name : {"connect_timeout", "send_timeout", "read_timeout"}) {
    if (recipe.why.find(name) == recipe.why.npos && recipe.server.find(name) == recipe.server.npos)
      continue;
    const auto directive = fmt::format("{}_{}", frame.prefix, name);
    const bool said = std::any_of(directives.begin(), directives.end(),
                                  [&](const Directive& d) { return d.name == directive; });
    if (!said && find(frame.configured.of_location, directive) == nullptr)
      directives.push_back({directive, "\"60s\"", "nginx's default"});
  }
}

// "key = value" lines.
std::vector<Directive> lines_in(std::string_view text) {
  std::vector<Directive> out;
  lay_over(text, out);
  return out;
}

std::string lines_of(const std::vector<Directive>& lines) {
  std::string out;
  for (const Directive& d : lines) {
    out += fmt::format("{} = {}", d.name, d.value);
    out += d.comment.empty() ? "\n" : fmt::format("  # {}\n", d.comment);
  }
  return out;
}

std::string proxy_table(const std::vector<Directive>& directives) {
  return directives.empty() ? std::string() : "[proxy]\n" + lines_of(directives) + "\n";
}

std::string server_table(const Recipe& recipe, const Frame& frame, const std::string& fault,
                         const std::string& why, bool broken) {
  std::string out;
  if (broken && !why.empty()) out += fmt::format("# {}\n", why);
  out += fmt::format("[[upstream.{}]]\n", toml_key(frame.group));
  if (frame.transport != "tcp") out += fmt::format("transport = \"{}\"\n", frame.transport);
  const bool plain = broken && recipe.plain;
  const bool own_tls = broken && fault.find("tls = {") != fault.npos && fault.starts_with("tls");
  if (frame.scheme == "fastcgi" && !plain && fault.find("fpm = {") == fault.npos)
    out += "protocol = \"fastcgi\"\n";
  if (frame.scheme == "https" && !plain && !own_tls) out += "tls = true\n";
  return out + (broken ? fault : "") + "\n";
}

// The servers of the configuration, each with the fault: which of them is asked first is chance,
// and the line alone does not tell that the others were well.
std::string configured_servers(const Recipe& recipe, const Frame& frame, const std::string& fault,
                               const std::string& why) {
  std::string out;
  for (std::size_t i = 0; i < frame.configured.servers.size(); ++i) {
    const ConfiguredServer& server = frame.configured.servers[i];
    const bool broken = recipe.healthy == 0 ? recipe.servers > 0 : i < recipe.servers;
    if (broken && !why.empty()) out += fmt::format("# {}\n", why);
    out += fmt::format("[[upstream.{}]]  # {}\n", toml_key(frame.group), printable(server.address));
    auto lines = server.lines;
    if (broken && recipe.plain)
      std::erase_if(lines,
                    [](const Directive& d) { return d.name == "tls" || d.name == "protocol"; });
    if (broken) {
      for (Directive& line : lines_in(fault)) {
        if (line.name == "fpm")
          std::erase_if(lines, [](const Directive& d) { return d.name == "protocol"; });
        put(lines, std::move(line));
      }
    }
    out += lines_of(lines) + "\n";
  }
  return out + frame.configured.other_groups;
}

std::string group_of(const Recipe& recipe, const Frame& frame) {
  auto lines = frame.configured.of_group;
  lay_over(recipe.group, lines);
  if (lines.empty()) return {};
  return fmt::format("[group.{}]\n{}\n", toml_key(frame.group), lines_of(lines));
}

std::string servers_of(const Recipe& recipe, const Frame& frame, const std::string& fault,
                       const std::string& why) {
  if (frame.is_configured()) return configured_servers(recipe, frame, fault, why);
  std::string out;
  for (unsigned i = 0; i < recipe.servers; ++i)
    out += server_table(recipe, frame, fault, why, true);
  for (unsigned i = 0; i < recipe.healthy; ++i)
    out += server_table(recipe, frame, fault, why, false);
  return out;
}

std::string locations_of(const Frame& frame) {
  if (frame.is_configured()) return frame.configured.locations;
  if (frame.location.empty()) return {};
  return fmt::format("[proxy.location.{}]\nproxy_pass = {}\n\n", toml_string(frame.location),
                     toml_string(frame.location_pass));
}

}  // namespace

std::vector<Fitting> recipes_for(const evidence::Evidence& line, const Frame& frame) {
  std::vector<Fitting> out;
  if (line.source == evidence::Source::haproxy) {
    const auto end = end_in_words(line);
    for (const Recipe& recipe : recipes_of_haproxy()) {
      if (!fits(recipe.only, frame)) continue;
      if (auto captures = match(recipe.message, end))
        out.push_back({&recipe, std::move(*captures)});
    }
    return out;
  }
  for (const auto recipes :
       {recipes_of_connecting(), recipes_of_tls(), recipes_of_headers(), recipes_of_bodies(),
        recipes_of_fastcgi(), recipes_of_names(), recipes_of_limits(), recipes_of_clients()}) {
    for (const Recipe& recipe : recipes) {
      if (!fits(recipe.only, frame)) continue;
      if (auto captures = match(recipe.message, line.message))
        out.push_back({&recipe, std::move(*captures)});
    }
  }
  return out;
}

std::optional<std::string> compose(const Fitting& fitting, const evidence::Evidence& line,
                                   const Frame& frame) {
  const Recipe& recipe = *fitting.recipe;
  Values values = values_of(fitting.captures, frame);
  if (recipe.prepare != nullptr && !recipe.prepare(line, fitting.captures, frame, values))
    return std::nullopt;
  auto directives = frame.directives;
  lay_over(filled(recipe.proxy, values), directives);
  tell_defaults(recipe, frame, directives);
  std::string out = proxy_table(directives);
  out += locations_of(frame);
  out += group_of(recipe, frame);
  out += servers_of(recipe, frame, filled(recipe.server, values), filled(recipe.why, values));
  if (!recipe.more.empty()) out += filled(recipe.more, values) + "\n";
  return out + filled(recipe.requests, values);
}

}  // namespace badgate::harness::reproduce
