#include "harness/reproduce/recipe.h"

#include <fmt/core.h>

#include <algorithm>

#include "harness/reproduce/pattern.h"
#include "harness/reproduce/toml_text.h"
#include "harness/text_fields.h"
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

std::string time_text(net::Duration time) {
  return net::format_duration(time);
}

Values values_of(const Captures& captures, const Frame& frame) {
  Values values{{"group", toml_key(frame.group)}, {"prefix", frame.prefix},
                {"scheme", frame.scheme},         {"path", toml_escaped(frame.path)},
                {"request", frame.request},       {"body", frame.body}};
  for (const std::string_view name : {"read_timeout", "connect_timeout", "send_timeout"}) {
    const auto time = time_of(frame, name);
    values[std::string(name)] = time_text(time);
    values[fmt::format("after_{}", name)] = time_text(time + std::max<net::Duration>(time / 4, 1s));
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
    if (!said) directives.push_back({directive, "\"60s\"", "nginx's default"});
  }
}

std::string proxy_table(const std::vector<Directive>& directives) {
  std::string out = "[proxy]\n";
  for (const Directive& d : directives) {
    out += fmt::format("{} = {}", d.name, d.value);
    out += d.comment.empty() ? "\n" : fmt::format("  # {}\n", d.comment);
  }
  return directives.empty() ? std::string() : out + "\n";
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

}  // namespace

std::vector<Fitting> recipes_for(const evidence::Evidence& line, const Frame& frame) {
  std::vector<Fitting> out;
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
  if (!frame.location.empty())
    out += fmt::format("[proxy.location.{}]\nproxy_pass = {}\n\n", toml_string(frame.location),
                       toml_string(frame.location_pass));
  const auto fault = filled(recipe.server, values);
  const auto why = filled(recipe.why, values);
  for (unsigned i = 0; i < recipe.servers; ++i)
    out += server_table(recipe, frame, fault, why, true);
  for (unsigned i = 0; i < recipe.healthy; ++i)
    out += server_table(recipe, frame, fault, why, false);
  if (!recipe.more.empty()) out += filled(recipe.more, values) + "\n";
  return out + filled(recipe.requests, values);
}

}  // namespace badgate::harness::reproduce
