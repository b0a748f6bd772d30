#include "harness/own_config/adapt.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "harness/diagnostics.h"
#include "harness/nginx_conf/known.h"
#include "harness/own_config/adapter.h"
#include "harness/own_config/print.h"
#include "harness/printable.h"
#include "harness/recorder.h"

namespace badgate::harness::own_config {

using nginx_conf::Directive;

namespace {

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

// In a file without http{}, which is a part of one.
bool stands_outside_of_http(std::string_view name) {
  return nginx_conf::is_allowed(name, nginx_conf::in_main) &&
         !nginx_conf::is_allowed(name, nginx_conf::in_http);
}

bool stands_in_location_only(std::string_view name) {
  return nginx_conf::is_known(name) && !nginx_conf::is_allowed(name, nginx_conf::in_main) &&
         !nginx_conf::is_allowed(name, nginx_conf::in_http) &&
         !nginx_conf::is_allowed(name, nginx_conf::in_server);
}

bool is_location(std::string_view name) {
  return is_one_of(name, {"location", "if", "limit_except"});
}

// The top of a file without http{}: if it has locations, it is a part of a server{} (as
// nginx_conf::site_of takes it), which is put around what may stand there.
std::vector<Directive> in_servers(std::vector<Directive> top) {
  if (std::ranges::find(top, "location", &Directive::name) == top.end()) return top;
  std::vector<Directive> out;
  Directive server{.name = "server", .has_block = true};
  for (Directive& directive : top) {
    const bool inner = nginx_conf::is_allowed(directive.name, nginx_conf::in_server);
    (inner ? server.block : out).push_back(std::move(directive));
  }
  out.push_back(std::move(server));
  return out;
}

}  // namespace

net::Result<OwnConfig> OwnConfig::read(const std::string& path) {
  OwnConfig own;
  own.tree = nginx_conf::read(path);
  if (!own.tree.ok()) return net::fail(to_text(own.tree.diagnostics));
  own.site = nginx_conf::site_of(own.tree);
  return own;
}

Adapted adapt(const OwnConfig& own, const drivers::Setup& setup,
              const drivers::NginxSurroundings& surroundings, const Others& others,
              const Here& here) {
  return Adapter(own, setup, surroundings, others, here).adapt();
}

Adapter::Adapter(const OwnConfig& own, const drivers::Setup& setup,
                 const drivers::NginxSurroundings& surroundings, const Others& others,
                 const Here& here)
    : own_(own), setup_(setup), surroundings_(surroundings), others_(others), here_(here) {
  const auto& server = own.site.server(own.played);
  played_listen_ = normal_listen(server.listen.empty() ? "80" : server.listen.front().address);
  group_ = own.site.group(own.played);
}

Adapted Adapter::adapt() {
  const auto& top = own_.tree.directives;
  const bool whole = std::ranges::any_of(top, [](const Directive& d) { return d.name == "http"; });
  Directives out = preamble();
  if (whole) {
    for (Directive& directive : main_block(top))
      out.push_back(std::move(directive));
  } else {
    Directives outer;
    Directives inner;
    for (const Directive& directive : top) {
      if (stands_in_location_only(directive.name))
        leave_out(directive, "it stands in no location");
      else
        (stands_outside_of_http(directive.name) ? outer : inner).push_back(directive);
    }
    for (Directive& directive : main_block(outer))
      out.push_back(std::move(directive));
    Directive http = made("http", {});
    http.has_block = true;
    http.block = http_block(in_servers(std::move(inner)));
    out.push_back(std::move(http));
  }
  if (std::ranges::none_of(out, [](const Directive& d) { return d.name == "events"; })) {
    Directive events = made("events", {});
    events.has_block = true;
    out.push_back(std::move(events));
  }
  adapted_.text = printed(out);
  return std::move(adapted_);
}

// What the driver needs of any nginx: see nginx_config.cc.
Adapter::Directives Adapter::preamble() {
  Directives out{made("daemon", {"off"}), made("worker_processes", {"1"})};
  if (!surroundings_.user.empty()) {
    Directive user = made("user", {});
    std::string_view words = surroundings_.user;
    while (!words.empty()) {
      const auto word = words.substr(0, words.find(' '));
      user.arguments.push_back({.text = std::string(word)});
      words.remove_prefix(std::min(words.size(), word.size() + 1));
    }
    out.push_back(std::move(user));
  }
  out.push_back(made("pid", {surroundings_.folder + "/nginx.pid"}));
  out.push_back(made("error_log", {"stderr", "notice"}));
  return out;
}

Adapter::Directives Adapter::http_preamble() const {
  Directives out;
  for (const auto& module : surroundings_.temp_paths)
    out.push_back(
        made(module + "_temp_path", {fmt::format("{}/{}_temp", surroundings_.folder, module)}));
  out.push_back(made("log_format", {"badgate", Recorder::log_format()}));
  out.push_back(made("access_log", {surroundings_.access_log, "badgate"}));
  out.push_back(made("error_log", {"stderr", "info"}));
  return out;
}

Adapter::Directives Adapter::main_block(const Directives& block) {
  Directives out;
  for (const Directive& directive : block) {
    if (directive.name == "http") {
      Directive http = directive;
      http.block = http_block(directive.block);
      out.push_back(std::move(http));
    } else if (is_one_of(directive.name, {"stream", "mail", "rtmp"})) {
      leave_out(directive, "it has nothing to do with HTTP");
    } else if (is_one_of(directive.name, {"daemon", "master_process", "worker_processes", "pid",
                                          "lock_file", "working_directory"})) {
      // Nothing that a request could notice.
    } else if (directive.name == "user") {
      if (!surroundings_.user.empty()) leave_out(directive, "its worker is " + surroundings_.user);
    } else {
      add(directive, Where::main, out);
    }
  }
  return out;
}

Adapter::Directives Adapter::http_block(const Directives& block) {
  certificates_missing_ = lacks_certificates(block);
  Directives out = http_preamble();
  for (Directive& directive : this->block(block, Where::http))
    out.push_back(std::move(directive));
  return out;
}

Adapter::Directives Adapter::server_block(const Directive& server) {
  names_.clear();
  const bool outer = std::exchange(certificates_missing_, lacks_certificates(server.block));
  bool listens = false;
  for (const Directive& directive : server.block) {
    listens |= directive.name == "listen";
    if (directive.name != "server_name") continue;
    for (const auto& argument : directive.arguments)
      names_.push_back(argument.text);
  }
  Directives out;
  if (!listens) add_listen(made("listen", {"80"}), out);
  for (Directive& directive : block(server.block, Where::server))
    out.push_back(std::move(directive));
  certificates_missing_ = outer;
  return out;
}

Adapter::Directives Adapter::block(const Directives& block, Where where) {
  Directives out;
  for (const Directive& directive : block)
    add(directive, where, out);
  return out;
}

void Adapter::add(const Directive& directive, Where where, Directives& into) {
  if (directive.has_block) {
    Directive copy = directive;
    if (directive.name == "upstream" && where == Where::http) return add_upstream(directive, into);
    if (directive.name == "server") copy.block = server_block(directive);
    if (is_location(directive.name)) copy.block = block(directive.block, Where::location);
    return keep(copy, into);
  }
  if (add_log(directive, where, into) || add_address(directive, where, into) ||
      add_file(directive, where, into))
    return;
  keep(directive, into);
}

void Adapter::replace(const Directive& directive, Directive by, std::string why, Directives& into) {
  const std::string yours = nginx_conf::to_text(directive);
  std::string ran = nginx_conf::to_text(by);
  const std::string folder = surroundings_.folder + "/";  // it is another one in each run
  if (const auto at = ran.find(folder); at != ran.npos) ran.erase(at, folder.size());
  if (yours != ran) {
    adapted_.differences.push_back({directive.position,
                                    directive.position.line == 0 ? std::string() : yours, ran,
                                    std::move(why)});
  }
  by.position = directive.position;
  into.push_back(std::move(by));
}

void Adapter::leave_out(const Directive& directive, std::string why) {
  adapted_.differences.push_back(
      {directive.position, nginx_conf::to_text(directive), {}, std::move(why)});
}

// What the scenario says itself, certificates of the run among it.
const std::string* Adapter::told(std::string_view directive) const {
  for (const auto& [name, value] : setup_.directives.directives) {
    if (name == directive) return &value;
  }
  return nullptr;
}

}  // namespace badgate::harness::own_config
