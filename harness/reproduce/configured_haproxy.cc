#include "harness/reproduce/configured_haproxy.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <set>

#include "harness/printable.h"
#include "harness/toml_text.h"
#include "net/text.h"

namespace badgate::harness::reproduce {
namespace {

using namespace std::chrono_literals;
using evidence::Evidence;
using haproxy_cfg::Pair;
using haproxy_cfg::Proxy;
using haproxy_cfg::Server;
using haproxy_cfg::Setting;

constexpr std::size_t kMostServers = 64;
constexpr std::size_t kMostLeftOut = 40;

std::string origin(const Position& from) {
  return from.line == 0 ? "HAProxy's default"
                        : fmt::format("{}:{}", printable(from.file), from.line);
}

// As nginx reads it: no fractions.
std::string time_text(net::Duration time) {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(time);
  return ms % 1s == 0ms ? net::format_duration(ms) : fmt::format("{}ms", ms.count());
}

// Null: not set, or set to 0, which is for ever too.
const Setting* timeout_of(const Proxy& proxy, std::string_view name) {
  const auto time = proxy.timeout(name);
  return time && *time > 0ns ? proxy.find(fmt::format("timeout {}", name)) : nullptr;
}

class Maker {
 public:
  Maker(const haproxy_cfg::Site& site, const Pair& pair)
      : site_(site), front_(*pair.frontend), back_(*pair.backend) {}

  Configured make() {
    out_.file = site_.file.path;
    out_.where =
        front_.name == back_.name
            ? fmt::format("{} {} ({})", front_.kind, printable(front_.name),
                          origin(front_.position))
            : fmt::format("frontend {} ({}) and backend {} ({})", printable(front_.name),
                          origin(front_.position), printable(back_.name), origin(back_.position));
    out_.group = group_name();
    timeouts();
    connections();
    servers();
    rest();
    return std::move(out_);
  }

 private:
  std::string group_name() const {
    std::string name = back_.name;
    for (char& c : name) {
      if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '_') c = '_';
    }
    return name;
  }

  void put_time(const char* directive, const Proxy& proxy, std::string_view name) {
    if (const Setting* said = timeout_of(proxy, name))
      out_.directives.push_back({directive, toml_string(time_text(*proxy.timeout(name))),
                                 fmt::format("{}: timeout {}", origin(said->from), name)});
  }
  // HAProxy has another timeout in its place, and none at all if that is not set either.
  void put_first_of(const char* directive, const Proxy& proxy,
                    std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names)
      if (timeout_of(proxy, name) != nullptr) return put_time(directive, proxy, name);
  }

  void timeouts() {
    put_time("proxy_connect_timeout", back_, "connect");
    put_time("proxy_read_timeout", back_, "server");
    put_time("proxy_send_timeout", back_, "server");
    put_time("client_body_timeout", front_, "client");
    put_first_of("client_header_timeout", front_, {"http-request", "client"});
    put_first_of("keepalive_timeout", front_, {"http-keep-alive", "http-request", "client"});
  }

  void connections() {
    const Setting* mode = haproxy_cfg::connection_mode(front_, back_);
    if (haproxy_cfg::keeps_server_connections(front_, back_) &&
        back_.setting("http-reuse").value != "never") {
      out_.of_group.push_back(
          {"keepalive", "16", mode == nullptr ? "HAProxy's default" : origin(mode->from)});
    }
    if (const Setting* retries = back_.find("retries")) {
      if (retries->value == "0")
        out_.directives.push_back(
            {"proxy_next_upstream", "\"off\"", origin(retries->from) + ": retries 0"});
      else if (retries->value != "3")
        leave_out("retries " + retries->value, retries->from);
    }
  }

  void servers() {
    const auto active = std::ranges::count_if(
        back_.servers, [](const Server& one) { return !one.has("disabled"); });
    const auto tls = std::ranges::count_if(
        back_.servers, [](const Server& one) { return !one.has("disabled") && one.has("ssl"); });
    tls_ = tls > 0 && tls == active;
    all_backup_ =
        std::ranges::all_of(back_.servers, [](const Server& s) { return s.has("backup"); });
    if (tls_) {
      out_.directives.push_back({"proxy_pass", toml_string("https://" + out_.group), {}});
      verification();
    } else {
      out_.directives.push_back({"proxy_pass", toml_string("http://" + out_.group), {}});
    }
    for (const Server& server : back_.servers) {
      if (out_.servers.size() == kMostServers) {
        leave_out(fmt::format("{} more servers", back_.servers.size() - kMostServers),
                  server.position);
        break;
      }
      out_.servers.push_back(server_of(server));
    }
  }

  // Servers with one certificate that is in order: the run's authority takes that of ca-file.
  void verification() {
    const auto checks = std::ranges::find_if(back_.servers, [](const Server& server) {
      const auto verify = server.parameters.find("verify");
      return verify != server.parameters.end() && verify->second.value == "required";
    });
    if (checks == back_.servers.end()) return;
    const auto from = origin(checks->position);
    out_.directives.push_back({"proxy_ssl_verify", "\"on\"", from + ": verify required"});
    out_.directives.push_back(
        {"proxy_ssl_trusted_certificate", "\"ca.pem\"", from + ": the run's own authority"});
    const auto host = checks->parameters.find("verifyhost");
    if (host != checks->parameters.end()) {
      name_ = host->second.value;
      out_.directives.push_back({"proxy_ssl_name", toml_string(name_), from + ": verifyhost"});
    } else {
      name_ = out_.group;
    }
  }

