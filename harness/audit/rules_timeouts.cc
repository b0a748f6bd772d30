#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

#include "harness/audit/rules.h"
#include "harness/nginx_conf/locate.h"
#include "net/text.h"

namespace badgate::harness::audit {

using namespace std::chrono_literals;

namespace {

constexpr auto kLocation = Fix::Where::location;
constexpr net::Duration kPatience = 30s;       // most people have left by then
constexpr net::Duration kConnectAtMost = 10s;  // nobody connects for longer and then is quick
constexpr net::Duration kAuthAtMost = 10s;
constexpr net::Duration kKernelGivesUp = 127s;  // tcp_syn_retries = 6
constexpr net::Duration kPhpDefault = 30s;      // max_execution_time of php.ini

// max_execution_time of PHP_VALUE or PHP_ADMIN_VALUE.
std::optional<net::Duration> php_time(const Subject& subject) {
  const nginx_conf::Setting* params = subject.plain("fastcgi_param");
  if (params == nullptr) return std::nullopt;
  for (const nginx_conf::Said& said : params->said) {
    if (said.arguments.size() < 2 || !said.arguments[0].text.starts_with("PHP_")) continue;
    const std::string& text = said.arguments[1].text;
    const auto at = text.find("max_execution_time");
    const auto digits = text.find_first_of("0123456789", at);
    if (at == text.npos || digits == text.npos) continue;
    const auto end = std::min(text.find_first_not_of("0123456789", digits), text.size());
    if (const auto time = net::parse_duration(text.substr(digits, end - digits))) return *time;
  }
  return std::nullopt;
}

std::string_view port_of(std::string_view address) {
  const auto colon = address.rfind(':');
  return colon == address.npos ? address : address.substr(colon + 1);
}

// Whether the address is one at which a server of the same configuration listens.
bool is_own(const nginx_conf::UpstreamServer& upstream, const nginx_conf::Listen& listen) {
  if (upstream.is_unix()) return upstream.address == listen.address;
  const std::string host = upstream.host();
  const bool here = host.starts_with("127.") || host == "localhost" || host == "[::1]";
  return here && port_of(listen.address) == port_of(upstream.address);
}

}  // namespace

void find_stuck_server(const Subject& subject, Findings& into) {
  const net::Duration wait = subject.time("read_timeout");
  if (wait < kPatience || subject.is_tunnel()) return;
  Finding finding = subject.at("read_timeout");
  finding.id = "stuck-server";
  finding.severity = Severity::high;
  finding.title = fmt::format("A stuck server holds each client for {}", spoken(wait));
  finding.detail =
      "It takes the request and never answers. Users have gone long before, and meanwhile each of "
      "their requests holds a connection of the proxy and one of the server. Give the few requests "
      "that need longer a location of their own.";
  finding.fixes = {{kLocation, subject.name("read_timeout"), "15s"}};
  finding.trial = subject.trial("stuck", Whom::first);
  finding.shown_by = "slow-application";
  into.push_back(std::move(finding));
}

// What auth_request asks is asked before every request.
void find_stuck_auth(const Subject& subject, Findings& into) {
  const nginx_conf::Setting* auth = subject.plain("auth_request");
  if (auth == nullptr || auth->value == "off") return;
  const auto target = nginx_conf::find_location(subject.site.server(subject.ref), auth->value);
  if (!target) return;
  const Subject asked{subject.site, {subject.ref.server, *target}, subject.kind};
  if (!asked.pass() || asked.time("read_timeout") < kAuthAtMost) return;
  Finding finding = asked.at("read_timeout");
  finding.places = {place_of(subject.site, subject.ref)};
  finding.id = "stuck-auth";
  finding.severity = Severity::high;
  finding.title = fmt::format("A stuck login service holds every request for {}, then it is a 500",
                              spoken(asked.time("read_timeout")));
  finding.detail = fmt::format(
      "auth_request {} is asked before each request. While it hangs, nothing behind it can be "
      "reached.",
      auth->value);
  finding.trial = asked.trial("stuck", Whom::first_group);
  finding.fixes = {{kLocation, asked.name("read_timeout"), "3s"},
                   {kLocation, asked.name("connect_timeout"), "1s"}};
  finding.shown_by = "slow-application";
  into.push_back(std::move(finding));
}

void find_unreachable_server(const Subject& subject, Findings& into) {
  const net::Duration wait = subject.time("connect_timeout");
  if (subject.traits().unix_socket || wait <= kConnectAtMost) return;
  Finding finding = subject.at("connect_timeout");
  finding.id = "unreachable-server";
  finding.severity = Severity::medium;
  finding.title = fmt::format("A dead host holds each client for {}", spoken(wait));
  finding.detail =
      "A host that is gone, or a firewall that drops packets, answers nothing at all. A healthy "
      "server accepts within milliseconds: nobody needs a long connect timeout.";
  finding.fixes = {{kLocation, subject.name("connect_timeout"), "3s"}};
  finding.trial = subject.trial("unreachable", Whom::first);
  finding.shown_by = "firewall";
  into.push_back(std::move(finding));
}

void find_late_retry(const Subject& subject, Findings& into) {
  const net::Duration most = subject.time("next_upstream_timeout");
  const net::Duration connect = subject.time("connect_timeout");
  if (subject.traits().servers + subject.traits().backups < 2 || most == 0s) return;
  if (subject.traits().unix_socket || connect < most) return;
  Finding finding = subject.at("next_upstream_timeout");
  finding.id = "timeouts-contradict";
  finding.severity = Severity::medium;
  finding.title = fmt::format("No other server is tried after a timeout: {} is {}",
                              subject.name("connect_timeout"), spoken(connect));
  finding.detail = fmt::format(
      "{} only says until when a further try may begin. A dead host is given up after {}, and then "
      "it is too late.",
      subject.name("next_upstream_timeout"), spoken(connect));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(most).count();
  finding.fixes = {{kLocation, subject.name("connect_timeout"),
                    fmt::format("{}s", std::max<std::int64_t>(1, seconds / 3))}};
  finding.trial = subject.trial("unreachable", Whom::first);
  into.push_back(std::move(finding));
}

void find_php_timeouts(const Subject& subject, Findings& into) {
  if (!subject.traits().fastcgi) return;
  const auto said = php_time(subject);
  const net::Duration php = said.value_or(kPhpDefault);
  const net::Duration wait = subject.time("read_timeout");
  if (php == 0s || wait >= php) return;
  Finding finding = subject.at("read_timeout");
  finding.id = "timeouts-contradict";
  finding.severity = said ? Severity::medium : Severity::low;
  finding.title =
      fmt::format("nginx gives up after {}, PHP works on until {}", spoken(wait), spoken(php));
  finding.detail = fmt::format(
      "The user has a 504, and a child of php-fpm works for nobody. max_execution_time is {}{}.",
      spoken(php), said ? "" : " unless php.ini says otherwise");
  finding.fixes = {
      {Fix::Where::prose,
       {},
       fmt::format("fastcgi_param PHP_VALUE \"max_execution_time={}\";  # below {}",
                   std::max<std::int64_t>(
                       1, std::chrono::duration_cast<std::chrono::seconds>(wait).count() - 1),
                   subject.name("read_timeout"))}};
  finding.trial = subject.trial("stuck", Whom::first);
  finding.trial->fault =
      fmt::format("{{ slow = \"header\", delay = \"{}\" }}", net::format_duration(php));
  finding.shown_by = "timeout-order";
  into.push_back(std::move(finding));
}

// A location that passes to another server of the same configuration.
void find_inner_timeouts(const Subject& subject, Findings& into) {
  if (subject.group() == nullptr || subject.is_tunnel()) return;
  const net::Duration outer = subject.time("read_timeout");
  for (const nginx_conf::UpstreamServer& upstream : subject.group()->servers) {
    for (std::size_t s = 0; s < subject.site.servers.size(); ++s) {
      const nginx_conf::Server& server = subject.site.servers[s];
      if (s == subject.ref.server ||
          std::ranges::none_of(server.listen, [&](const auto& at) { return is_own(upstream, at); }))
        continue;
      for (std::size_t l = 0; l < server.locations.size(); ++l) {
        const Subject inner{subject.site, {s, l}, subject.kind};
        if (!server.locations[l].pass || inner.time("read_timeout") < outer) continue;
        Finding finding = subject.at("read_timeout");
        finding.id = "timeouts-contradict";
        finding.severity = Severity::medium;
        finding.title = fmt::format("The outer proxy gives up after {}, the inner one after {}",
                                    spoken(outer), spoken(inner.time("read_timeout")));
        finding.detail = fmt::format(
            "{} is behind this one. It goes on when nobody listens any more, and its log says 499 "
            "instead of what was wrong.",
            place_of(subject.site, inner.ref));
        finding.fixes = {{Fix::Where::prose,
                          {},
                          fmt::format("{} shorter than {} in {}", inner.name("read_timeout"),
                                      spoken(outer), place_of(subject.site, inner.ref))}};
        finding.shown_by = "timeout-order";
        return into.push_back(std::move(finding));
      }
    }
  }
}

void find_kernel_timeout(const Subject& subject, Findings& into) {
  const net::Duration wait = subject.time("connect_timeout");
  if (subject.traits().unix_socket || wait <= kKernelGivesUp) return;
  Finding finding = subject.at("connect_timeout");
  finding.id = "connect-timeout-without-effect";
  finding.title =
      fmt::format("{} of {} is never reached", subject.name("connect_timeout"), spoken(wait));
  finding.detail =
      "The kernel gives up first, after 127 s (tcp_syn_retries = 6), and then users get 502 and "
      "not 504.";
  finding.fixes = {{kLocation, subject.name("connect_timeout"), "3s"}};
  finding.shown_by = "firewall";
  into.push_back(std::move(finding));
}

// proxy_read_timeout where fastcgi_pass passes on, and the like.
void find_wrong_protocol(const Subject& subject, Findings& into) {
  if (!subject.pass()) return;
  constexpr std::array<std::string_view, 4> kPrefixes{"proxy_", "fastcgi_", "uwsgi_", "grpc_"};
  constexpr std::array<std::string_view, 8> kNames{
      "read_timeout", "connect_timeout", "send_timeout", "next_upstream",
      "buffer_size",  "buffers",         "buffering",    "intercept_errors"};
  for (const std::string_view prefix : kPrefixes) {
    if (prefix == subject.pass().prefix()) continue;
    for (const std::string_view name : kNames) {
      const std::string wrong = std::string(prefix) + std::string(name);
      const auto said = subject.location().settings.find(wrong);
      if (said == subject.location().settings.end()) continue;
      if (subject.location().settings.contains(subject.name(name))) continue;
      Finding finding = subject.at_plain(wrong);
      finding.id = "directive-without-effect";
      finding.severity = Severity::medium;
      finding.title = fmt::format("{} has no effect here: this location has {}pass", wrong,
                                  subject.pass().prefix());
      finding.detail =
          fmt::format("{} {} is in force instead.", subject.name(name), subject.value(name));
      finding.fixes = {{kLocation, subject.name(name), said->second.value}};
      if (name == "read_timeout") finding.trial = subject.trial("stuck", Whom::first_group);
      into.push_back(std::move(finding));
    }
  }
}

}  // namespace badgate::harness::audit
