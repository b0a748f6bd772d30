#include "proxy/proxy.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <unordered_map>

#include "net/listener.h"
#include "proxy/session.h"
#include "proxy/worker.h"

namespace badgate::proxy {

struct Proxy::Impl {
  Impl(net::Loop& loop, LogSink& the_logs, OnEvent on_event)
      : worker(loop, std::move(on_event)), logs(the_logs) {
    worker.reuse_idle = [this] { reuse_idle(); };
  }

  // One address of the configuration, and the socket there.
  struct Listening {
    net::Address configured;
    net::Address address;   // with the port that it got; known also once it is closed
    std::size_t index = 0;  // in the cycle's addresses
    std::unique_ptr<net::Listener> listener;
  };
  using Sockets = std::vector<std::unique_ptr<Listening>>;

  net::Result<std::unique_ptr<Listening>> open(const AddressConf& conf);
  net::Result<void> listen(std::shared_ptr<Cycle> cycle);
  void accepted(net::Connection connection, const Listening& listening);
  void accept_failed(int error);
  void reuse_idle();
  void take_over(std::shared_ptr<Cycle> cycle);
  void shut_down(const Cycle& old);
  void closed(Session& session);
  void close_idle();
  void check_done();

  Worker worker;
  LogSink& logs;
  Sockets sockets;  // in the order of the cycle's addresses
  std::unordered_map<Session*, std::unique_ptr<Session>> sessions;
  std::optional<std::int64_t> reused;              // the second in which it was last said
  std::vector<std::unique_ptr<Session>> finished;  // until no callback of theirs runs
  net::Timer sweeper;
  net::Loop::Callback on_done;
  net::Timer done;
};

net::Result<std::unique_ptr<Proxy::Impl::Listening>> Proxy::Impl::open(const AddressConf& conf) {
  auto listening = std::make_unique<Listening>();
  listening->configured = conf.address;
  auto listener = net::Listener::open(worker.loop, conf.address, {.accepts_a_turn = 1},
                                      [this, at = listening.get()](net::Connection connection) {
                                        accepted(std::move(connection), *at);
                                      });
  if (!listener) return tl::unexpected(listener.error());
  (*listener)->before_accept([this] { return worker.places.out_of_descriptors() ? EMFILE : 0; });
  (*listener)->on_error([this](int error) { accept_failed(error); });
  listening->address = (*listener)->address();
  listening->listener = std::move(*listener);
  return listening;
}

// ngx_init_cycle: sockets that are configured as before go on, others are opened and closed. On an
// Error nothing has changed.
net::Result<void> Proxy::Impl::listen(std::shared_ptr<Cycle> cycle) {
  Sockets opened;
  std::vector<std::size_t> kept(cycle->addresses.size(), sockets.size());
  for (std::size_t i = 0; i < cycle->addresses.size(); ++i) {
    for (std::size_t old = 0; old < sockets.size() && kept[i] == sockets.size(); ++old) {
      const bool taken = std::find(kept.begin(), kept.end(), old) != kept.end();
      if (!taken && sockets[old]->configured == cycle->addresses[i].address) kept[i] = old;
    }
    if (kept[i] != sockets.size()) {
      opened.push_back(nullptr);
      continue;
    }
    auto listening = open(cycle->addresses[i]);
    if (!listening) return tl::unexpected(listening.error());
    opened.push_back(std::move(*listening));
  }
  for (std::size_t i = 0; i < opened.size(); ++i) {
    if (!opened[i]) opened[i] = std::move(sockets[kept[i]]);
    opened[i]->index = i;
  }
  sockets = std::move(opened);
  take_over(std::move(cycle));
  return {};
}

void Proxy::Impl::accepted(net::Connection connection, const Listening& listening) {
  auto place = worker.take_place();
  if (!place) {
    worker.cycle->error_log.write(
        worker.loop.wall(), Level::alert,
        fmt::format("{} worker_connections are not enough", worker.places.limit()));
    return;  // and the connection is closed
  }
  auto session =
      std::make_unique<Session>(worker, std::move(connection), listening.address, listening.index,
                                std::move(*place), [this](Session& which) { closed(which); });
  Session& started = *session;
  sessions.emplace(&started, std::move(session));
  started.start();
}

// ngx_event_accept
void Proxy::Impl::accept_failed(int error) {
  const auto level = error == EMFILE || error == ENFILE ? Level::crit : Level::alert;
  worker.cycle->error_log.write(worker.loop.wall(), level, "accept4() failed", error, {});
}

// ngx_drain_connections: when places run short, those idle for longest go.
void Proxy::Impl::reuse_idle() {
  constexpr std::size_t most = 32;
  if (worker.places.left() > worker.places.limit() / 16) return;
  std::vector<Session*> idle;
  for (const auto& [session, owner] : sessions)
    if (session->reusable()) idle.push_back(session);
  if (idle.empty()) return;
  const auto now = worker.loop.wall();
  const auto second = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
  if (std::exchange(reused, second) != second) {
    worker.cycle->error_log.write(
        now, Level::warn,
        fmt::format("{} worker_connections are not enough, reusing connections",
                    worker.places.limit()));
  }
  std::sort(idle.begin(), idle.end(),
            [](const Session* a, const Session* b) { return a->idle_since() < b->idle_since(); });
  const auto number = std::clamp<std::size_t>(idle.size() / 8, 1, most);
  for (std::size_t i = 0; i < number; ++i)
    idle[i]->shut_down();
}

void Proxy::Impl::take_over(std::shared_ptr<Cycle> cycle) {
  const auto& settings = cycle->settings;
  worker.places.set_limits(settings.worker_connections, settings.worker_rlimit_nofile,
                           static_cast<unsigned>(cycle->addresses.size()));
  worker.cycle = std::move(cycle);
  worker.cycle->start(worker.loop);
}

// ngx_shutdown_timer_handler
void Proxy::Impl::shut_down(const Cycle& old) {
  std::vector<Session*> late;
  for (const auto& [session, owner] : sessions)
    if (session->cycle().get() == &old) late.push_back(session);
  std::sort(late.begin(), late.end(),
            [](const Session* a, const Session* b) { return a->idle_since() < b->idle_since(); });
  for (Session* session : late)
    session->shut_down();
}

void Proxy::Impl::closed(Session& session) {
  auto node = sessions.extract(&session);
  if (node.empty()) return;
  finished.push_back(std::move(node.mapped()));
  if (!sweeper.armed()) sweeper = worker.loop.soon([this] { finished.clear(); });
  check_done();
}

void Proxy::Impl::close_idle() {
  std::vector<Session*> idle;
  for (const auto& [session, owner] : sessions)
    if (session->idle()) idle.push_back(session);
  for (Session* session : idle)
    session->close_idle();
}

void Proxy::Impl::check_done() {
  if (!on_done || !sessions.empty() || done.armed()) return;
  done = worker.loop.soon([this] { std::exchange(on_done, nullptr)(); });
}

Proxy::Proxy(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Proxy::~Proxy() = default;

net::Result<std::unique_ptr<Proxy>> Proxy::start(net::Loop& loop, Settings settings, LogSink& logs,
                                                 OnEvent on_event) {
  auto impl = std::make_unique<Impl>(loop, logs, std::move(on_event));
  auto cycle = Cycle::create(loop, std::move(settings), logs);
  if (!cycle) return tl::unexpected(cycle.error());
  if (auto ok = impl->listen(std::move(*cycle)); !ok) return tl::unexpected(ok.error());
  return std::unique_ptr<Proxy>(new Proxy(std::move(impl)));
}

std::vector<net::Address> Proxy::addresses() const {
  std::vector<net::Address> out;
  for (const auto& socket : impl_->sockets)
    out.push_back(socket->address);
  return out;
}

// As nginx: new workers with new state take over, the old ones finish their requests without
// keeping connections alive.
net::Result<void> Proxy::reload(Settings settings) {
  const auto before = impl_->worker.cycle;
  auto cycle = Cycle::create(impl_->worker.loop, std::move(settings), impl_->logs, before.get());
  if (!cycle) return tl::unexpected(cycle.error());
  if (auto ok = impl_->listen(std::move(*cycle)); !ok) return ok;
  before->exit();
  const auto timeout = before->settings.worker_shutdown_timeout;
  if (timeout > net::Duration::zero()) {
    before->shutdown = impl_->worker.loop.after(
        timeout, [impl = impl_.get(), old = before.get()] { impl->shut_down(*old); });
  }
  impl_->close_idle();
  return {};
}

void Proxy::log(Level level, std::string_view message) {
  impl_->worker.cycle->error_log.write(impl_->worker.loop.wall(), level, message);
}

void Proxy::stop(net::Loop::Callback done) {
  for (const auto& socket : impl_->sockets)
    socket->listener.reset();
  impl_->worker.cycle->exit();
  impl_->on_done = std::move(done);
  impl_->close_idle();
  impl_->check_done();
}

}  // namespace badgate::proxy
