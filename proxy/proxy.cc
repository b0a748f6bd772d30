#include "proxy/proxy.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstring>
#include <unordered_map>

#include "net/listener.h"
#include "proxy/session.h"
#include "proxy/worker.h"

namespace badgate::proxy {

struct Proxy::Impl {
  Impl(net::Loop& loop, LogSink& the_logs, OnEvent on_event)
      : worker(loop, std::move(on_event)), logs(the_logs) {}

  net::Result<void> listen();
  void accepted(net::Connection connection, std::size_t address);
  void accept_failed(int error);
  void closed(Session& session);
  void close_idle();
  void check_done();

  Worker worker;
  LogSink& logs;
  std::vector<std::unique_ptr<net::Listener>> listeners;
  std::vector<net::Address> addresses;  // of the listeners, also once they are closed
  std::unordered_map<Session*, std::unique_ptr<Session>> sessions;
  std::vector<std::unique_ptr<Session>> finished;  // until no callback of theirs runs
  net::Timer sweeper;
  net::Loop::Callback on_done;
  net::Timer done;
};

net::Result<void> Proxy::Impl::listen() {
  for (const AddressConf& conf : worker.cycle->addresses) {
    const auto index = listeners.size();
    auto listener = net::Listener::open(
        worker.loop, conf.address, {},
        [this, index](net::Connection connection) { accepted(std::move(connection), index); });
    if (!listener) return tl::unexpected(listener.error());
    (*listener)->on_error([this](int error) { accept_failed(error); });
    addresses.push_back((*listener)->address());
    listeners.push_back(std::move(*listener));
  }
  return {};
}

void Proxy::Impl::accepted(net::Connection connection, std::size_t address) {
  auto session = std::make_unique<Session>(worker, std::move(connection), addresses[address],
                                           address, [this](Session& which) { closed(which); });
  Session& started = *session;
  sessions.emplace(&started, std::move(session));
  started.start();
}

// ngx_event_accept
void Proxy::Impl::accept_failed(int error) {
  const auto level = error == EMFILE || error == ENFILE ? Level::crit : Level::alert;
  worker.cycle->error_log.write(worker.loop.wall(), level, "accept4() failed", error, {});
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
  impl->worker.cycle = std::move(*cycle);
  if (auto listening = impl->listen(); !listening) {
    return tl::unexpected(listening.error());
  }
  return std::unique_ptr<Proxy>(new Proxy(std::move(impl)));
}

std::vector<net::Address> Proxy::addresses() const {
  return impl_->addresses;
}

// As nginx: new workers with new state take over, the old ones finish their requests without
// keeping connections alive.
net::Result<void> Proxy::reload(Settings settings) {
  auto cycle = Cycle::create(impl_->worker.loop, std::move(settings), impl_->logs,
                             impl_->worker.cycle.get());
  if (!cycle) return tl::unexpected(cycle.error());
  const auto& before = impl_->worker.cycle->addresses;
  const auto& after = (*cycle)->addresses;
  const auto same = [](const AddressConf& a, const AddressConf& b) {
    return a.address == b.address;
  };
  if (!std::equal(before.begin(), before.end(), after.begin(), after.end(), same)) {
    return net::fail("listen cannot be changed while the proxy runs");
  }
  impl_->worker.cycle->exit();
  impl_->worker.cycle = std::move(*cycle);
  impl_->close_idle();
  return {};
}

void Proxy::stop(net::Loop::Callback done) {
  impl_->listeners.clear();
  impl_->worker.cycle->exit();
  impl_->on_done = std::move(done);
  impl_->close_idle();
  impl_->check_done();
}

}  // namespace badgate::proxy
