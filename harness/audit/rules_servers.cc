#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "harness/audit/rules.h"
#include "net/text.h"

namespace badgate::harness::audit {

using namespace std::chrono_literals;

namespace {

constexpr auto kGroup = Fix::Where::group;
constexpr auto kLocation = Fix::Where::location;
constexpr auto kProse = Fix::Where::prose;
constexpr net::Duration kUsualIdle = 5s;  // what Node.js keeps an idle connection for

const nginx_conf::Setting* of_group(const Subject& subject, std::string_view directive) {
  if (subject.group() == nullptr) return nullptr;
  const auto at = subject.group()->settings.find(directive);
  return at != subject.group()->settings.end() ? &at->second : nullptr;
}

bool has_line(const LocationKind& kind, std::string_view key, std::string_view value) {
  return std::ranges::any_of(kind.skeleton.proxy, [&](const nginx_conf::Line& line) {
    return line.key == key && line.value == value;
  });
}

}  // namespace

void find_no_server(const Subject& subject, Findings& into) {
  if (subject.group() == nullptr || subject.traits().servers > 0) return;
  if (subject.group()->servers.empty()) return;
  const nginx_conf::UpstreamServer& server = subject.group()->servers.front();
  Finding finding = subject.at_position(server.position, "server " + server.address + " down");
  finding.id = "no-server";
  finding.severity = Severity::high;
  const bool backup = subject.traits().backups > 0;
  finding.title = backup
                      ? fmt::format("upstream {} has nobody but its backup", subject.group()->name)
                      : fmt::format("All servers of upstream {} are down", subject.group()->name);
  finding.detail = backup
                       ? "If it fails, nobody is left: what should be the last resort is the rule."
                       : "Every request is answered with 502 \"no live upstreams\" at once.";
  finding.fixes = {{kProse, {}, "a server line without \"down\" in this upstream block"}};
  finding.shown_by = "pool-empty";
  if (!backup)
    finding.trial = Trial{.fault = {}, .whom = Whom::nobody, .requests = {subject.request()}};
  into.push_back(std::move(finding));
}

void find_keepalive_unused(const Subject& subject, Findings& into) {
  const nginx_conf::Setting* keepalive = of_group(subject, "keepalive");
  const bool http = subject.pass().protocol == nginx_conf::Pass::Protocol::http;
  if (keepalive == nullptr || subject.traits().keeps_connections || subject.is_tunnel()) return;
  if (!http && !subject.traits().fastcgi) return;
  Finding finding = subject.at_position(keepalive->from, "keepalive " + keepalive->value);
  finding.id = "keepalive-unused";
  finding.severity = Severity::medium;
  finding.title = fmt::format("keepalive of upstream {} has no effect: no connection is kept",
                              subject.group()->name);
  finding.detail =
      "nginx asks the server to close after each request, so that each request costs a new "
      "connection, with TLS a handshake; under load source ports run out (99: Cannot assign "
      "requested address).";
  if (http) {
    if (!has_line(subject.kind, "proxy_http_version", "\"1.1\""))
      finding.fixes.push_back({kLocation, "proxy_http_version", "1.1"});
    finding.fixes.push_back({kLocation, "proxy_set_header", "Connection \"\""});
    if (!subject.location().settings.contains("proxy_set_header"))
      finding.detail += " A location with a proxy_set_header of its own has none of its server's.";
  } else {
    finding.fixes = {{kLocation, "fastcgi_keep_conn", "on"}};
  }
  finding.counts_connections = true;
  finding.trial =
      Trial{.fault = {}, .whom = Whom::nobody, .requests = {subject.request(), subject.request()}};
  into.push_back(std::move(finding));
}

void find_keepalive_race(const Subject& subject, Findings& into) {
  const nginx_conf::Setting* keepalive = of_group(subject, "keepalive");
  const Exposure* seen = subject.kind.find("keepalive-race", Whom::first, "POST");
  if (keepalive == nullptr || seen == nullptr || !subject.kind.failed(*seen)) return;
  const nginx_conf::Setting* idle = of_group(subject, "keepalive_timeout");
  const net::Duration kept = idle != nullptr ? net::parse_duration(idle->value).value_or(60s) : 60s;
  if (kept < kUsualIdle) return;
  Finding finding = subject.at_position(
      (idle != nullptr ? idle : keepalive)->from,
      idle != nullptr ? "keepalive_timeout " + idle->value : "keepalive " + keepalive->value);
  if (idle == nullptr) finding.said += " (nginx's default: keepalive_timeout 60s)";
  finding.id = "keepalive-race";
  finding.severity = Severity::medium;
  finding.title = fmt::format("A POST over a kept connection gets {} when the server closes it",
                              seen->answer.status);
  finding.detail = fmt::format(
      "Idle connections are kept for {}; the application closes its own earlier (Node.js after "
      "5 s, gunicorn after 2 s), now and then just when a request comes. A GET is sent again, a "
      "POST cannot be{}.",
      spoken(kept),
      subject.traits().servers > 1 ? ", and the healthy server counts as failed" : "");
  finding.fixes = {{kGroup, "keepalive_timeout", "4s"}};
  finding.trial = subject.trial("keepalive-race", Whom::first_group, "POST");
  finding.trial->requests.insert(finding.trial->requests.begin(), subject.request());
  finding.trial->requests[1].more = "body_text = \"a=1\"\npause = \"4500ms\"\n";
  finding.shown_by = "keepalive-race";
  into.push_back(std::move(finding));
}

void find_max_fails_unused(const Subject& subject, Findings& into) {
  if (subject.group() == nullptr || subject.group()->servers.size() != 1) return;
  const nginx_conf::UpstreamServer& server = subject.group()->servers.front();
  if (server.host() == "localhost" || (!server.has("max_fails") && !server.has("fail_timeout")))
    return;
  Finding finding = subject.at_position(server.position, "server " + server.address);
  finding.id = "max-fails-without-effect";
  finding.title = "max_fails and fail_timeout have no effect on the only server";
  finding.detail = "nginx never leaves out a server that is alone: it is asked each time.";
  finding.fixes = {{kProse, {}, "a second server in this upstream block"}};
  finding.shown_by = "pool-empty/lone-server-is-never-out";
  into.push_back(std::move(finding));
}

void find_name_resolved_once(const Subject& subject, Findings& into) {
  if (subject.group() == nullptr || subject.pass().variables) return;
  for (const nginx_conf::UpstreamServer& server : subject.group()->servers) {
    if (!server.is_name() || server.host() == "localhost" || server.has("resolve")) continue;
    Finding finding = subject.at_position(server.position,
                                          subject.group()->is_block
                                              ? "server " + server.address
                                              : subject.name("pass") + " " + subject.pass().text);
    finding.id = "name-resolved-once";
    finding.severity = Severity::medium;
    finding.title = fmt::format("{} is looked up only when nginx starts", server.host());
    finding.detail =
        "When its address changes (a new container, a failover), nginx goes on with the old one: "
        "502 or 504 until somebody reloads it; and it does not start while the name is unknown.";
    if (subject.group()->is_block) {
      finding.fixes = {
          {kProse, {}, "resolver 127.0.0.11 valid=10s;  # your name server"},
          {kGroup, "zone", subject.group()->name + " 64k"},
          {kProse,
           {},
           fmt::format("server {} resolve;  # nginx 1.27.3 and newer", server.address)}};
    } else {
      finding.fixes = {{kProse, {}, "resolver 127.0.0.11 valid=10s;  # your name server"},
                       {kProse, {}, fmt::format("set $backend {};", server.host())},
                       {kProse, {}, subject.name("pass") + " with $backend in place of the name"}};
    }
    finding.shown_by = "name-resolution";
    into.push_back(std::move(finding));
  }
}

void find_no_resolver(const Subject& subject, Findings& into) {
  const nginx_conf::Group* group = subject.group();
  if (!subject.pass().variables || subject.plain("resolver") != nullptr) return;
  if (group != nullptr && (group->is_block || !group->servers.front().is_name())) return;
  const bool known = group != nullptr;
  if (!known) return;
  Finding finding = subject.at_position(subject.pass().position,
                                        subject.name("pass") + " " + subject.pass().text);
  finding.id = "no-resolver";
  finding.severity = Severity::high;
  finding.title =
      fmt::format("Every request is a 502: no resolver for {}", group->servers.front().host());
  finding.detail =
      "With a variable, the name is looked up for each request, and there is no name server to ask "
      "(\"no resolver defined to resolve\").";
  finding.fixes = {{kLocation, "resolver", "127.0.0.11 valid=10s"}};
  finding.shown_by = "name-resolution";
  into.push_back(std::move(finding));
}

void find_localhost(const Subject& subject, Findings& into) {
  if (subject.group() == nullptr) return;
  for (const nginx_conf::UpstreamServer& server : subject.group()->servers) {
    if (server.host() != "localhost") continue;
    const auto colon = server.address.find(':');
    const std::string port = colon == server.address.npos ? "" : server.address.substr(colon);
    const std::string scheme = subject.pass().text.substr(0, subject.pass().text.find("localhost"));
    Finding finding = subject.at_position(server.position,
                                          subject.group()->is_block
                                              ? "server " + server.address
                                              : subject.name("pass") + " " + subject.pass().text);
    finding.id = "localhost-two-addresses";
    finding.title = "localhost is two servers: 127.0.0.1 and [::1]";
    finding.detail =
        "An application that listens at one of them only refuses every other request, which is "
        "then sent again; and when it fails once, both count as failed and everybody gets \"no "
        "live upstreams\" for 10 s, which never happens to a single address.";
    finding.fixes = {{kProse,
                      {},
                      subject.group()->is_block
                          ? fmt::format("server 127.0.0.1{};", port)
                          : fmt::format("{} {}127.0.0.1{};", subject.name("pass"), scheme, port)}};
    finding.shown_by = "upstream-down/localhost-has-two-addresses";
    into.push_back(std::move(finding));
  }
}

}  // namespace badgate::harness::audit
