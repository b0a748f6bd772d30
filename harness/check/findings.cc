#include "harness/check/findings.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "harness/probe/report.h"
#include "net/text.h"

namespace badgate::harness::check {
namespace {

using Level = Finding::Level;
using probe::Reached;
using probe::time_text;
using probe::VisitSeen;

std::string on_which_machine(const AddressSeen& seen) {
  return seen.local ? std::string("here") : fmt::format("on {}", seen.at.host());
}

void judge_name(const Target& target, const Seen& seen, Findings& into) {
  if (!target.is_name || !seen.name.addresses.empty()) return;
  const bool gone = seen.name.no_such_name;
  const std::string what = fmt::format("{} cannot be resolved: {}", target.host, seen.name.error);
  if (target.at_start) {
    into.push_back(
        {Level::wrong, what + "; nginx will not start or reload",
         fmt::format("getent hosts {}; write its address, or make the name known", target.host),
         "name-resolution/unknown-at-start"});
  } else {
    into.push_back({Level::wrong, what, fmt::format("getent hosts {}", target.host),
                    gone ? "name-resolution/no-such-name" : "name-resolution/server-failure"});
  }
}

// "3 days", "5 hours", "20 minutes".
std::string age_text(net::Duration age) {
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(age).count();
  constexpr std::int64_t kHour = 60;
  constexpr std::int64_t kDay = 24 * kHour;
  if (minutes >= 2 * kDay) return fmt::format("{} days", minutes / kDay);
  if (minutes >= 2 * kHour) return fmt::format("{} hours", minutes / kHour);
  return fmt::format("{} minute{}", minutes, minutes == 1 ? "" : "s");
}

// Names in the configuration are looked up once; what nginx got then, it does not tell.
void judge_age_of_name(const Target& target, const Seen& seen, const Surroundings& around,
                       Findings& into) {
  if (!target.is_name || !target.at_start || seen.name.addresses.empty() || !around.running) return;
  const RunningNginx& nginx = *around.running;
  const auto stale = std::ranges::find_if(nginx.connected, [&](const net::Address& at) {
    return at.port() == target.port && std::ranges::find(around.known, at) == around.known.end();
  });
  if (stale != nginx.connected.end()) {
    into.push_back({Level::wrong,
                    fmt::format("nginx (pid {}) is connected to {}, which is not an address of {} "
                                "any more",
                                nginx.master, stale->to_string(), target.host),
                    "nginx -s reload", "name-resolution/resolved-once-at-start"});
    return;
  }
  if (!nginx.connected.empty() || nginx.connections_seen) {
    into.push_back({Level::note,
                    fmt::format("{} was looked up once, {} ago, when nginx (pid {}) was started or "
                                "reloaded; which address it got then, cannot be seen",
                                target.host, age_text(nginx.age), nginx.master),
                    {},
                    {}});
  }
}

void judge_missing(const Target& target, const Seen& seen, Findings& into) {
  const bool php = target.speaks_fastcgi();
  std::string fix =
      php ? "systemctl start php-fpm (Debian: php8.2-fpm …)" : "start the application";
  std::string scenario = php ? "php-fpm/stopped-socket-gone" : "unix-socket/missing";
  if (!seen.siblings.empty()) {
    fix = fmt::format("{} unix:{}; or start what should listen there", target.directive(),
                      seen.siblings.front());
    if (php) scenario = "php-fpm/wrong-socket-path";
  }
  into.push_back(
      {Level::wrong, fmt::format("{} does not exist", seen.obstacle->path), fix, scenario});
}

// A folder on the way, or the socket itself, is closed to nginx's user.
void judge_rights(const Target& target, const Obstacle& obstacle, const User& user,
                  Findings& into) {
  const bool php = target.speaks_fastcgi();
  const std::string scenario = php ? "php-fpm/no-permission" : "unix-socket/no-permission";
  const auto& path = obstacle.path;
  if (obstacle.kind == Obstacle::Kind::no_way) {
    into.push_back(
        {Level::wrong, fmt::format("{} may not enter {} ({})", user.name, path, obstacle.state),
         fmt::format("chmod o+x {}; or setfacl -m u:{}:x {}", path, user.name, path), scenario});
    return;
  }
  into.push_back(
      {Level::wrong, fmt::format("{} may not write to {} ({})", user.name, path, obstacle.state),
       php ? fmt::format("in php-fpm's pool: listen.owner = {}, listen.mode = 0660", user.name)
           : fmt::format("chgrp {} {}; chmod g+w {}", user.name, path, path),
       scenario});
}

void judge_obstacle(const Target& target, const Seen& seen, const User& user, Findings& into) {
  if (!seen.obstacle) return;
  const Obstacle& obstacle = *seen.obstacle;
  switch (obstacle.kind) {
    case Obstacle::Kind::missing:
      return judge_missing(target, seen, into);
    case Obstacle::Kind::no_way:
    case Obstacle::Kind::no_right:
      return judge_rights(target, obstacle, user, into);
    case Obstacle::Kind::not_a_socket:
      into.push_back(
          {Level::wrong, fmt::format("{} is no socket ({})", obstacle.path, obstacle.state),
           fmt::format("rm {}; start the application", obstacle.path), "unix-socket/plain-file"});
      return;
    case Obstacle::Kind::unreadable:
      into.push_back(
          {Level::warning,
           fmt::format("{} cannot be looked at by {}", obstacle.path, current_user().name),
           "run badgate check as root",
           {}});
  }
}

struct Refusal {
  int code;
  const char* what;
  const char* fix;
  const char* scenario;
};

// What connect(2) said, but for ECONNREFUSED and the timeout.
constexpr Refusal kRefusals[] = {
    {EHOSTUNREACH, "no route to {}: an ARP or ICMP answer says that it is not there",
     "ip route get {}; is the machine up?", "firewall/rejects-host-unreachable"},
    {ENETUNREACH, "the network of {} is not reachable from here", "ip route get {}",
     "firewall/no-route"},
    {EACCES, "connecting to {} is forbidden here",
     "setsebool -P httpd_can_network_connect 1; nft list ruleset; ip route get {}",
     "firewall/forbids-connecting"},
    {EPERM, "connecting to {} is forbidden here", "nft list ruleset (output); ip route get {}",
     "firewall/forbids-connecting"},
    {EADDRNOTAVAIL, "this machine has no address to reach {} from (IPv6?)",
     "write 127.0.0.1 in place of localhost; ip -6 addr",
     "upstream-down/localhost-has-two-addresses"},
    {EINVAL, "a blackhole route leads to {}", "ip route get {}", "firewall/blackhole-route"},
    {EAGAIN, "the accept queue of {} is full", "ss -lnx; more workers, a larger backlog",
     "unix-socket/queue-is-full"},
};

void judge_refused(const Target& target, const AddressSeen& seen, bool others, Findings& into) {
  const bool php = target.speaks_fastcgi();
  if (seen.at.is_unix()) {
    into.push_back(
        {Level::wrong,
         fmt::format("{} is there, and nobody listens (its owner is gone)", seen.at.path()),
         php ? "systemctl restart php-fpm (Debian: php8.2-fpm …)" : "start the application",
         php ? "php-fpm/killed-socket-stale" : "unix-socket/stale"});
    return;
  }
  if (others) {
    into.push_back({Level::wrong,
                    fmt::format("{} is an address of {}, too, and nobody listens there",
                                seen.at.host(), target.host),
                    target.host == "localhost" ? "write 127.0.0.1 in place of localhost"
                                               : "listen on all of its addresses",
                    target.host == "localhost" ? "upstream-down/localhost-has-two-addresses"
                                               : "name-resolution/one-address-is-dead"});
    return;
  }
  into.push_back({Level::wrong, fmt::format("nobody listens at {}", seen.at.to_string()),
                  fmt::format("start it, or write its port; {}: ss -ltnp 'sport = :{}'",
                              on_which_machine(seen), seen.at.port()),
                  php ? "php-fpm/not-running" : "upstream-down/application-not-running"});
}

// badgate itself was not let in: if nginx's user is not either, that is told already.
void judge_own_rights(const Seen& all, const AddressSeen& seen, Findings& into) {
  if (all.obstacle) return;
  into.push_back({Level::warning,
                  fmt::format("{} may not connect to {}: nothing more can be seen",
                              current_user().name, seen.at.path()),
                  "run badgate check as root",
                  {}});
}

void judge_connect(const Target& target, const Seen& all, const AddressSeen& seen, Findings& into) {
  const VisitSeen& told = seen.as_told;
  const auto at = seen.at.to_string();
  if (told.code == ECONNREFUSED) {
    const bool others = std::ranges::any_of(all.addresses, [](const AddressSeen& other) {
      return other.as_told.reached != Reached::nothing;
    });
    return judge_refused(target, seen, others, into);
  }
  if (told.code == EACCES && seen.at.is_unix()) return judge_own_rights(all, seen, into);
  for (const Refusal& refusal : kRefusals) {
    if (told.code != refusal.code) continue;
    into.push_back({Level::wrong, fmt::format(fmt::runtime(refusal.what), at),
                    fmt::format(fmt::runtime(refusal.fix), seen.at.host()), refusal.scenario});
    return;
  }
  if (!told.timed_out && told.code != ETIMEDOUT) {
    into.push_back({Level::wrong, fmt::format("connecting to {}: {}", at, told.failure), {}, {}});
    return;
  }
  if (seen.queue && seen.queue->full()) return;  // that is told of the queue
  into.push_back(
      {Level::wrong,
       fmt::format("{} does not answer a connection ({} waited, proxy_connect_timeout "
                   "{})",
                   at, time_text(told.took), net::format_duration(target.connect_timeout)),
       fmt::format("a firewall, or a full queue {}: nft list ruleset; ss -ltn",
                   on_which_machine(seen)),
       "firewall/drops-packets"});
}

void judge_queue(const Target& target, const AddressSeen& seen, Findings& into) {
  if (!seen.queue) return;
  const auto& queue = *seen.queue;
  const auto numbers = fmt::format("{} connections wait, {} may", queue.waiting, queue.limit);
  const bool php = target.speaks_fastcgi();
  const bool unix_socket = seen.at.is_unix();
  if (queue.full()) {
    std::string scenario =
        unix_socket ? "unix-socket/queue-is-full" : "firewall/looks-like-a-firewall";
    if (php) scenario = unix_socket ? "php-fpm/backlog-full-unix" : "php-fpm/backlog-full-tcp";
    into.push_back({Level::wrong,
                    fmt::format("the accept queue of {} is full: {}", seen.at.to_string(), numbers),
                    php ? "raise pm.max_children; php-fpm's slow log"
                        : "more workers; what are they busy with?",
                    scenario});
  } else if (queue.waiting > 0 && queue.waiting * 2 >= queue.limit) {
    into.push_back(
        {Level::warning,
         fmt::format("the accept queue of {} fills up: {}", seen.at.to_string(), numbers),
         php ? "raise pm.max_children" : "more workers",
         php ? "php-fpm/max-children-reached" : "overload/twice-as-many"});
  }
}

// nginx's timeouts, and how much of them is used up when nothing else is going on.
void judge_times(const Target& target, const AddressSeen& seen, Findings& into) {
  const VisitSeen& told = seen.as_told;
  if (told.connected && *told.connected * 2 > target.connect_timeout) {
    into.push_back(
        {Level::warning,
         fmt::format("connecting took {} of {}_connect_timeout {}", time_text(*told.connected),
                     target.directive().substr(0, target.directive().find('_')),
                     net::format_duration(target.connect_timeout)),
         "the network; the application's accept queue (ss -ltn)",
         "firewall/looks-like-a-firewall"});
  }
  if (!told.first_byte || !told.connected) return;
  const auto waited = *told.first_byte - told.handshaken.value_or(*told.connected);
  if (waited * 2 <= target.read_timeout) return;
  into.push_back({Level::warning,
                  fmt::format("{} took {} of {}_read_timeout {}", target.uri, time_text(waited),
                              target.directive().substr(0, target.directive().find('_')),
                              net::format_duration(target.read_timeout)),
                  "what the application does in this time", "slow-application/report-takes-75s"});
}

void judge_address(const Target& target, const Seen& all, const AddressSeen& seen,
                   const Surroundings& around, Findings& into) {
  judge_queue(target, seen, into);
  const VisitSeen& told = seen.as_told;
  if (told.reached == Reached::nothing) return judge_connect(target, all, seen, into);
  if (target.tls && !told.tls) {
    judge_handshake(target, seen, into);
  } else if (target.speaks_fastcgi()) {
    judge_fastcgi(target, seen, into);
  } else if (target.speaks_http()) {
    judge_http(target, seen, around, into);
  }
  if (told.tls) judge_certificate(target, *told.tls, around.now, into);
  judge_times(target, seen, into);
}

void judge_selinux(const Target& target, const Surroundings& around, Findings& into) {
  if (!around.selinux_enforcing || around.selinux_may_connect || !target.path.empty()) return;
  into.push_back({Level::warning,
                  "SELinux is enforcing and httpd_can_network_connect is off: nginx may connect to "
                  "few ports only",
                  "setsebool -P httpd_can_network_connect 1", "firewall/forbids-connecting"});
}

}  // namespace

Findings findings_of(const Target& target, const Seen& seen, const Surroundings& around) {
  Findings found;
  if (target.undecided) {
    const bool resolver = target.has_resolver;
    found.push_back({resolver ? Level::note : Level::warning,
                     fmt::format("a variable decides whom {} asks{}", target.address,
                                 resolver ? "" : ", and there is no resolver for names"),
                     resolver ? "" : "resolver 127.0.0.53; (a name server of yours)",
                     resolver ? "" : "name-resolution/no-resolver"});
    return found;
  }
  if (!seen.broken_tls.empty()) found.push_back({Level::wrong, seen.broken_tls, {}, {}});
  if (target.is_name && !target.at_start && !target.has_resolver) {
    found.push_back(
        {Level::wrong,
         fmt::format("{} is looked up while nginx runs, and there is no resolver", target.host),
         "resolver 127.0.0.53; (a name server of yours)", "name-resolution/no-resolver"});
  }
  judge_name(target, seen, found);
  judge_obstacle(target, seen, around.user, found);
  for (const AddressSeen& address : seen.addresses)
    judge_address(target, seen, address, around, found);
  judge_selinux(target, around, found);
  judge_age_of_name(target, seen, around, found);
  if (target.down) {
    for (Finding& finding : found)
      finding.level = Level::note;  // nginx never asks it
  }
  std::ranges::stable_sort(found, std::ranges::greater(), &Finding::level);
  return found;
}

std::string well_of(const Target& target, const Seen& seen) {
  if (target.down) return "marked down: nginx does not ask it";
  if (seen.addresses.empty()) return "not asked";
  const VisitSeen& told = seen.addresses.front().as_told;
  std::string out;
  if (target.speaks_http() && told.reached >= Reached::header)
    out = fmt::format("HTTP {}, ", told.head.status);
  if (target.speaks_fastcgi()) out = "FastCGI, ";
  if (told.tls) out += told.tls->protocol + ", ";
  if (told.connected) out += fmt::format("connected in {}", time_text(*told.connected));
  if (told.first_byte) out += fmt::format(", first byte after {}", time_text(*told.first_byte));
  if (seen.addresses.size() > 1) out += fmt::format("; {} addresses", seen.addresses.size());
  return out;
}

}  // namespace badgate::harness::check
