#include "harness/check/check.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace badgate::harness::check {
namespace {

constexpr std::size_t kAtOnce = 32;  // targets

bool has_wrong(const Findings& findings) {
  return std::ranges::any_of(
      findings, [](const Finding& finding) { return finding.level == Finding::Level::wrong; });
}

bool file_begins_with(const char* path, char wanted) {
  std::ifstream file(path);
  char first = 0;
  return file.get(first) && first == wanted;
}

// As nginx does: `user`, or "nobody" of a root that says none (NGX_USER), or whoever starts it.
net::Result<User> user_of(const nginx_conf::Site& site) {
  const auto said = site.main.find("user");
  if (said != site.main.end() && !said->second.said.empty() &&
      !said->second.said.front().arguments.empty())
    return user_named(said->second.said.front().arguments.front().text);
  return ::geteuid() == 0 ? user_named("nobody") : current_user();
}

}  // namespace

bool Report::well() const {
  return std::ranges::none_of(targets, [](const auto& one) { return has_wrong(one.findings); }) &&
         std::ranges::none_of(certificates,
                              [](const auto& one) { return has_wrong(one.findings); });
}

net::Result<std::unique_ptr<Check>> Check::start(net::Loop& loop, const nginx_conf::Site& site,
                                                 const Options& options, OnDone on_done) {
  std::unique_ptr<Check> check(new Check(loop, std::move(on_done)));
  if (auto ok = check->look_around(site, options); !ok) return tl::unexpected(ok.error());
  for (Target& target : targets_of(site))
    check->report_.targets.push_back({.target = std::move(target)});
  check->report_.certificates = check_certificates(site, loop.wall());
  check->limits_.longest = options.longest;
  check->examinations_.resize(check->report_.targets.size());
  check->soon_ = loop.soon([self = check.get()] { self->begin_more(); });
  return check;
}

net::Result<void> Check::look_around(const nginx_conf::Site& site, const Options& options) {
  Surroundings& around = report_.around;
  report_.file = site.file;
  around.now = loop_.wall();
  around.longest = options.longest;
  around.running = find_running_nginx(site.file);
  around.selinux_enforcing = file_begins_with("/sys/fs/selinux/enforce", '1');
  around.selinux_may_connect =
      !around.selinux_enforcing ||
      file_begins_with("/sys/fs/selinux/booleans/httpd_can_network_connect", '1');
  const bool seen = around.running && around.running->user;
  auto user = !options.user.empty() ? user_named(options.user)
              : seen                ? net::Result<User>(*around.running->user)
                                    : user_of(site);
  if (!user) return tl::unexpected(user.error());
  around.user = std::move(*user);
  return {};
}

void Check::begin_more() {
  if (done_ == report_.targets.size()) return finish();
  while (begun_ < report_.targets.size() && begun_ - done_ < kAtOnce) {
    const std::size_t i = begun_++;
    examinations_[i] =
        std::make_unique<Examination>(loop_, report_.targets[i].target, report_.around.user,
                                      limits_, [this, i](Seen seen) { take(i, std::move(seen)); });
  }
}

void Check::take(std::size_t index, Seen seen) {
  report_.targets[index].seen = std::move(seen);
  ++done_;
  soon_ = loop_.soon([this] { begin_more(); });
}

void Check::finish() {
  for (const TargetReport& one : report_.targets) {
    for (const AddressSeen& address : one.seen.addresses)
      report_.around.known.push_back(address.at);
  }
  for (TargetReport& one : report_.targets) {
    one.findings = findings_of(one.target, one.seen, report_.around);
    one.well = one.target.undecided ? "not asked" : well_of(one.target, one.seen);
  }
  on_done_(std::move(report_));
}

}  // namespace badgate::harness::check
