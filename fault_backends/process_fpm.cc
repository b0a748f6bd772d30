// Process: what a PHP-FPM has beside other backends: its pool decides when the listener accepts.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <csignal>
#include <utility>

#include "fault_backends/process.h"

namespace badgate::fault_backends {
namespace {

constexpr std::size_t kMaxLog = 1000;

// Connections that wait to be accepted; of a unix socket nobody can tell (fpm_sockets.c).
std::optional<unsigned> waiting_at(const net::Listener* listener, const net::Address& address) {
  if (listener == nullptr || address.is_unix()) return std::nullopt;
  tcp_info info{};
  socklen_t size = sizeof info;
  if (getsockopt(listener->fd(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  return info.tcpi_unacked;
}

}  // namespace

void Process::make_fpm() {
  settings_.protocol = Protocol::fastcgi;
  FpmPool::Actions actions;
  actions.log = [this](std::string line) { write_log(std::move(line)); };
  actions.cut = [this](std::uint64_t connection) { cut(connection); };
  actions.changed = [this] {
    if (!running_) return;
    if (fpm_->is_gone()) {
      gate_ = loop_.soon([this] { crash("its last child is gone"); });
    } else if (!held_) {
      guard_arrivals();
    }
  };
  actions.listen_queue = [this] { return waiting_at(presence_->listener(), presence_->address()); };
  fpm_.emplace(loop_, *settings_.fpm, settings_.backlog, std::move(actions));
}

bool takes_signal(int number, bool child) {
  if (child)
    return number == SIGKILL || number == SIGSEGV || number == SIGABRT || number == SIGTERM;
  return number == SIGKILL || number == SIGTERM || number == SIGINT || number == SIGQUIT ||
         number == SIGUSR2;
}

// fpm_signals.c: SIGUSR2 reloads, SIGTERM and SIGINT end it, SIGQUIT ends it gracefully.
void Process::signal(int number, bool child) {
  if (!running_ || !fpm_) return;
  if (child) {
    fpm_->kill_child(number);
  } else if (number == SIGUSR2) {
    fpm_->reload();
  } else if (number == SIGKILL) {
    fpm_->kill_master();
  } else {
    fpm_->say_goodbye(number == SIGQUIT);
    crash("ended by a signal");
    presence_->remove_file();
  }
}

void Process::write_log(std::string line) {
  if (log_.size() < kMaxLog) log_.push_back(line);
  tell("logs " + std::move(line));
}

// No child is free: connections wait in the kernel's queue.
void Process::hold_listener() {
  auto* listener = presence_->listener();
  if (listener == nullptr) return;
  listener->pause();
  if (settings_.fpm->manager != FpmSettings::Manager::ondemand) return;
  arrivals_ = loop_.watch(listener->fd(), {.read = true}, [this](net::Ready) {
    arrivals_.reset();
    fpm_->queue_grows();
  });
}

// The child that worked on this connection is gone.
void Process::cut(std::uint64_t connection) {
  const auto it = sessions_.find(connection);
  if (it == sessions_.end()) return;
  if (auto what = it->second->kill(); !what.empty()) record(std::move(what));
}

}  // namespace badgate::fault_backends
