#include "fault_backends/process.h"

#include <fmt/core.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "fault_backends/fits.h"
#include "net/text.h"

namespace badgate::fault_backends {
namespace {

// A load of a million requests must not fill the memory with its receipt.
constexpr std::size_t kMaxReceipt = 1000;

// Told at the start, not when the first connection comes.
net::Result<void> check(const std::vector<Fault>& faults, const Settings& settings,
                        const net::Address& address) {
  for (const auto& fault : faults) {
    if (auto why = why_unfit(fault, settings); !why.empty()) return net::fail(std::move(why));
    if (address.is_unix() && fault.action.kind == Action::Kind::drop) {
      return net::fail(fault.name + ": a unix socket has no packets to drop");
    }
  }
  return {};
}

// Told in the timeline, where addresses, other ones in each run, have no place.
std::string without_address(std::string text, const net::Address& address,
                            const std::string& name) {
  const std::string spelled = address.to_string();
  if (const auto at = text.find(spelled); at != std::string::npos) {
    text.replace(at, spelled.size(), name);
  }
  return text;
}

net::Address peer_of(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* name = reinterpret_cast<sockaddr*>(&storage);
  if (getpeername(fd, name, &size) != 0) return {};
  return net::Address::from(name, size);
}

}  // namespace

Process::Process(net::Loop& loop, Settings settings, net::Rng rng, OnEvent on_event)
    : loop_(loop),
      settings_(std::move(settings)),
      rng_(rng.stream(settings_.name)),
      service_rng_(rng_.stream("service time")),
      on_event_(std::move(on_event)) {
  if (settings_.workers.limited()) workers_.emplace(settings_.workers);
  if (settings_.fpm) make_fpm();
  make_plan(std::move(settings_.faults));
}

net::Result<std::unique_ptr<Process>> Process::start(net::Loop& loop, Settings settings,
                                                     net::Rng rng, OnEvent on_event) {
  const auto wanted = routable_address(settings.listen, settings.network);
  if (!wanted) return tl::unexpected(wanted.error());
  std::unique_ptr<Process> process(
      new Process(loop, std::move(settings), rng, std::move(on_event)));
  if (auto ready = process->prepare_tls(); !ready) return tl::unexpected(ready.error());
  auto presence = Presence::reserve(loop, *wanted);
  if (!presence) return tl::unexpected(presence.error());
  process->presence_ = std::move(*presence);
  if (auto there = process->take_place(); !there) return tl::unexpected(there.error());
  return process;
}

// The certificate is for the group's name, as a proxy asks for it: "app" of "app[0]".
net::Result<void> Process::prepare_tls() {
  if (!settings_.tls) return {};
  if (settings_.certificates == nullptr) return net::fail("there are no certificates for TLS");
  auto context = settings_.certificates->context(
      *settings_.tls, settings_.name.substr(0, settings_.name.find('[')));
  if (!context) return tl::unexpected(context.error());
  tls_.emplace(std::move(*context));
  return {};
}

Process::~Process() {
  sessions_.clear();
  finished_.clear();
}

void Process::make_plan(std::vector<Fault> faults) {
  if (settings_.keepalive_timeout > net::Duration{}) {
    faults.push_back(
        {.name = "keepalive_timeout",
         .point = {Point::Kind::idle},
         .action = {.kind = Action::Kind::close, .time = settings_.keepalive_timeout}});
  }
  plan_ = std::make_shared<Plan>(std::move(faults), rng_.stream(fmt::format("plan {}", plans_++)));
}

// ---- being there

net::Result<void> Process::take_place() {
  if (auto checked = check(plan_->faults(), settings_, presence_->address()); !checked)
    return checked;
  running_ = true;
  absent_ = plan_->absent(loop_.now());
  plan_changes();
  const net::Listener::Options options{.backlog = settings_.backlog,
                                       .accepts_a_turn = fpm_ ? 1U : 64U,
                                       .socket = plan_->socket(settings_.socket)};
  const auto on_accept = [this](net::Connection connection) { accepted(std::move(connection)); };
  if (absent_ == nullptr) {
    if (auto listening = presence_->listen(options, on_accept); !listening) return listening;
    tell("listens");
  } else {
    auto arranged = presence_->arrange(absent_->action.kind, options, on_accept);
    if (!arranged) {
      return net::fail(fmt::format("{}: {}", absent_->name, arranged.error().message));
    }
    record(fmt::format("{} ({})", *arranged, absent_->name));
  }
  if (auto* listener = presence_->listener()) {
    interference_.emplace(*listener, settings_.backlog, settings_.network);
  }
  if (auto done = interfere(); !done) return done;
  if (fpm_ && presence_->listener() != nullptr) fpm_->start();
  guard_arrivals();
  return {};
}

net::Result<void> Process::interfere() {
  if (!interference_) return {};
  auto change = interference_->update(plan_->faults(), loop_.now());
  if (!change) return tl::unexpected(change.error());
  network_changed(std::move(*change));
  return {};
}

void Process::network_changed(Interference::Change change) {
  for (auto& line : change.lines)
    record(std::move(line));
  for (auto& fd : change.waiting) {
    auto peer = peer_of(fd.get());
    accepted(net::Connection(loop_, std::move(fd), std::move(peer)));
  }
}

void Process::plan_changes() {
  const auto next = plan_->next_change(loop_.now());
  change_ = next ? loop_.at(*next, [this] { at_change(); }) : net::Timer{};
}

// A fault of listening begins or ends: the process goes, or comes back.
void Process::at_change() {
  if (!running_ || plan_->absent(loop_.now()) == absent_) {
    plan_changes();
    if (auto done = interfere(); !done) record(done.error().message);
    if (running_) guard_arrivals();
    return;
  }
  crash(absent_ == nullptr ? "its time has come" : "it starts again");
  restart();
}

void Process::crash(const std::string& why) {
  if (!running_) return;
  running_ = false;
  record(fmt::format("process gone ({})", why));
  arrivals_.reset();
  gate_.cancel();
  if (fpm_) fpm_->stop();
  interference_.reset();  // the network's faults end with the listener that they concern
  presence_->vanish();
  // Taken out first: a session that ends gives its worker to the next one, which ends too.
  auto sessions = std::exchange(sessions_, {});
  for (auto& [number, session] : sessions) {
    if (auto what = session->kill(); !what.empty()) record(std::move(what));
    finished_.push_back(std::move(session));
  }
  cleaner_ = loop_.soon([this] { finished_.clear(); });
}

void Process::restart() {
  if (running_) return;
  restart_.cancel();
  tell("starts again");
  if (auto there = take_place(); !there) {
    running_ = false;
    record("cannot start again: " +
           without_address(there.error().message, address(), settings_.name));
  }
}

void Process::exit(const std::string& why, net::Duration restart_after) {
  crash(why);
  if (restart_after <= net::Duration{}) return;
  tell(fmt::format("will be started again in {}", net::format_duration(restart_after)));
  restart_ = loop_.after(restart_after, [this] { restart(); });
}

void Process::set_faults(std::vector<Fault> faults) {
  const bool was_absent = absent_ != nullptr;
  absent_ = nullptr;
  if (interference_) network_changed(interference_->end_all());
  make_plan(std::move(faults));
  if (!running_) return;  // `restart` looks at the new plan
  if (was_absent || plan_->absent(loop_.now()) != nullptr) {
    crash("its faults change");
    restart();
    return;
  }
  plan_changes();
  if (auto* listener = presence_->listener()) {
    net::apply_options(listener->fd(), plan_->socket(settings_.socket));
  }
  if (auto done = interfere(); !done) record(done.error().message);
  gate_.cancel();
  guard_arrivals();
}

// ---- connections

void Process::accepted(net::Connection connection) {
  const auto number = ++counts_.connections;
  tell(fmt::format("accepts connection {}", number));
  if (fpm_) fpm_->accepted(number);
  if (fpm_ && !fpm_->may_accept()) hold_listener();
  auto session = std::make_unique<Session>(*this, std::move(connection), number);
  Session& begun = *session;
  sessions_.emplace(number, std::move(session));
  begun.begin();
}

void Process::over(std::uint64_t connection) {
  const auto it = sessions_.find(connection);
  if (it == sessions_.end()) return;
  finished_.push_back(std::move(it->second));
  sessions_.erase(it);
  cleaner_ = loop_.soon([this] { finished_.clear(); });
  if (fpm_) fpm_->released(connection);
}

// With faults that strike before a connection is accepted, the listener is paused and the arrival
// of connections is watched instead.
void Process::guard_arrivals() {
  auto* listener = presence_->listener();
  if (listener == nullptr) return;
  const auto& faults = plan_->faults();
  const bool guarded = std::any_of(faults.begin(), faults.end(), [](const Fault& fault) {
    return fault.point.kind == Point::Kind::arrive;
  });
  arrivals_.reset();
  held_ = false;
  if (interference_ && interference_->holds_listener()) return;
  if (!guarded) {
    if (fpm_ && !fpm_->may_accept()) {
      hold_listener();
      return;
    }
    listener->resume();
    return;
  }
  listener->pause();
  arrivals_ = loop_.watch(listener->fd(), {.read = true}, [this](net::Ready) { arrived(); });
}

void Process::arrived() {
  arrivals_.reset();
  for (std::size_t i = 0; i < plan_->faults().size(); ++i) {
    const Fault& fault = plan_->faults()[i];
    if (fault.point.kind != Point::Kind::arrive) continue;
    if (!plan_->strikes(i, counts_.connections + 1, false, loop_.now())) continue;
    held_ = true;
    if (fault.action.kind == Action::Kind::delay) {
      record(fmt::format("accepts nothing for {} ({})", net::format_duration(fault.action.time),
                         fault.name));
      gate_ = loop_.after(fault.action.time, [this] { let_in(); });
    } else {
      record(fmt::format("accepts nothing any more ({})", fault.name));
      if (const auto until = fault.schedule.until) gate_ = loop_.at(*until, [this] { let_in(); });
    }
    return;
  }
  let_in();
}

// Everything that waits by now; whoever comes later is guarded against again.
void Process::let_in() {
  if (interference_ && interference_->holds_listener()) return;
  held_ = false;
  presence_->listener()->resume();
  gate_ = loop_.soon([this] { guard_arrivals(); });
}

// ---- what it does and remembers

net::Duration Process::draw_service_time() {
  const Answer& answer = settings_.answer;
  if (answer.service_sigma <= 0) return answer.service_time;
  return service_rng_.lognormal(answer.service_time, answer.service_sigma);
}

void Process::tell(std::string what) {
  if (on_event_) on_event_({loop_.now(), std::move(what)});
}

void Process::record(std::string what) {
  if (receipt_.size() < kMaxReceipt) {
    receipt_.push_back(what);
  } else {
    if (left_out_++ == 0) receipt_.emplace_back();
    receipt_.back() = fmt::format("… and {} more", left_out_);
  }
  tell(std::move(what));
}

}  // namespace badgate::fault_backends
