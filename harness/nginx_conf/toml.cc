// A Skeleton as text.
#include <fmt/core.h>

#include <algorithm>

#include "harness/nginx_conf/to_scenario.h"
#include "harness/printable.h"
#include "harness/toml_text.h"

namespace badgate::harness::nginx_conf {
namespace {

void add_lines(std::string& out, const std::vector<Line>& lines, bool origins) {
  for (const Line& line : lines) {
    out += fmt::format("{} = {}", toml_key(line.key), line.value);
    if (origins && line.from.line > 0)
      out += fmt::format("  # {}:{}", printable(line.from.file), line.from.line);
    out += '\n';
  }
}

}  // namespace

std::string toml_value(const std::vector<std::string>& lines) {
  if (lines.size() == 1) return toml_string(lines.front());
  std::string out = "[\n";
  for (const std::string& line : lines)
    out += "  " + toml_string(line) + ",\n";
  return out + "]";
}

std::string to_toml(const Skeleton& skeleton, bool origins) {
  std::string out = "[proxy]\n";
  add_lines(out, skeleton.proxy, origins);
  for (const SkeletonLocation& location : skeleton.locations) {
    out += fmt::format("\n[proxy.location.{}]\n", toml_string(location.path));
    add_lines(out, location.lines, origins);
  }
  for (const SkeletonGroup& group : skeleton.groups) {
    if (!group.lines.empty()) {
      out += fmt::format("\n[group.{}]\n", toml_key(group.name));
      add_lines(out, group.lines, origins);
    }
    for (const SkeletonServer& server : group.servers) {
      out += fmt::format("\n[[upstream.{}]]", toml_key(group.name));
      if (origins) out += fmt::format("  # {}", printable(server.address));
      out += '\n';
      add_lines(out, server.lines, origins);
    }
  }
  return out;
}

}  // namespace badgate::harness::nginx_conf
