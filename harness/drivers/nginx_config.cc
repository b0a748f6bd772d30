#include "harness/drivers/nginx_config.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "harness/drivers/host_names.h"
#include "net/text.h"
#include "proxy/directives.h"

namespace badgate::harness::drivers {
namespace {

using Directive = std::pair<std::string, std::string>;

// badgate's own, and those whose place is decided here.
bool is_placed(std::string_view name) {
  constexpr std::array<std::string_view, 9> kPlaced{"worker_connections",
                                                    "worker_rlimit_nofile",
                                                    "worker_shutdown_timeout",
                                                    "nginx_version",
                                                    "error_log_level",
                                                    "log_format",
                                                    "listen",
                                                    "server_name",
                                                    "proxy_pass"};
  return std::find(kPlaced.begin(), kPlaced.end(), name) != kPlaced.end();
}

// `words` stand as they are, unless that would end the directive.
std::string line(std::string_view name, std::string_view words) {
  if (!words.empty() && words.find_first_of(";{}\"'\\#\n") == words.npos)
    return fmt::format("{} {};\n", name, words);
  std::string quoted;
  for (const char c : words) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return fmt::format("{} \"{}\";\n", name, quoted);
}

std::string server_line(const proxy::Server& server) {
  const proxy::Server defaults;
  std::string out = fmt::format("server {}", server.address.to_string());
  const auto add = [&](std::string_view name, const auto& value, const auto& fallback) {
    if (value != fallback) out += fmt::format(" {}={}", name, value);
  };
  add("weight", server.weight, defaults.weight);
  add("max_conns", server.max_conns, defaults.max_conns);
  add("max_fails", server.max_fails, defaults.max_fails);
  if (server.fail_timeout != defaults.fail_timeout)
    out += " fail_timeout=" + net::format_duration(server.fail_timeout);
  if (server.backup) out += " backup";
  if (server.down) out += " down";
  return out + ";\n";
}

std::string upstream_block(const proxy::Upstream& upstream) {
  const proxy::Upstream defaults;
  std::string out = fmt::format("upstream {} {{\n", upstream.name);
  for (const proxy::Server& server : upstream.servers)
    out += server_line(server);
  if (upstream.keepalive) {
    out += fmt::format("keepalive {};\nkeepalive_requests {};\n", *upstream.keepalive,
                       upstream.keepalive_requests);
    out += fmt::format("keepalive_time {};\nkeepalive_timeout {};\n",
                       net::format_duration(upstream.keepalive_time),
                       net::format_duration(upstream.keepalive_timeout));
  }
  // Of the commercial version only: nginx says so.
  if (upstream.health_check) out += "health_check;\n";
  return out + "}\n";
}

std::string word_of(const DirectiveBlock& block, std::string_view name, std::string fallback) {
  for (const Directive& directive : block.directives) {
    if (directive.first == name) return directive.second;
  }
  return fallback;
}

// Whose arguments are written with nginx's quotes, and may be given several times.
bool is_verbatim(std::string_view name) {
  if (name == "return") return true;
  const auto* field = net::find_field(proxy::settings_fields(), name);
  return field != nullptr && field->repeats;
}

std::string verbatim(std::string_view name, std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    out += fmt::format("{} {};\n", name, text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

// `set` has no place in http{}: it is said in each server.
std::string directives_of(const DirectiveBlock& block, bool in_http = false) {
  std::string out;
  for (const auto& [name, text] : block.directives) {
    if (is_placed(name) || (in_http && name == "set")) continue;
    if (name == "internal") {
      out += text == "on" ? "internal;\n" : "";
    } else {
      out += is_verbatim(name) ? verbatim(name, text) : line(name, text);
    }
  }
  return out;
}

// nginx does not inherit proxy_pass, so each location says it.
std::string location_block(const DirectiveBlock& location, const std::string& proxy_pass) {
  return fmt::format("location {} {{\n{}{}}}\n", location.argument, directives_of(location),
                     line("proxy_pass", word_of(location, "proxy_pass", proxy_pass)));
}

// The locations of a server, and one for all the rest.
std::string locations_of(const DirectiveBlock& server, const std::string& proxy_pass) {
  std::string out;
  bool has_root = false;
  for (const DirectiveBlock& block : server.blocks) {
    if (block.name != "location") continue;
    has_root |= block.argument == "/";
    out += location_block(block, proxy_pass);
  }
  if (!has_root) out += location_block({"location", "/", {}, {}}, proxy_pass);
  return out;
}

std::string server_block(const DirectiveBlock& server, const std::string& listen,
                         const std::string& names, const std::string& inherited_pass,
                         const std::string& directives) {
  std::string out = fmt::format("server {{\nlisten {};\n", listen);
  if (!names.empty()) out += line("server_name", names);
  const std::string proxy_pass = word_of(server, "proxy_pass", inherited_pass);
  return out + directives + locations_of(server, proxy_pass) + "}\n";
}

// What stands at the top of [proxy] is the first server's, and what the others start from.
std::string servers(const Setup& setup, const NginxSurroundings& surroundings) {
  const DirectiveBlock& top = setup.directives;
  const std::string proxy_pass = setup.settings.proxy_pass;
  const bool ssl = setup.settings.listen.front().ssl;
  const std::string listen = surroundings.listen.to_string() + (ssl ? " ssl" : "");
  std::string out = directives_of(top, true);
  const std::string set = word_of(top, "set", "");
  const std::string variables = set.empty() ? "" : line("set", set);
  out += server_block(top, listen, word_of(top, "server_name", ""), proxy_pass, variables);
  for (const DirectiveBlock& block : top.blocks) {
    if (block.name != "server") continue;
    const auto names = word_of(block, "server_name", block.argument);
    out += server_block(block, listen, names, proxy_pass, variables + directives_of(block));
  }
  return out;
}

}  // namespace

std::string nginx_config(const Setup& scenario, const NginxSurroundings& surroundings) {
  const Setup setup = with_known_hosts(scenario);
  std::string out = "daemon off;\nworker_processes 1;\n";
  for (const auto* name : {"worker_rlimit_nofile", "worker_shutdown_timeout"}) {
    const auto words = word_of(setup.directives, name, "");
    if (!words.empty()) out += line(name, words);
  }
  if (!surroundings.user.empty()) out += fmt::format("user {};\n", surroundings.user);
  out += fmt::format("pid {}/nginx.pid;\n", surroundings.folder);
  // Its notices tell when it is ready; what concerns a connection is evidence from `info` on.
  out += "error_log stderr notice;\n";
  out += fmt::format("events {{\nworker_connections {};\n}}\nhttp {{\n",
                     word_of(setup.directives, "worker_connections", "4096"));
  // As they are named and divided where nothing is said of them.
  for (const auto& module : surroundings.temp_paths) {
    out += fmt::format("{}_temp_path {}/{}_temp{};\n", module, surroundings.folder, module,
                       module == "client_body" ? "" : " 1 2");
  }
  out += fmt::format("log_format badgate '{}';\n", Recorder::log_format());
  out += fmt::format("access_log {} badgate;\nerror_log stderr info;\n", surroundings.access_log);
  for (const proxy::Upstream& upstream : setup.settings.upstreams)
    out += upstream_block(upstream);
  return out + servers(setup, surroundings) + "}\n";
}

}  // namespace badgate::harness::drivers
