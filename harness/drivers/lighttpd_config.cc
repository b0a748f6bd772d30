#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "harness/drivers/expressed.h"
#include "harness/drivers/lighttpd.h"
#include "net/http1_message.h"
#include "net/text.h"

namespace badgate::harness::drivers {
namespace {

constexpr std::string_view kName = "lighttpd";

// What is rendered below.
constexpr std::array<std::string_view, 20> kKnown{"proxy_pass",
                                                  "proxy_connect_timeout",
                                                  "proxy_read_timeout",
                                                  "proxy_send_timeout",
                                                  "proxy_http_version",
                                                  "proxy_set_header",
                                                  "proxy_buffering",
                                                  "proxy_request_buffering",
                                                  "client_body_timeout",
                                                  "client_max_body_size",
                                                  "send_timeout",
                                                  "keepalive_timeout",
                                                  "keepalive_requests",
                                                  "fastcgi_pass",
                                                  "fastcgi_connect_timeout",
                                                  "fastcgi_read_timeout",
                                                  "fastcgi_send_timeout",
                                                  "fastcgi_param",
                                                  "include",
                                                  "root"};

// For the machine, and behind " | " for the eye.
constexpr std::string_view kAccessFormat =
    "%{remote}p %s %B %{usec}T | \\\"%r\\\" status=%s body_bytes_sent=%B microseconds=%{usec}T "
    "connection=%X";

using Text = net::Result<std::string>;

Text seconds(std::string_view directive, net::Duration time) {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(time);
  if (whole != time || whole.count() < 1)
    return not_expressed(kName, fmt::format("{} of {}: its times are whole seconds", directive,
                                            net::format_duration(time)));
  return fmt::format("{}", whole.count());
}

// For how long a server that could not be reached is not asked. Where nothing is said of that,
// lighttpd's second stands.
Text disable_time(const proxy::Server& server) {
  const proxy::Server usual;
  if (server.max_fails == 0) return std::string(",\"disable-time\"=>0");
  if (server.max_fails != 1) return not_expressed(kName, "max_fails but 0 and 1");
  if (server.fail_timeout == usual.fail_timeout) return std::string();
  auto time = seconds("a fail_timeout", server.fail_timeout);
  return time ? Text(",\"disable-time\"=>" + *time) : time;
}

Text server_times(const Setup& setup) {
  const auto& pass = setup.settings.pass_settings();
  std::string out;
  for (const auto& [name, time] : {std::pair("connect-timeout", pass.connect_timeout),
                                   std::pair("read-timeout", pass.read_timeout),
                                   std::pair("write-timeout", pass.send_timeout)}) {
    const auto text = seconds("a time to wait", time);
    if (!text) return text;
    out += fmt::format(",\"{}\"=>{}", name, *text);
  }
  return out;
}

Text server_line(const Setup& setup, const proxy::Server& server, std::string_view scripts) {
  if (server.weight != 1) return not_expressed(kName, "weight");
  if (server.backup) return not_expressed(kName, "backup");
  if (server.max_conns != 0) return not_expressed(kName, "max_conns");
  if (server.down) return std::string();
  const auto disabled = disable_time(server);
  if (!disabled) return disabled;
  const auto times = server_times(setup);
  if (!times) return times;
  const auto& address = server.address;
  std::string where = fmt::format("\"socket\"=>\"{}\"", address.path());
  if (!address.is_unix()) {
    auto host = address.host();
    std::erase_if(host, [](char c) { return c == '[' || c == ']'; });
    where = fmt::format("\"host\"=>\"{}\",\"port\"=>{}", host, address.port());
  }
  return fmt::format("({}{}{}{}),\n", where, *times, *disabled, scripts);
}

Text header_lines(const proxy::Settings& settings) {
  const bool upgrade = passes_upgrade(settings);
  std::string out;
  for (const auto& header : settings.proxy_set_header) {
    const auto is = [&](std::string_view name) { return net::http1::iequals(header.name, name); };
    if (upgrade && (is("Upgrade") || is("Connection"))) continue;
    if (is("Host") && (header.value == "$host" || header.value == "$http_host"))
      continue;  // so too
    if (is("Host") || is("Connection") || is("Upgrade") || header.value.empty() ||
        header.value.find_first_of("$\"\\") != header.value.npos)
      return not_expressed(kName, fmt::format("proxy_set_header {} {}", header.name, header.value));
    out +=
        fmt::format("setenv.set-request-header += (\"{}\" => \"{}\")\n", header.name, header.value);
  }
  return out;
}

Text pass_lines(const Setup& setup, const proxy::Upstream& group) {
  const auto& settings = setup.settings;
  const bool fastcgi = !settings.fastcgi_pass.empty();
  std::string scripts;
  if (fastcgi) {
    const auto folder = scripts_folder(setup, kName);
    if (!folder) return folder;
    scripts = fmt::format(",\"check-local\"=>\"disable\",\"docroot\"=>\"{}\"", *folder);
  }
  std::string servers;
  for (const proxy::Server& server : group.servers) {
    const auto line = server_line(setup, server, scripts);
    if (!line) return line;
    servers += *line;
  }
  if (servers.empty()) return not_expressed(kName, "a group whose servers are all down");
  const std::string_view name = fastcgi ? "fastcgi" : "proxy";
  std::string out = fmt::format("{0}.balance = \"round-robin\"\n{0}.server = ( \"\" => (\n{1}))\n",
                                name, servers);
  std::string how;
  if (passes_upgrade(settings)) how += "\"upgrade\" => \"enable\", ";
  if (settings.proxy_http_version == "1.0") how += "\"force-http10\" => \"enable\", ";
  return how.empty() ? out : out + fmt::format("proxy.header = ({})\n", how);
}

Text client_times(const Setup& setup) {
  const auto& settings = setup.settings;
  std::string out;
  for (const auto& [directive, name, time] :
       {std::tuple("client_body_timeout", "server.max-read-idle", settings.client_body_timeout),
        std::tuple("send_timeout", "server.max-write-idle", settings.send_timeout),
        std::tuple("keepalive_timeout", "server.max-keep-alive-idle",
                   settings.keepalive_timeout)}) {
    if (!says(setup, directive)) continue;
    const auto text = seconds(directive, time);
    if (!text) return text;
    out += fmt::format("{} = {}\n", name, *text);
  }
  return out;
}

Text client_lines(const Setup& setup) {
  constexpr std::uint64_t kUnit = 1024;
  const auto& settings = setup.settings;
  auto out = client_times(setup);
  if (!out) return out;
  if (says(setup, "client_max_body_size")) {
    if (settings.client_max_body_size % kUnit != 0)
      return not_expressed(kName, "a client_max_body_size that is not in whole kilobytes");
    *out += fmt::format("server.max-request-size = {}\n", settings.client_max_body_size / kUnit);
  }
  if (says(setup, "keepalive_requests"))
    *out += fmt::format("server.max-keep-alive-requests = {}\n", settings.keepalive_requests);
  if (!settings.proxy.buffering) *out += "server.stream-response-body = 2\n";
  if (!settings.proxy.request_buffering) *out += "server.stream-request-body = 2\n";
  return out;
}

net::Result<void> can_express(const Setup& setup, const proxy::Upstream& group) {
  const auto& settings = setup.settings;
  if (settings.listen.front().ssl) return not_expressed(kName, "`listen … ssl` here");
  if (settings.proxy_pass.starts_with("https")) return not_expressed(kName, "https to servers");
  if (group.keepalive.value_or(0) != 0)
    return not_expressed(kName, "connections to servers that are kept");
  if (group.health_check) return not_expressed(kName, "health_check");
  return {};
}

}  // namespace

Text lighttpd_config(const Setup& setup, const Place& place, bool as_root) {
  if (auto ok = all_known(setup, kName, kKnown); !ok) return tl::unexpected(ok.error());
  const auto group = only_group(setup, kName, true);
  if (!group) return tl::unexpected(group.error());
  if (auto ok = can_express(setup, **group); !ok) return tl::unexpected(ok.error());
  std::string out = fmt::format(
      "server.modules = (\"mod_setenv\", \"mod_proxy\", \"mod_fastcgi\", \"mod_accesslog\")\n"
      "server.bind = \"{0}\"\nserver.port = {1}\nserver.document-root = \"{2}\"\n"
      "server.pid-file = \"{2}/pid\"\nserver.upload-dirs = (\"{2}\")\n"
      "accesslog.filename = \"|exec cat >&{3}\"\naccesslog.format = \"{4}\"\n",
      place.listen.host(), place.listen.port(), place.folder, place.access_fd, kAccessFormat);
  // Unless root's rights would hide what the scenario shows, root's lighttpd is root as well.
  if (as_root && setup.ordinary_rights)
    out += "server.username = \"nobody\"\nserver.groupname = \"nogroup\"\n";
  for (auto part :
       {client_lines(setup), header_lines(setup.settings), pass_lines(setup, **group)}) {
    if (!part) return part;
    out += *part;
  }
  return out;
}

}  // namespace badgate::harness::drivers
