#include "harness/drivers/nginx_config.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <string_view>

#include "harness/drivers/host_names.h"
#include "net/text.h"
#include "proxy/directives.h"
#include "proxy/proxy_pass.h"

namespace badgate::harness::drivers {
namespace {

using Directive = std::pair<std::string, std::string>;

// badgate's own, and those whose place is decided here.
bool is_placed(std::string_view name) {
  constexpr std::array<std::string_view, 10> kPlaced{"worker_connections",
                                                     "worker_rlimit_nofile",
                                                     "worker_shutdown_timeout",
                                                     "nginx_version",
                                                     "error_log_level",
                                                     "log_format",
                                                     "listen",
                                                     "server_name",
                                                     "proxy_pass",
                                                     "fastcgi_pass"};
  return std::find(kPlaced.begin(), kPlaced.end(), name) != kPlaced.end();
}

std::string quoted(std::string_view words) {
  std::string out;
  for (const char c : words) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return fmt::format("\"{}\"", out);
}

// `words` stand as they are, unless that would end the directive.
std::string line(std::string_view name, std::string_view words) {
  if (!words.empty() && words.find_first_of(";{}\"'\\#\n") == words.npos)
    return fmt::format("{} {};\n", name, words);
  return fmt::format("{} {};\n", name, quoted(words));
}

// ngx_parse_time knows no fractions: not "1.5s".
std::string time_text(net::Duration time) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  if (ms == 0) return "0";  // fail_timeout knows no milliseconds, not even none of them
  return ms % 1000 == 0 ? net::format_duration(time) : fmt::format("{}ms", ms);
}

std::string server_line(const proxy::Server& server) {
  const proxy::Server defaults;
  std::string out = server.host.empty() ? fmt::format("server {}", server.address.to_string())
                                        : fmt::format("server {}:{}", server.host, server.port);
  const auto add = [&](std::string_view name, const auto& value, const auto& fallback) {
    if (value != fallback) out += fmt::format(" {}={}", name, value);
  };
  add("weight", server.weight, defaults.weight);
  add("max_conns", server.max_conns, defaults.max_conns);
  add("max_fails", server.max_fails, defaults.max_fails);
  if (server.fail_timeout != defaults.fail_timeout)
    out += " fail_timeout=" + time_text(server.fail_timeout);
  if (server.backup) out += " backup";
  if (server.down) out += " down";
  if (server.resolve) out += " resolve";
  return out + ";\n";
}

// How the names of an upstream block are resolved while nginx runs.
std::string name_lines(const proxy::Upstream& upstream) {
  std::string out;
  if (upstream.zone) {
    const auto& zone = *upstream.zone;
    out += zone.size == 0 ? fmt::format("zone {};\n", zone.name)
                          : fmt::format("zone {} {};\n", zone.name, zone.size);
  }
  if (upstream.resolver) {
    out += "resolver";
    for (const net::Address& server : upstream.resolver->servers)
      out += " " + server.to_string();
    if (upstream.resolver->valid != net::Duration::zero())
      out += " valid=" + time_text(upstream.resolver->valid);
    if (!upstream.resolver->ipv6) out += " ipv6=off";
    if (!upstream.resolver->ipv4_word.empty()) out += " " + upstream.resolver->ipv4_word;
    out += ";\n";
  }
  if (upstream.resolver_timeout)
    out += line("resolver_timeout", time_text(*upstream.resolver_timeout));
  return out;
}

std::string upstream_block(const proxy::Upstream& upstream) {
  const proxy::Upstream defaults;
  std::string out = fmt::format("upstream {} {{\n", upstream.name);
  for (const proxy::Server& server : upstream.servers)
    out += server_line(server);
  out += name_lines(upstream);
  if (upstream.keepalive) {
    out += fmt::format("keepalive {};\nkeepalive_requests {};\n", *upstream.keepalive,
                       upstream.keepalive_requests);
    out += fmt::format("keepalive_time {};\nkeepalive_timeout {};\n",
                       time_text(upstream.keepalive_time), time_text(upstream.keepalive_timeout));
  }
  // Of the commercial version only: nginx says so.
  if (upstream.health_check) out += "health_check;\n";
  return out + "}\n";
}

// Whose arguments are written with nginx's quotes, and may be given several times.
bool is_verbatim(std::string_view name) {
  if (name == "return") return true;
  const auto* field = net::find_field(proxy::settings_fields(), name);
  return field != nullptr && field->repeats;
}

std::string verbatim(std::string_view name, std::string_view text) {
  const bool is_text = name == "fastcgi_catch_stderr";  // one argument, whatever is in it
  std::string out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto words = text.substr(0, end);
    out += fmt::format("{} {};\n", name, is_text ? quoted(words) : std::string(words));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

// The files that nginx may include are not there in its folder: what is in them stands in the
// place.
std::string included(std::string_view file) {
  std::string out;
  for (const auto& param : included_params(file)) {
    out += fmt::format("fastcgi_param {} {}{};\n", param.name, param.value,
                       param.if_not_empty ? " if_not_empty" : "");
  }
  return out;
}

// What has no place in http{}, and is said in each server.
bool is_of_servers(std::string_view name) {
  return name == "set" || name == "return" || name == "internal";
}

std::string directives_of(const DirectiveBlock& block, bool in_http = false) {
  std::string out;
  for (const auto& [name, text] : block.directives) {
    if (is_placed(name) || (in_http && is_of_servers(name))) continue;
    if (name == "internal") {
      out += text == "on" ? "internal;\n" : "";
    } else if (name == "include") {
      out += included(text);
    } else {
      out += is_verbatim(name) ? verbatim(name, text) : line(name, text);
    }
  }
  return out;
}

// Blocks from the innermost outwards: what the first of them says is in force.
using Context = std::vector<const DirectiveBlock*>;

std::string in_force(const Context& context, std::string_view name, std::string fallback) {
  for (const DirectiveBlock* block : context) {
    for (const Directive& directive : block->directives) {
      if (directive.first == name) return directive.second;
    }
  }
  return fallback;
}

bool keeps_connections(const proxy::Settings& settings, std::string_view proxy_pass) {
  const auto pass = proxy::parse_proxy_pass(proxy_pass);
  if (!pass || !pass->no_port) return false;
  return std::ranges::any_of(settings.upstreams, [&](const proxy::Upstream& upstream) {
    return upstream.name == pass->host && upstream.keepalive.value_or(0) > 0;
  });
}

// In a scenario, `keepalive` and HTTP 1.1 are enough to keep connections; nginx before 1.29.7 must
// be told not to ask servers to close them. Headers that are set further out are then not
// inherited.
std::string keepalive_header(const Context& context, const std::string& proxy_pass,
                             const proxy::Settings& settings) {
  if (in_force(context, "proxy_http_version", "1.0") != "1.1") return {};
  if (!keeps_connections(settings, proxy_pass)) return {};
  const std::string set = in_force(context, "proxy_set_header", "");
  std::string lower = set;
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  if (('\n' + lower).find("\nconnection ") != lower.npos) return {};
  std::string out = verbatim("proxy_set_header", "Connection \"\"");
  const bool own = !in_force({context.front()}, "proxy_set_header", "").empty();
  if (!own && !set.empty()) out += verbatim("proxy_set_header", set);
  return out;
}

// proxy_pass or fastcgi_pass: the last one of the innermost block that says any.
Directive pass_in_force(const Setup& setup, const Context& context) {
  for (const DirectiveBlock* block : context) {
    const auto& directives = block->directives;
    const auto last =
        std::find_if(directives.rbegin(), directives.rend(), [](const Directive& directive) {
          return directive.first == "proxy_pass" || directive.first == "fastcgi_pass";
        });
    if (last != directives.rend()) return *last;
  }
  if (!setup.settings.fastcgi_pass.empty()) return {"fastcgi_pass", setup.settings.fastcgi_pass};
  return {"proxy_pass", setup.settings.proxy_pass};
}

// nginx does not inherit where requests are passed to, so each location says it.
std::string location_block(const Setup& setup, const Context& context) {
  const auto [name, pass] = pass_in_force(setup, context);
  const DirectiveBlock& location = *context.front();
  return fmt::format(
      "location {} {{\n{}{}{}}}\n", location.argument, directives_of(location),
      name == "proxy_pass" ? keepalive_header(context, pass, setup.settings) : std::string(),
      line(name, pass));
}

// The locations of a server, and one for all the rest. `outside`: the server and what is around it.
std::string locations_of(const Setup& setup, const Context& outside) {
  const auto block = [&](const DirectiveBlock& location) {
    Context context{&location};
    context.insert(context.end(), outside.begin(), outside.end());
    return location_block(setup, context);
  };
  std::string out;
  bool has_root = false;
  for (const DirectiveBlock& child : outside.front()->blocks) {
    if (child.name != "location") continue;
    has_root |= child.argument == "/";
    out += block(child);
  }
  const DirectiveBlock rest{.name = "location", .argument = "/", .directives = {}, .blocks = {}};
  return has_root ? out : out + block(rest);
}

std::string server_block(const Setup& setup, const Context& context, const std::string& listen,
                         const std::string& names) {
  std::string out = fmt::format("server {{\nlisten {};\n", listen);
  if (!names.empty()) out += line("server_name", names);
  const DirectiveBlock& top = *context.back();
  out += verbatim("set", in_force({&top}, "set", ""));
  if (context.size() > 1) {
    out += directives_of(*context.front());
  } else {
    out += verbatim("return", in_force({&top}, "return", ""));
  }
  return out + locations_of(setup, context) + "}\n";
}

bool speaks_fastcgi(const DirectiveBlock& block) {
  return !in_force({&block}, "fastcgi_pass", "").empty() ||
         std::ranges::any_of(block.blocks, speaks_fastcgi);
}

// What stands at the top of [proxy] is the first server's, and what the others start from.
std::string servers(const Setup& setup, const NginxSurroundings& surroundings) {
  const DirectiveBlock& top = setup.directives;
  const bool ssl = setup.settings.listen.front().ssl;
  const std::string listen = surroundings.listen.to_string() + (ssl ? " ssl" : "");
  std::string out = directives_of(top, true);
  if (speaks_fastcgi(top) && in_force({&top}, "root", "").empty())
    out += line("root", proxy::Location().root);
  out += server_block(setup, {&top}, listen, in_force({&top}, "server_name", ""));
  for (const DirectiveBlock& block : top.blocks) {
    if (block.name != "server") continue;
    out += server_block(setup, {&block, &top}, listen,
                        in_force({&block}, "server_name", block.argument));
  }
  return out;
}

}  // namespace

std::vector<proxy::FastcgiParam> included_params(std::string_view file) {
  proxy::Location location;
  const auto* field = net::find_field(proxy::location_fields(), "include");
  if (!field->apply(location, file)) return {};
  return std::move(location.fastcgi_param);
}

std::string nginx_config(const Setup& scenario, const NginxSurroundings& surroundings) {
  const Setup setup = with_known_hosts(scenario);
  std::string out = "daemon off;\nworker_processes 1;\n";
  for (const auto* name : {"worker_rlimit_nofile", "worker_shutdown_timeout"}) {
    const auto words = in_force({&setup.directives}, name, "");
    if (!words.empty()) out += line(name, words);
  }
  if (!surroundings.user.empty()) out += fmt::format("user {};\n", surroundings.user);
  out += fmt::format("pid {}/nginx.pid;\n", surroundings.folder);
  // Its notices tell when it is ready; what concerns a connection is evidence from `info` on.
  out += "error_log stderr notice;\n";
  out += fmt::format("events {{\nworker_connections {};\n}}\nhttp {{\n",
                     in_force({&setup.directives}, "worker_connections", "4096"));
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
