// A Skeleton as text.
#include <fmt/core.h>

#include <algorithm>

#include "harness/nginx_conf/to_scenario.h"
#include "harness/printable.h"

namespace badgate::harness::nginx_conf {
namespace {

bool is_bare(std::string_view key) {
  return !key.empty() && std::ranges::all_of(key, [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

std::string key_text(std::string_view key) {
  return is_bare(key) ? std::string(key) : toml_text(key);
}

void add_lines(std::string& out, const std::vector<Line>& lines, bool origins) {
  for (const Line& line : lines) {
    out += fmt::format("{} = {}", key_text(line.key), line.value);
    if (origins && line.from.line > 0)
      out += fmt::format("  # {}:{}", printable(line.from.file), line.from.line);
    out += '\n';
  }
}

std::string valid_utf8(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto bad = std::min(find_invalid_utf8(text), text.size());
    out += text.substr(0, bad);
    if (bad < text.size()) out += '?';
    text.remove_prefix(std::min(text.size(), bad + 1));
  }
  return out;
}

}  // namespace

std::string toml_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : valid_utf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\u{:04X}", byte);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string toml_value(const std::vector<std::string>& lines) {
  if (lines.size() == 1) return toml_text(lines.front());
  std::string out = "[\n";
  for (const std::string& line : lines)
    out += "  " + toml_text(line) + ",\n";
  return out + "]";
}

std::string to_toml(const Skeleton& skeleton, bool origins) {
  std::string out = "[proxy]\n";
  add_lines(out, skeleton.proxy, origins);
  for (const SkeletonLocation& location : skeleton.locations) {
    out += fmt::format("\n[proxy.location.{}]\n", toml_text(location.path));
    add_lines(out, location.lines, origins);
  }
  for (const SkeletonGroup& group : skeleton.groups) {
    if (!group.lines.empty()) {
      out += fmt::format("\n[group.{}]\n", key_text(group.name));
      add_lines(out, group.lines, origins);
    }
    for (const SkeletonServer& server : group.servers) {
      out += fmt::format("\n[[upstream.{}]]", key_text(group.name));
      if (origins) out += fmt::format("  # {}", printable(server.address));
      out += '\n';
      add_lines(out, server.lines, origins);
    }
  }
  return out;
}

}  // namespace badgate::harness::nginx_conf
