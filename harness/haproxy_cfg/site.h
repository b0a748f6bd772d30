// Site: what a configuration of HAProxy means for requests: its proxies, each with the settings in
// force, what its `defaults` say included, and where each is said. Plain data.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/haproxy_cfg/file.h"
#include "net/result.h"
#include "net/time.h"

namespace badgate::harness::haproxy_cfg {

struct Setting {
  std::string value;  // the rest of the line; of `option` "on" or "off", with its arguments
  Position from;      // line 0: nowhere, it is HAProxy's default

  bool is_default() const { return from.line == 0; }
};

// By "timeout server", "option redispatch", "retries".
using Settings = std::map<std::string, Setting, std::less<>>;

struct Server {
  std::string name;
  std::string address;  // as written: "10.0.0.1:8080", "app.internal:80", "unix@/run/app.sock"
  Position position;
  Settings parameters;  // check, inter, ssl, verify …, those of `default-server` included

  bool has(std::string_view parameter) const { return parameters.contains(parameter); }
  bool is_unix() const;
  std::string path() const;  // of a unix socket
  // Without its port; whether it is a name, and not an address.
  std::string host() const;
  bool is_name() const;
  std::optional<std::uint16_t> port() const;
};

struct Bind {
  std::string address;  // as written: ":80", "*:443", "10.0.0.1:80", "/run/haproxy.sock"
  bool tls = false;
  Position position;
};

// What may send a request elsewhere, or answer it: use_backend, http-request …
struct Rule {
  std::string keyword;  // "use_backend", "http-request"
  std::vector<std::string> words;
  Position position;
};

struct Proxy {
  std::string kind;  // frontend, backend, listen
  std::string name;
  Position position;
  std::size_t section = 0;  // in File::sections
  std::vector<Bind> binds;
  std::vector<Server> servers;
  Settings settings;  // what it says itself, or its defaults
  std::vector<Rule> rules;

  bool is_frontend() const { return kind != "backend"; }
  bool is_backend() const { return kind != "frontend"; }
  // What is in force; null: nobody says it.
  const Setting* find(std::string_view setting) const;
  // … or HAProxy's default, line 0; empty: it has none.
  Setting setting(std::string_view setting) const;
  bool option(std::string_view name) const;
  // nullopt: it is not set; then HAProxy has another take its place, or waits for ever.
  std::optional<net::Duration> timeout(std::string_view name) const;
};

struct Site {
  File file;
  std::vector<Proxy> proxies;

  const Proxy* find_frontend(std::string_view name) const;
  const Proxy* find_backend(std::string_view name) const;
};

// HAProxy's time: a number with us, ms, s, m, h or d; a bare number is in milliseconds
// (parse_time_err in tools.c, section 2.5 of the manual). nullopt: it is none.
std::optional<net::Duration> parse_time(std::string_view text);

// What `file` means; its wrong lines are left out: look at its diagnostics first.
Site site_of(File file);

// The connection mode of the pair: whether a server's connection is kept for another request
// (section 4, "HTTP modes": httpclose and http-server-close of either side win).
bool keeps_server_connections(const Proxy& frontend, const Proxy& backend);
// Of the setting that decides it; null: it is HAProxy's default.
const Setting* connection_mode(const Proxy& frontend, const Proxy& backend);

}  // namespace badgate::harness::haproxy_cfg