  ConfiguredServer server_of(const Server& server) {
    ConfiguredServer out{fmt::format("{} {}", server.name, server.address), {}};
    const std::string from = origin(server.position);
    if (server.is_unix()) out.lines.push_back({"transport", "\"unix\"", from});
    if (tls_ && server.has("ssl")) {
      out.lines.push_back(
          {"tls", name_.empty() ? "true" : fmt::format("{{ names = {} }}", toml_string(name_)),
           from});
    }
    for (const auto& [name, setting] : server.parameters) {
      const std::string where = origin(setting.from);
      if (name == "weight" && setting.value != "0" && net::parse_number(setting.value)) {
        out.lines.push_back({"weight", toml_string(setting.value), where});
      } else if (name == "backup" && !all_backup_) {
        out.lines.push_back({"backup", "true", where});
      } else if (name == "disabled") {
        out.lines.push_back({"down", "true", where});
      } else if (!is_taken(name)) {
        leave_out(setting.value.empty() ? name : name + " " + setting.value, setting.from);
      }
    }
    return out;
  }

  // Said above, or of no concern to requests that fail.
  bool is_taken(std::string_view name) const {
    constexpr auto kTaken = std::to_array<std::string_view>(
        {"weight",   "cookie",    "verify",    "verifyhost",     "ca-file",      "id",
         "enabled",  "resolvers", "init-addr", "resolve-prefer", "resolve-opts", "sni",
         "alpn",     "crt",       "ciphers",   "ciphersuites",   "ssl-min-ver",  "ssl-max-ver",
         "no-check", "no-ssl",    "no-backup"});
    if (name == "ssl") return tls_;
    return std::ranges::find(kTaken, name) != kTaken.end();
  }

  void rest() {
    for (const std::string_view name :
         {"timeout queue", "timeout tunnel", "timeout tarpit", "timeout client-fin",
          "timeout server-fin", "maxconn", "option abortonclose", "option http-buffer-request",
          "errorfile 502", "errorfile 503", "errorfile 504"})
      either(name);
    for (const std::string_view name :
         {"option redispatch", "retry-on", "fullconn", "balance", "cookie", "option httpchk",
          "timeout check", "http-reuse", "source"})
      of(back_, name);
    for (const Proxy* proxy : {&front_, &back_}) {
      for (const haproxy_cfg::Rule& rule : proxy->rules) {
        if (rule.keyword == "http-request" && !rule.words.empty() && decides(rule.words.front()))
          leave_out("http-request " + rule.words.front(), rule.position);
      }
      if (&front_ == &back_) break;
    }
  }

  static bool decides(std::string_view action) {
    constexpr auto kActions =
        std::to_array<std::string_view>({"deny", "return", "tarpit", "redirect", "reject", "auth",
                                         "silent-drop", "wait-for-body", "set-timeout"});
    return std::ranges::find(kActions, action) != kActions.end();
  }

  void either(std::string_view name) {
    if (of(front_, name) || &front_ == &back_) return;
    of(back_, name);
  }
  bool of(const Proxy& proxy, std::string_view name) {
    const Setting* said = proxy.find(name);
    const std::string_view value = said == nullptr ? "" : std::string_view(said->value);
    if (said == nullptr || value.starts_with("off")) return false;
    if (value == "roundrobin" || value == "safe") return true;
    const bool option = name.starts_with("option ");
    leave_out(option || value.empty() ? std::string(name) : fmt::format("{} {}", name, value),
              said->from);
    return true;
  }

  // What several servers say alike is named once.
  void leave_out(const std::string& what, const Position& from) {
    if (out_.left_out.size() < kMostLeftOut && left_out_.insert(what).second)
      out_.left_out.push_back(
          fmt::format("{} ({}:{})", printable(what, 60), printable(from.file), from.line));
  }

  const haproxy_cfg::Site& site_;
  const Proxy& front_;
  const Proxy& back_;
  Configured out_;
  std::set<std::string> left_out_;
  bool tls_ = false;
  bool all_backup_ = false;
  std::string name_;  // that servers' certificates must be for; empty: nobody looks
};

// A timeout that struck must be set.
net::Result<void> can_be_of(const haproxy_cfg::Site& site, const Pair& pair, const Evidence& line) {
  struct Needed {
    std::string_view ends;
    const Proxy* proxy;
    std::initializer_list<std::string_view> timeouts;
  };
  const std::array<Needed, 6> all{{{"sC", pair.backend, {"connect"}},
                                   {"sH", pair.backend, {"server"}},
                                   {"sD", pair.backend, {"server"}},
                                   {"sQ", pair.backend, {"queue", "connect"}},
                                   {"cR", pair.frontend, {"http-request", "client"}},
                                   {"cD", pair.frontend, {"client"}}}};
  for (const Needed& needed : all) {
    if (!line.code.starts_with(needed.ends)) continue;
    const bool set = std::ranges::any_of(needed.timeouts, [&](std::string_view name) {
      return timeout_of(*needed.proxy, name) != nullptr;
    });
    if (set) continue;
    return net::fail(
        fmt::format("the line ends in {}: `timeout {}` was over. {} does not set it for {} {} ({})",
                    line.code, *needed.timeouts.begin(), site.file.path, needed.proxy->kind,
                    printable(needed.proxy->name), origin(needed.proxy->position)));
  }
  return {};
}

}  // namespace

net::Result<Pair> pair_of(const haproxy_cfg::Site& site, const Evidence& line) {
  return haproxy_cfg::find_pair(site, line.server, line.upstream_address);
}

net::Result<Configured> configured_by(const haproxy_cfg::Site& site, const Evidence& line) {
  const auto pair = pair_of(site, line);
  if (!pair) return tl::unexpected(pair.error());
  if (auto ok = can_be_of(site, *pair, line); !ok) return tl::unexpected(ok.error());
  return Maker(site, *pair).make();
}

}  // namespace badgate::harness::reproduce
