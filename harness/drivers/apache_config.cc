#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <vector>

#include "harness/drivers/apache.h"
#include "harness/drivers/expressed.h"
#include "net/http1_message.h"
#include "net/text.h"

namespace badgate::harness::drivers {
namespace {

constexpr std::string_view kName = "apache";

// What is rendered below.
constexpr std::array<std::string_view, 28> kKnown{
    "proxy_pass",
    "proxy_connect_timeout",
    "proxy_read_timeout",
    "proxy_send_timeout",
    "proxy_http_version",
    "proxy_next_upstream",
    "proxy_bind",
    "proxy_set_header",
    "proxy_ssl_protocols",
    "proxy_ssl_ciphers",
    "proxy_ssl_verify",
    "proxy_ssl_trusted_certificate",
    "client_header_timeout",
    "client_body_timeout",
    "send_timeout",
    "client_max_body_size",
    "keepalive_timeout",
    "keepalive_requests",
    "ssl_certificate",
    "ssl_certificate_key",
    "ssl_protocols",
    "fastcgi_pass",
    "fastcgi_connect_timeout",
    "fastcgi_read_timeout",
    "fastcgi_send_timeout",
    "fastcgi_param",
    "include",
    "root",
};

constexpr std::array<std::string_view, 12> kModules{
    "mpm_event",   "authz_core",          "env",   "headers",    "reqtimeout",
    "slotmem_shm", "lbmethod_byrequests", "proxy", "proxy_http", "proxy_balancer",
    "proxy_fcgi",  "proxy_wstunnel"};

// For the machine, and behind " | " for the eye. The port of its own end is there once it was
// connected to a server.
constexpr std::string_view kLogFormat =
    "%{remote}p %>s %B %D %{BALANCER_WORKER_NAME}e %{proxy-source-port}n | "
    R"(\"%r\" status=%>s body_bytes_sent=%B microseconds=%D connection=%X )"
    "worker=%{BALANCER_WORKER_NAME}e";

using Text = net::Result<std::string>;

std::vector<std::string_view> parts_of(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto end = std::min(text.find(separator), text.size());
    if (end != 0) out.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

// Most of its times are whole seconds, and at least one.
Text seconds(std::string_view directive, net::Duration time) {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(time);
  if (whole != time || whole.count() < 1)
    return not_expressed(kName, fmt::format("{} {}: its times are whole seconds", directive,
                                            net::format_duration(time)));
  return fmt::format("{}", whole.count());
}

// `timeout` of a worker is for sending and reading alike.
Text worker_times(const Setup& setup) {
  const auto& pass = setup.settings.pass_settings();
  const bool fastcgi = !setup.settings.fastcgi_pass.empty();
  if (says(setup, fastcgi ? "fastcgi_send_timeout" : "proxy_send_timeout") &&
      pass.send_timeout != pass.read_timeout)
    return not_expressed(kName, "a time for sending that is not the one for reading");
  auto read = seconds("a time to wait of", pass.read_timeout);
  if (!read) return read;
  const auto connect = std::chrono::duration_cast<std::chrono::milliseconds>(pass.connect_timeout);
  return fmt::format(" connectiontimeout={}ms timeout={}", connect.count(), *read);
}

// `retry` says for how long a server that could not be reached is not asked. Where nothing is said
// of that, Apache's minute stands.
Text retry_time(const proxy::Server& server) {
  const proxy::Server usual;
  if (server.max_fails == 0) return std::string(" retry=0");
  if (server.max_fails != 1) return not_expressed(kName, "max_fails but 0 and 1");
  if (server.fail_timeout == usual.fail_timeout) return std::string();
  auto time = seconds("fail_timeout", server.fail_timeout);
  return time ? Text(" retry=" + *time) : time;
}

Text worker_parameters(const Setup& setup, const proxy::Upstream& group,
                       const proxy::Server& server) {
  auto out = worker_times(setup);
  if (!out) return out;
  const auto retry = retry_time(server);
  if (!retry) return retry;
  *out += *retry;
  if (!setup.settings.fastcgi_pass.empty()) return out;
  if (group.keepalive.value_or(0) == 0) return *out + " disablereuse=on";
  const auto idle = seconds("keepalive_timeout", group.keepalive_timeout);
  return idle ? Text(*out + " ttl=" + *idle) : idle;
}

Text header_line(const proxy::HeaderSetting& header) {
  const auto is = [&](std::string_view name) { return net::http1::iequals(header.name, name); };
  if (is("Host") && (header.value == "$host" || header.value == "$http_host"))
    return std::string("ProxyPreserveHost On\n");
  if (is("Connection") && header.value.empty()) return std::string();  // as it does with `ttl`
  // ProxyAddHeaders.
  if (is("X-Forwarded-For") && header.value == "$proxy_add_x_forwarded_for") return std::string();
  if (header.value == "$remote_addr")
    return fmt::format("RequestHeader set {} expr=%{{REMOTE_ADDR}}\n", header.name);
  if (header.value == "$scheme")
    return fmt::format("RequestHeader set {} expr=%{{REQUEST_SCHEME}}\n", header.name);
  if (is("Host") || is("Connection") || is("Upgrade") ||
      header.value.find_first_of("$%\"\\") != header.value.npos)
    return not_expressed(kName, fmt::format("proxy_set_header {} {}", header.name, header.value));
  if (header.value.empty()) return fmt::format("RequestHeader unset {}\n", header.name);
  return fmt::format("RequestHeader set {} \"{}\"\n", header.name, header.value);
}

Text header_lines(const proxy::Settings& settings) {
  std::string out;
  const bool upgrade = passes_upgrade(settings);
  for (const auto& header : settings.proxy_set_header) {
    if (upgrade && (net::http1::iequals(header.name, "Upgrade") ||
                    net::http1::iequals(header.name, "Connection")))
      continue;
    auto line = header_line(header);
    if (!line) return line;
    out += *line;
  }
  return out;
}

std::string url_of(const proxy::Server& server, std::string_view scheme) {
  if (server.address.is_unix())
    return fmt::format("unix:{}|{}://localhost", server.address.path(), scheme);
  return fmt::format("{}://{}", scheme, server.address.to_string());
}

// Members of a balancer, or, as people write it who have one server only, that server itself.
Text pass_lines(const Setup& setup, const proxy::Upstream& group) {
  const auto& settings = setup.settings;
  const bool fastcgi = !settings.fastcgi_pass.empty();
  const std::string_view scheme = fastcgi                                    ? "fcgi"
                                  : settings.proxy_pass.starts_with("https") ? "https"
                                                                             : "http";
  std::string root = "/";
  if (fastcgi) {
    const auto folder = scripts_folder(setup, kName);
    if (!folder) return folder;
    root = *folder + "/";
  }
  const std::string upgrade = passes_upgrade(settings) ? " upgrade=websocket" : "";
  const proxy::Server& first = group.servers.front();
  if (group.servers.size() == 1 && !first.down && !first.backup) {
    const auto words = worker_parameters(setup, group, first);
    if (!words) return words;
    return fmt::format("ProxyPass / {}{}{}{}\n", url_of(first, scheme), root, *words, upgrade);
  }
  std::string out = fmt::format("<Proxy balancer://{}>\n", group.name);
  for (const proxy::Server& server : group.servers) {
    const auto words = worker_parameters(setup, group, server);
    if (!words) return words;
    out += fmt::format("BalancerMember {}{}{}", url_of(server, scheme), *words, upgrade);
    if (server.weight != 1) out += fmt::format(" loadfactor={}", server.weight);
    if (server.backup) out += " status=+H";
    if (server.down) out += " status=+D";
    out += "\n";
  }
  if (setup.settings.pass_settings().next_upstream == 0) out += "ProxySet maxattempts=0\n";
  return out + fmt::format("</Proxy>\nProxyPass / balancer://{}{}\n", group.name, root);
}

// "TLSv1.2 TLSv1.3" is "-all +TLSv1.2 +TLSv1.3".
std::string protocols(std::string_view directive, const Setup& setup, std::string_view name) {
  for (const auto& [said, text] : setup.directives.directives) {
    if (said != name) continue;
    std::string out = fmt::format("{} -all", directive);
    for (const auto word : parts_of(text, ' '))
      out += fmt::format(" +{}", word);
    return out + "\n";
  }
  return {};
}

// nginx asks servers for no certificate that is known or has a certain name unless it is told to.
std::string tls_lines(const Setup& setup) {
  const auto& settings = setup.settings;
  std::string out;
  if (settings.listen.front().ssl) {
    out += fmt::format("SSLEngine on\nSSLCertificateFile {}\nSSLCertificateKeyFile {}\n",
                       settings.ssl_certificate, settings.ssl_certificate_key);
    out += protocols("SSLProtocol", setup, "ssl_protocols");
  }
  if (!settings.proxy_pass.starts_with("https")) return out;
  out +=
      "SSLProxyEngine on\nSSLProxyVerify none\nSSLProxyCheckPeerName off\n"
      "SSLProxyCheckPeerCN off\nSSLProxyCheckPeerExpire off\n";
  if (says(setup, "proxy_ssl_ciphers"))
    out += fmt::format("SSLProxyCipherSuite {}\n", settings.proxy_ssl_ciphers);
  return out + protocols("SSLProxyProtocol", setup, "proxy_ssl_protocols");
}

// Timeout is for reading from clients and for writing to them.
Text client_lines(const Setup& setup) {
  const auto& settings = setup.settings;
  std::string out;
  const bool body = says(setup, "client_body_timeout");
  const bool send = says(setup, "send_timeout");
  if (body && send && settings.client_body_timeout != settings.send_timeout)
    return not_expressed(kName, "a client_body_timeout that is not the send_timeout");
  if (body || send) {
    auto time = seconds("a time for clients of",
                        body ? settings.client_body_timeout : settings.send_timeout);
    if (!time) return time;
    out += fmt::format("Timeout {}\n", *time);
    if (body) out += "RequestReadTimeout body=0\n";
  }
  if (says(setup, "client_header_timeout")) {
    auto time = seconds("client_header_timeout", settings.client_header_timeout);
    if (!time) return time;
    out += fmt::format("RequestReadTimeout header={}\n", *time);
  }
  if (says(setup, "client_max_body_size"))
    out += fmt::format("LimitRequestBody {}\n", settings.client_max_body_size);
  if (says(setup, "keepalive_timeout")) {
    const auto idle =
        std::chrono::duration_cast<std::chrono::milliseconds>(settings.keepalive_timeout);
    out += idle.count() == 0 ? "KeepAlive Off\n"
                             : fmt::format("KeepAliveTimeout {}ms\n", idle.count());
  }
  if (says(setup, "keepalive_requests"))
    out += fmt::format("MaxKeepAliveRequests {}\n", settings.keepalive_requests);
  return out;
}

net::Result<void> can_express(const Setup& setup, const proxy::Upstream& group) {
  const auto& settings = setup.settings;
  if (settings.proxy_ssl_verify)
    return not_expressed(kName, "proxy_ssl_verify of servers by address: it compares the address");
  if (settings.pass_settings().next_upstream != 0 && says(setup, "proxy_next_upstream"))
    return not_expressed(kName, "proxy_next_upstream but \"off\"");
  if (group.health_check) return not_expressed(kName, "health_check here");
  for (const proxy::Server& server : group.servers) {
    if (server.max_conns != 0) return not_expressed(kName, "max_conns without a queue");
  }
  return {};
}

bool speaks_tls(const proxy::Settings& settings) {
  return settings.listen.front().ssl || settings.proxy_pass.starts_with("https");
}

std::string of_the_program(const Setup& setup, const Place& place, const ApacheHome& home) {
  std::string out;
  const auto load = [&](std::string_view module) {
    out += fmt::format("LoadModule {}_module {}/mod_{}.so\n", module, home.modules, module);
  };
  std::ranges::for_each(kModules, load);
  if (speaks_tls(setup.settings)) {
    load("ssl");
    out += "SSLSessionCache none\n";
  }
  if (home.as_root) out += "User nobody\nGroup #65534\n";
  return out + fmt::format(
                   "ServerRoot {0}\nDefaultRuntimeDir {0}\nPidFile {0}/pid\nMutex pthread\n"
                   "ServerName localhost\nListen {1}\n"
                   "ServerLimit 4\nStartServers 1\nThreadLimit 150\nThreadsPerChild 150\n"
                   "MaxRequestWorkers 150\n"
                   "LogLevel info\nErrorLogFormat \"[%-m:%l] %E: [client\\ %a] %M\"\n"
                   "ErrorLog /proc/self/fd/2\nLogFormat \"{2}\" badgate\nCustomLog {3} badgate\n",
                   place.folder, place.listen.to_string(), kLogFormat, place.access_log);
}

}  // namespace

Text apache_config(const Setup& setup, const Place& place, const ApacheHome& home) {
  if (auto ok = all_known(setup, kName, kKnown); !ok) return tl::unexpected(ok.error());
  const auto group = only_group(setup, kName, true);
  if (!group) return tl::unexpected(group.error());
  if (auto ok = can_express(setup, **group); !ok) return tl::unexpected(ok.error());
  const auto& settings = setup.settings;
  std::string out = of_the_program(setup, place, home);
  for (auto part : {client_lines(setup), header_lines(settings), Text(tls_lines(setup)),
                    pass_lines(setup, **group)}) {
    if (!part) return part;
    out += *part;
  }
  if (settings.proxy.bind)
    out += fmt::format("ProxySourceAddress {}\n", settings.proxy.bind->host());
  if (settings.proxy_http_version == "1.0") out += "SetEnv force-proxy-request-1.0 1\n";
  return out;
}

}  // namespace badgate::harness::drivers
