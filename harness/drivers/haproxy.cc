// HAProxy as the proxy under test.
//
// Its log has one line a request; the termination state in it ("SH--") is its own word for what
// went wrong. Times of the scenario that are not set are nginx's, since HAProxy has none of its own
// and waits for ever.
#include "harness/drivers/haproxy.h"

#include <fmt/core.h>

#include <array>
#include <csignal>
#include <optional>
#include <string_view>

#include "harness/drivers/expressed.h"
#include "harness/drivers/external.h"
#include "harness/drivers/kinds.h"
#include "harness/drivers/registry.h"
#include "harness/text_fields.h"
#include "net/http1_message.h"
#include "net/text.h"
#include "net/tls_context.h"

namespace badgate::harness::drivers {
namespace {

constexpr std::string_view kName = "haproxy";

// What is rendered below.
constexpr std::array<std::string_view, 19> kKnown{"proxy_pass",
                                                  "proxy_connect_timeout",
                                                  "proxy_read_timeout",
                                                  "proxy_send_timeout",
                                                  "client_header_timeout",
                                                  "client_body_timeout",
                                                  "keepalive_timeout",
                                                  "proxy_http_version",
                                                  "proxy_next_upstream",
                                                  "proxy_request_buffering",
                                                  "proxy_set_header",
                                                  "proxy_ssl_server_name",
                                                  "proxy_ssl_name",
                                                  "proxy_ssl_verify",
                                                  "proxy_ssl_trusted_certificate",
                                                  "proxy_ssl_protocols",
                                                  "proxy_ssl_ciphers",
                                                  "proxy_ssl_session_reuse",
                                                  "proxy_buffering"};

// For the machine, and behind " | " HAProxy's own line.
constexpr std::string_view kLogFormat =
    "%cp %ST %B %Ta %tsc %si:%sp %Tc %Tr | %ci:%cp %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %tsc "
    "%ac/%fc/%bc/%sc/%rc %sq/%bq %{+Q}r";

std::string ms(net::Duration time) {
  return fmt::format("{}ms", std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
}

// How servers are spoken to with TLS. A name is only verified where nginx verifies one, and only
// told where nginx tells it.
std::string tls_words(const proxy::Settings& settings, const std::string& host) {
  constexpr std::array<std::pair<net::TlsProtocols, std::string_view>, 4> kRefusals{
      {{net::tls_1_0, " no-tlsv10"},
       {net::tls_1_1, " no-tlsv11"},
       {net::tls_1_2, " no-tlsv12"},
       {net::tls_1_3, " no-tlsv13"}}};
  const std::string& name = settings.proxy_ssl_name.empty() ? host : settings.proxy_ssl_name;
  std::string out = " ssl";
  if (settings.proxy_ssl_verify) {
    out += fmt::format(" verify required ca-file {} verifyhost {}",
                       settings.proxy_ssl_trusted_certificate, name);
  } else {
    out += " verify none";
  }
  if (settings.proxy_ssl_server_name) out += fmt::format(" sni str({})", name);
  if (!settings.proxy_ssl_session_reuse) out += " no-ssl-reuse";
  if (settings.proxy_ssl_ciphers != proxy::Location().proxy_ssl_ciphers)
    out += " ciphers " + settings.proxy_ssl_ciphers;
  const auto spoken = settings.proxy_ssl_protocols;
  for (const auto& [version, refusal] : kRefusals) {
    if (spoken != 0 && (spoken & version) == 0) out += refusal;
  }
  return out;
}

net::Result<std::string> server_line(const proxy::Server& server, std::size_t number) {
  const proxy::Server usual;
  if (server.max_fails != usual.max_fails || server.fail_timeout != usual.fail_timeout)
    return not_expressed(kName, "max_fails and fail_timeout");
  if (server.max_conns != 0) return not_expressed(kName, "max_conns without a queue");
  const bool is_unix = server.address.is_unix();
  std::string out =
      fmt::format("  server s{} {}", number,
                  is_unix ? "unix@" + server.address.path() : server.address.to_string());
  if (server.weight != 1) out += fmt::format(" weight {}", server.weight);
  if (server.backup) out += " backup";
  if (server.down) out += " disabled";
  return out;
}

std::string header_line(const proxy::HeaderSetting& header) {
  // HAProxy decides itself what it says of the connection.
  if (net::http1::iequals(header.name, "Connection") && header.value.empty()) return {};
  if (header.value.empty()) return fmt::format("  http-request del-header {}\n", header.name);
  return fmt::format("  http-request set-header {} \"{}\"\n", header.name, header.value);
}

net::Result<std::string> backend(const Setup& setup, const proxy::Upstream& group) {
  const auto& proxy = setup.settings.proxy;
  std::string out = "backend app\n";
  out += fmt::format("  timeout connect {}\n  timeout server {}\n", ms(proxy.connect_timeout),
                     ms(proxy.read_timeout));
  if (!group.keepalive) out += "  option http-server-close\n";
  if (says(setup, "proxy_next_upstream")) {
    if (proxy.next_upstream != 0) return not_expressed(kName, "proxy_next_upstream but \"off\"");
    out += "  retries 0\n";
  }
  if (proxy.request_buffering && says(setup, "proxy_request_buffering"))
    out += "  option http-buffer-request\n";
  for (const proxy::HeaderSetting& header : setup.settings.proxy_set_header)
    out += header_line(header);
  const bool tls = setup.settings.proxy_pass.starts_with("https");
  std::size_t number = 0;
  for (const proxy::Server& server : group.servers) {
    auto line = server_line(server, number++);
    if (!line) return line;
    out += *line + (tls ? tls_words(setup.settings, group.name) : "") + "\n";
  }
  return out;
}

net::Result<void> can_express(const Setup& setup, const proxy::Upstream& group) {
  if (auto ok = all_known(setup, kName, kKnown); !ok) return ok;
  const auto& settings = setup.settings;
  if (settings.listen.front().ssl) return not_expressed(kName, "`listen … ssl` here");
  if (settings.proxy.send_timeout != settings.proxy.read_timeout)
    return not_expressed(kName, "a proxy_send_timeout beside its `timeout server`");
  for (const proxy::HeaderSetting& header : settings.proxy_set_header) {
    if (header.value.find_first_of("$%\"\\") != header.value.npos)
      return not_expressed(kName, "proxy_set_header with variables here");
  }
  if (settings.proxy_http_version == "1.0") return not_expressed(kName, "HTTP/1.0 to servers");
  if (group.health_check) return not_expressed(kName, "health_check here");
  return {};
}

net::Result<Launching> render(const Setup& setup, const Place& place) {
  const auto group = only_group(setup, kName);
  if (!group) return tl::unexpected(group.error());
  if (auto ok = can_express(setup, **group); !ok) return tl::unexpected(ok.error());
  auto servers = backend(setup, **group);
  if (!servers) return tl::unexpected(servers.error());
  const auto& settings = setup.settings;
  std::string config = fmt::format(
      "global\n  nbthread 1\n  maxconn 4000\n  log fd@{} format raw local0 debug\n"
      "defaults\n  mode http\n  log global\n"
      "frontend front\n  bind {}\n  log-format \"{}\"\n  timeout client {}\n"
      "  timeout http-request {}\n  timeout http-keep-alive {}\n  default_backend app\n",
      place.access_fd, place.listen.to_string(), kLogFormat, ms(settings.client_body_timeout),
      ms(settings.client_header_timeout), ms(settings.keepalive_timeout));
  Launching launching{.files = {{"haproxy.cfg", config + *servers}},
                      .arguments = {"-db", "-f", place.folder + "/haproxy.cfg"},
                      // The HTTP client that it has would read all certificates of the machine.
                      .environment = {"SSL_CERT_DIR=" + place.folder}};
  // Master and worker, so that it can be told to read its configuration again. The master executes
  // itself anew, and would lose the time that it was lent.
  if (!place.time_is_lent) launching.arguments.emplace_back("-W");
  return launching;
}

// Milliseconds; -1: it did not come to that.
std::optional<net::Duration> time_of(std::string_view text) {
  const auto value = number_in<std::int64_t>(text);
  if (value < 0) return std::nullopt;
  return std::chrono::milliseconds(value);
}

void access_line(std::string_view line, Recorder& recorder) {
  const auto bar = line.find(" | ");
  if (bar == line.npos) {  // "Server app/s0 is DOWN", "backend app has no server available!"
    recorder.fact("haproxy", std::string(line));
    return;
  }
  const auto words = first_fields<8>(line.substr(0, bar));
  AccessEntry entry;
  entry.line = std::string(line.substr(bar + 3));
  entry.client_port = number_in<std::uint16_t>(words[0]);
  entry.status = std::max(number_in<int>(words[1]), 0);
  entry.body_bytes_sent = number_in<std::uint64_t>(words[2]);
  entry.request_time = time_of(words[3]).value_or(net::Duration{});
  if (!words[4].starts_with("--")) entry.code = std::string(words[4]);
  Attempt attempt;
  attempt.server = recorder.names().of(words[5]);
  attempt.status = entry.status;
  attempt.connect_time = time_of(words[6]);
  attempt.header_time = time_of(words[7]);
  if (words[5] != "-:0" && !words[5].starts_with("-")) entry.attempts.push_back(std::move(attempt));
  recorder.access_read(std::move(entry));
}

// Warnings of the start and of servers that are down.
void error_line(std::string_view line, Recorder& recorder) {
  recorder.fact("haproxy", std::string(line));
}

// "2.6.12" of "HAProxy version 2.6.12-1+deb12u1 …".
std::string version_in(const std::string& told) {
  const std::string version = word_after(told, "version ");
  return version.substr(0, version.find('-'));
}

}  // namespace

std::string_view haproxy_log_format() {
  return kLogFormat;
}

Kind haproxy_kind() {
  return {.name = std::string(kName),
          .programs = {"haproxy"},
          .package = "haproxy",
          .version_in = version_in,
          .supports = {.tls = TlsSupport::servers,
                       .retries = RetrySupport::own_or_off,
                       .reload = true,
                       .time = TimeSupport::simulated},
          .reload_signal = SIGUSR2,
          .render = render,
          .error_line = error_line,
          .access_line = access_line};
}

Supports supports_haproxy() {
  return haproxy_kind().supports;
}

net::Result<std::unique_ptr<Driver>> find_haproxy(const std::string& path) {
  return find_external(haproxy_kind(), path);
}

}  // namespace badgate::harness::drivers
