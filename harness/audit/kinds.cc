#include "harness/audit/kinds.h"

#include <algorithm>
#include <array>
#include <map>

namespace badgate::harness::audit {
namespace {

using nginx_conf::Line;
using nginx_conf::SkeletonServer;

bool says(const std::vector<Line>& lines, std::string_view key, std::string_view value) {
  return std::ranges::any_of(
      lines, [&](const Line& line) { return line.key == key && line.value == value; });
}

bool says(const std::vector<Line>& lines, std::string_view key) {
  return std::ranges::any_of(lines, [&](const Line& line) { return line.key == key; });
}

// Connections to servers are kept if they are asked to: ngx_http_proxy_create_request.
bool keeps(const nginx_conf::Skeleton& skeleton, bool fastcgi) {
  if (!says(skeleton.groups.front().lines, "keepalive")) return false;
  if (fastcgi) return says(skeleton.proxy, "fastcgi_keep_conn", "\"on\"");
  if (!says(skeleton.proxy, "proxy_http_version", "\"1.1\"")) return false;
  const auto set = std::ranges::find(skeleton.proxy, "proxy_set_header", &Line::key);
  if (set == skeleton.proxy.end()) return false;
  return std::ranges::any_of(set->texts, [](const std::string& text) {
    return text == "Connection \"\"" || text == "connection \"\"";
  });
}

Traits traits_of(const nginx_conf::Site& site, nginx_conf::LocationRef ref) {
  Traits traits;
  const nginx_conf::Pass& pass = site.pass(ref);
  traits.fastcgi = pass.protocol == nginx_conf::Pass::Protocol::fastcgi;
  traits.tls = pass.tls;
  const nginx_conf::Group* group = site.group(ref);
  if (group == nullptr) return traits;
  traits.unix_socket = !group->servers.empty() && group->servers.front().is_unix();
  for (const nginx_conf::UpstreamServer& server : group->servers) {
    if (server.has("down")) continue;
    ++(server.has("backup") ? traits.backups : traits.servers);
  }
  return traits;
}

class Planner {
 public:
  Planner(std::size_t index, const LocationKind& kind) : index_(index), kind_(kind) {}

  std::vector<Planned> take(bool every) {
    add("", Trial{.fault = {}, .whom = Whom::nobody, .requests = {{}}}, 0);
    add_faults(faults());
    if (every) add_faults(other_faults());
    if (kind_.traits.servers + kind_.traits.backups >= 2) add_special();
    return std::move(planned_);
  }

 private:
  void add(std::string_view id, const Trial& trial, std::size_t counted) {
    planned_.push_back({index_, id, trial.whom, trial.requests[counted].method, counted,
                        scenario_text(kind_.skeleton, trial, "audit")});
  }

  void add_faults(std::span<const Fault> all) {
    for (const Fault& fault : all) {
      if (!suits(fault, kind_.traits)) continue;
      for (const std::string_view method : {"GET", "POST"})
        add_fault(fault, std::string(method));
    }
  }

  void add_fault(const Fault& fault, std::string method) {
    Trial trial;
    trial.fault = toml_of(fault);
    trial.requests = {{.method = std::move(method)}};
    std::size_t counted = 0;
    if (fault.suits == Fault::For::kept) {
      trial.requests.insert(trial.requests.begin(), TrialRequest{});
      counted = 1;
    }
    trial.whom = Whom::first_group;
    add(fault.id, trial, counted);
    if (kind_.skeleton.groups.front().servers.size() < 2) return;
    trial.whom = Whom::first;
    add(fault.id, trial, counted);
  }

  void add_special() {
    Trial trial;
    trial.whom = Whom::first_group;
    trial.requests = {{}, {}};
    trial.fault = "{ slow = \"header\", delay = \"20h\", times = 1 }";
    add("stuck-once", trial, 1);
    trial.fault = "{ crash = \"after-request\", how = \"FIN\", times = 1 }";
    add("crash-once", trial, 1);
    if (kind_.traits.backups == 0 || kind_.traits.servers == 0) return;
    trial.fault = toml_of(fault("refused"));
    trial.spares_backups = true;
    trial.requests = {{}};
    add("backup", trial, 0);
  }

  std::size_t index_;
  const LocationKind& kind_;
  std::vector<Planned> planned_;
};

}  // namespace

std::vector<LocationKind> kinds_of(const nginx_conf::Site& site) {
  std::vector<LocationKind> kinds;
  std::map<std::string, std::size_t> places;
  for (const nginx_conf::LocationRef ref : site.passing()) {
    auto skeleton = nginx_conf::skeleton_of(site, ref, nginx_conf::Detail::bare);
    const std::string key = skeleton ? to_toml(*skeleton, false) : "! " + skeleton.error().message;
    const auto [at, is_new] = places.emplace(key, kinds.size());
    if (!is_new) {
      kinds[at->second].refs.push_back(ref);
      continue;
    }
    LocationKind kind;
    kind.refs = {ref};
    kind.traits = traits_of(site, ref);
    if (skeleton) {
      kind.traits.keeps_connections = keeps(*skeleton, kind.traits.fastcgi);
      kind.skeleton = std::move(*skeleton);
    } else {
      kind.unplayed = skeleton.error().message;
    }
    kinds.push_back(std::move(kind));
  }
  return kinds;
}

std::vector<Planned> plan(const std::vector<LocationKind>& kinds, bool every) {
  std::vector<Planned> all;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    if (!kinds[i].unplayed.empty()) continue;
    auto planned = Planner(i, kinds[i]).take(every);
    std::move(planned.begin(), planned.end(), std::back_inserter(all));
  }
  return all;
}

void take_in(const std::vector<Planned>& planned, const std::vector<Played>& seen,
             std::vector<LocationKind>& kinds) {
  for (std::size_t i = 0; i < planned.size(); ++i) {
    if (planned[i].fault.empty()) {
      if (!seen[i].answers.empty()) kinds[planned[i].kind].healthy = seen[i].answers.front();
      continue;
    }
    Exposure exposure;
    exposure.fault = planned[i].fault;
    exposure.whom = planned[i].whom;
    exposure.method = planned[i].method;
    exposure.executed = seen[i].executed;
    for (const std::string* why : {&seen[i].broken, &seen[i].skipped, &seen[i].start_error}) {
      if (exposure.broken.empty()) exposure.broken = *why;
    }
    // The second request tells nothing unless the first has been at every server.
    const bool pair = exposure.fault.ends_with("-once") && !seen[i].answers.empty();
    if (pair && seen[i].answers.front().tries < kinds[planned[i].kind].traits.servers)
      exposure.broken = "not every server was asked";
    if (exposure.broken.empty() && planned[i].counted < seen[i].answers.size()) {
      exposure.answer = seen[i].answers[planned[i].counted];
    } else if (exposure.broken.empty()) {
      exposure.broken = "there was no answer to look at";
    }
    kinds[planned[i].kind].exposures.push_back(std::move(exposure));
  }
}

}  // namespace badgate::harness::audit
