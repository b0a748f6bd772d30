#include <fmt/core.h>

#include "harness/audit/rules.h"
#include "harness/toml_text.h"

namespace badgate::harness::audit {
namespace {

std::string port_of(const nginx_conf::UpstreamServer& server) {
  if (server.is_unix()) return {};
  const auto colon = server.address.find(':', server.host().size());
  return colon == server.address.npos ? std::string() : server.address.substr(colon + 1);
}

// As written, or with the values of its variables; in words where neither says the scheme.
Fix speak_tls(const nginx_conf::Pass& pass) {
  for (const std::string* text : {&pass.text, &pass.resolved}) {
    if (text->starts_with("http://"))
      return {Fix::Where::location, "proxy_pass", "https" + text->substr(4)};
  }
  return {Fix::Where::prose, {}, "https:// in place of http://"};
}

}  // namespace

void find_wrong_port(const Subject& subject, Findings& into) {
  if (subject.pass().protocol != nginx_conf::Pass::Protocol::http || subject.group() == nullptr)
    return;
  for (const nginx_conf::UpstreamServer& server : subject.group()->servers) {
    const std::string port = port_of(server);
    const bool plain = !subject.pass().tls && (port == "443" || port == "8443");
    // ngx_http_upstream_server: 80, whatever the location's scheme is.
    const bool secure = subject.pass().tls && !server.is_unix() &&
                        (port == "80" || (port.empty() && subject.group()->is_block));
    if (!plain && !secure) continue;
    const bool at_server = secure && subject.group()->is_block;
    Finding finding = subject.at_position(
        at_server ? server.position : subject.pass().position,
        at_server ? "server " + server.address : "proxy_pass " + subject.pass().text);
    finding.id = "wrong-port";
    finding.severity = Severity::high;
    finding.title = plain ? fmt::format("Plain HTTP is sent to port {}, which is for TLS", port)
                          : fmt::format("TLS is spoken to port 80{}",
                                        port.empty() ? ", the default of a server line" : "");
    finding.detail = plain ? "The server answers 400, resets the connection or sends a TLS alert, "
                             "which users get raw."
                           : "Every request is a 502 (\"wrong version number\") or a 504 after the "
                             "connect timeout.";
    if (plain) {
      finding.fixes = {speak_tls(subject.pass())};
    } else {
      finding.fixes = {{Fix::Where::prose, {}, fmt::format("server {}:443;", server.host())}};
    }
    finding.trial = Trial{.fault = {}, .whom = Whom::nobody, .requests = {subject.request()}};
    finding.trial->server_lines = {{"tls", plain ? "true" : "false", {}}};
    finding.shown_by = "wrong-port";
    return into.push_back(std::move(finding));
  }
}

void find_no_server_name(const Subject& subject, Findings& into) {
  if (!subject.pass().tls || subject.pass().protocol != nginx_conf::Pass::Protocol::http) return;
  if (subject.is_on("ssl_server_name") || subject.group() == nullptr) return;
  const nginx_conf::UpstreamServer& server = subject.group()->servers.front();
  if (!server.is_name()) return;
  Finding finding = subject.at("ssl_server_name");
  finding.id = "no-server-name";
  finding.severity = Severity::medium;
  finding.title = fmt::format("{} is not told which name is meant (SNI)", server.host());
  finding.detail =
      "Servers with several certificates, and everything behind a CDN, refuse the handshake (alert "
      "40 or 112): each request is a 502.";
  finding.fixes = {{Fix::Where::location, "proxy_ssl_server_name", "on"}};
  const bool other_name = subject.group()->is_block && subject.group()->name != server.host();
  if (other_name && subject.plain("proxy_ssl_name") == nullptr)
    finding.fixes.push_back({Fix::Where::location, "proxy_ssl_name", server.host()});
  finding.trial = Trial{.fault = {}, .whom = Whom::nobody, .requests = {subject.request()}};
  const std::string names =
      finding.fixes.size() > 1 ? ", names = " + toml_string(server.host()) : "";
  finding.trial->server_lines = {
      {"tls", fmt::format("{{ server_name = \"required\"{} }}", names), {}}};
  finding.shown_by = "tls";
  into.push_back(std::move(finding));
}

}  // namespace badgate::harness::audit
