#include "harness/lab/conf_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>

#include "harness/lab/addresses.h"
#include "net/text.h"

namespace badgate::harness::lab {
namespace {

using Directive = std::pair<std::string, std::string>;

// "{app[0]}" and "{app[0].port}".
std::string filled(std::string text, const Addresses& addresses) {
  for (const auto& [name, address] : addresses) {
    const auto colon = address.rfind(':');
    replace_all(text, "{" + name + "}", address);
    if (colon != address.npos)
      replace_all(text, "{" + name + ".port}", std::string_view(address).substr(colon + 1));
  }
  return text;
}

std::string time_text(net::Duration time) {
  return net::format_duration(time);
}

std::string server_line(const BackendSpec& spec, const Addresses& addresses) {
  const proxy::Server defaults;
  const proxy::Server& server = spec.server;
  std::string out = "server " + address_of(spec.name, addresses);
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
  return out;
}

// Of badgate, or of a place that is decided here.
bool is_placed(std::string_view name) {
  return name == "worker_connections" || name == "nginx_version" || name == "error_log_level" ||
         name == "log_format" || name == "proxy_pass" || name == "fastcgi_pass" ||
         name == "server_name" || name == "limit_req_zone" || name == "limit_conn_zone";
}

std::string said(const DirectiveBlock& block, std::string_view name) {
  const auto it = std::ranges::find(block.directives, name, &Directive::first);
  return it == block.directives.end() ? std::string() : it->second;
}

class Writer {
 public:
  explicit Writer(const Addresses& addresses) : addresses_(addresses) {}

  void open(const std::string& head) {
    line(head + " {");
    ++depth_;
  }
  void close() {
    --depth_;
    line("}");
  }
  // One line of a directive for each line of its value.
  void directive(std::string_view name, std::string_view value) {
    while (!value.empty()) {
      const auto end = std::min(value.find('\n'), value.size());
      line(fmt::format("{} {};", name, filled(std::string(value.substr(0, end)), addresses_)));
      value.remove_prefix(std::min(end + 1, value.size()));
    }
  }
  void line(std::string_view text) {
    out_ += text.empty() ? "\n" : fmt::format("{:{}}{}\n", "", 4 * depth_, text);
  }
  std::string take() { return std::move(out_); }

 private:
  const Addresses& addresses_;
  std::size_t depth_ = 0;
  std::string out_;
};

void write_upstreams(Writer& out, const Scenario& scenario, const Addresses& addresses) {
  for (std::size_t i = 0; i < scenario.proxy.upstreams.size(); ++i) {
    const std::string& name = scenario.proxy.upstreams[i].name;
    out.open("upstream " + name);
    for (const BackendSpec& spec : scenario.backends) {
      if (spec.upstream == i) out.line(server_line(spec, addresses) + ";");
    }
    for (const DirectiveBlock& group : scenario.groups) {
      if (group.argument != name) continue;
      for (const auto& [directive, value] : group.directives)
        out.directive(directive, value);
    }
    out.close();
    out.line("");
  }
}

bool keeps_connections(const Scenario& scenario) {
  return std::ranges::any_of(scenario.groups, [](const DirectiveBlock& group) {
    return !said(group, "keepalive").empty();
  });
}

void write_directives(Writer& out, const DirectiveBlock& block) {
  for (const auto& [name, value] : block.directives) {
    if (!is_placed(name)) out.directive(name, value);
  }
}

void write_location(Writer& out, const Scenario& scenario, const DirectiveBlock& location) {
  out.open("location " + location.argument);
  write_directives(out, location);
  if (!said(location, "return").empty()) {
    out.close();
    return;
  }
  std::string name = "proxy_pass";
  std::string pass = said(location, name);
  if (pass.empty()) pass = said(scenario.directives, name);
  for (const DirectiveBlock* block : {&scenario.directives, &location}) {
    if (said(*block, "fastcgi_pass").empty()) continue;
    name = "fastcgi_pass";
    pass = said(*block, name);
  }
  if (pass.empty()) pass = scenario.proxy_base.proxy_pass;
  // nginx before 1.29.7 asks servers to close, unless it is told not to.
  if (name == "proxy_pass" && keeps_connections(scenario))
    out.directive("proxy_set_header", "Connection \"\"");
  out.directive(name, pass);
  out.close();
}

void write_server(Writer& out, const Scenario& scenario) {
  const DirectiveBlock& top = scenario.directives;
  out.open("server");
  out.directive("listen", "80");
  out.directive("server_name", said(top, "server_name"));
  write_directives(out, top);
  bool has_root = false;
  for (const DirectiveBlock& child : top.blocks) {
    if (child.name != "location") continue;
    has_root |= child.argument == "/";
    out.line("");
    write_location(out, scenario, child);
  }
  if (!has_root) {
    out.line("");
    write_location(out, scenario,
                   {.name = "location", .argument = "/", .directives = {}, .blocks = {}});
  }
  out.close();
}

// What the lines of operator_view are written by.
void write_log_format(Writer& out) {
  out.line("log_format timed '$remote_addr - $remote_user [$time_local] \"$request\" '");
  out.line("                 '$status $body_bytes_sent rt=$request_time ua=\"$upstream_addr\" '");
  out.line("                 'us=\"$upstream_status\" uct=\"$upstream_connect_time\" '");
  out.line("                 'uht=\"$upstream_header_time\" urt=\"$upstream_response_time\"';");
  out.directive("access_log", "/var/log/nginx/access.log timed");
}

}  // namespace

std::string conf_text(const Scenario& scenario, const Addresses& addresses) {
  Writer out(addresses);
  const DirectiveBlock& top = scenario.directives;
  out.directive("worker_processes", "1");
  out.line("");
  out.open("events");
  const auto places = said(top, "worker_connections");
  out.directive("worker_connections", places.empty() ? "1024" : places);
  out.close();
  out.line("");
  out.open("http");
  const auto level = said(top, "error_log_level");
  out.directive("error_log", "/var/log/nginx/error.log" + (level.empty() ? "" : " " + level));
  for (const std::string_view zone : {"limit_req_zone", "limit_conn_zone"})
    out.directive(zone, said(top, zone));
  write_log_format(out);
  out.line("");
  write_upstreams(out, scenario, addresses);
  write_server(out, scenario);
  out.close();
  return out.take();
}

}  // namespace badgate::harness::lab
