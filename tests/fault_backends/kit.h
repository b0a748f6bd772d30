// What the tests of the fake upstreams share: a backend on a virtual clock, and a client that is
// nothing but a socket and notes exactly what comes out of it.
#pragma once

#include <doctest/doctest.h>

#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fault_backends/backend.h"
#include "net/clock.h"
#include "net/connection.h"
#include "net/loop.h"
#include "net/tls.h"
#include "net/tls_context.h"

namespace badgate::fault_backends::test {

using namespace std::chrono_literals;

inline const std::string kGet = "GET /report HTTP/1.1\r\nHost: app\r\n\r\n";

// One raw stream socket.
class Client {
 public:
  // `reads` off: takes nothing until `read` is called. With `tls` it speaks TLS, and asks for
  // `name`.
  Client(net::Loop& loop, const net::Address& to, bool reads = true,
         net::SocketOptions options = {}, const net::TlsContext* tls = nullptr,
         const std::string& name = {})
      : loop_(loop), reads_(reads) {
    auto connection = net::Connection::connect(loop, to, options);
    if (!connection) {
      connect_error = connection.error().code;
      return;
    }
    socket_.emplace(std::move(*connection));
    if (tls != nullptr) {
      auto& started = socket_->start_tls(*tls);
      if (!name.empty()) started.set_server_name(name);
    }
    connected = !socket_->connecting();
    socket_->on_ready([this](net::Ready) { ready(); });
    socket_->watch({.read = reads_, .write = true});
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(std::string bytes) {
    out_ += bytes;
    const bool shaking = socket_ && socket_->tls() != nullptr && handshake != "done";
    if (socket_ && !socket_->connecting() && !shaking) push();
  }
  void read() {
    reads_ = true;
    ready();
  }
  void close() { socket_->close(); }
  void half_close() { socket_->shutdown_write(); }
  void reset() { socket_->reset(); }

  std::string got;                                            // all bytes
  std::vector<std::pair<net::Duration, std::size_t>> pieces;  // when how many of them came
  std::size_t sent = 0;
  int connect_error = 0;  // errno; -1: still in progress
  int error = 0;          // errno of the read or write that ended it
  std::string end;        // "FIN" or "RST"; empty: open
  std::string handshake;  // TLS: "done", or what OpenSSL says
  long verify_error = 0;
  bool right_name = false;
  net::Duration ended{};
  bool connected = false;

 private:
  void ready() {
    if (!socket_ || !socket_->is_open()) return;
    if (socket_->connecting()) {
      connect_error = socket_->take_error();
      if (connect_error != 0) {
        socket_->close();
        return;
      }
    }
    connected = true;
    if (socket_->tls() != nullptr && handshake != "done" && !shake_hands()) return;
    push();
    if (reads_) pull();
  }
  bool shake_hands() {
    const auto step = socket_->handshake();
    if (step.state == net::Transfer::State::again) {
      socket_->watch(socket_->handshake_interest());
      return false;
    }
    if (step.state == net::Transfer::State::done) {
      handshake = "done";
      verify_error = socket_->tls()->verify_error();
      right_name = socket_->tls()->certificate_matches("app");
      return true;
    }
    handshake = step.state == net::Transfer::State::error ? socket_->tls()->failure().text
                : step.code == 0                          ? "FIN"
                                                          : "RST";
    ended = loop_.now().time_since_epoch();
    socket_->close();
    return false;
  }
  void push() {
    while (socket_->is_open() && !out_.empty()) {
      const auto done = socket_->write(out_);
      if (done.state == net::Transfer::State::error) {
        write_error(done.code);
        break;
      }
      if (done.state == net::Transfer::State::again) break;
      sent += done.bytes;
      out_.erase(0, done.bytes);
    }
    if (socket_->is_open()) socket_->watch({.read = reads_, .write = !out_.empty()});
  }
  void write_error(int code) {
    error = code;
    out_.clear();
  }
  void pull() {
    std::array<char, 65536> buffer;
    while (socket_->is_open()) {
      const auto done = socket_->read(buffer);
      if (done.state == net::Transfer::State::again) return;
      if (done.state == net::Transfer::State::done) {
        got.append(buffer.data(), done.bytes);
        pieces.emplace_back(loop_.now().time_since_epoch(), done.bytes);
        continue;
      }
      end = done.state == net::Transfer::State::end ? "FIN" : "RST";
      if (done.code != 0) error = done.code;
      ended = loop_.now().time_since_epoch();
      socket_->close();
    }
  }

  net::Loop& loop_;
  bool reads_;
  std::optional<net::Connection> socket_;
  std::string out_;
};

// A backend, TCP or unix, on a virtual clock.
class World {
 public:
  explicit World(bool is_unix = false) : is_unix_(is_unix) {
    settings.name = "app[0]";
    settings.listen = net::Address::loopback();
    if (is_unix) {
      path_ = "/tmp/badgate-test-" + std::to_string(::getpid()) + ".sock";
      settings.listen = *net::Address::unix_path(path_);
    }
  }

  // Adds a preset's faults, its parameters as users write them.
  void fault(std::string_view family, std::string_view kind,
             const std::vector<std::pair<std::string_view, std::string_view>>& parameters = {}) {
    for (auto& f : build(family, kind, parameters))
      settings.faults.push_back(std::move(f));
  }
  static std::vector<Fault> build(
      std::string_view family, std::string_view kind,
      const std::vector<std::pair<std::string_view, std::string_view>>& parameters = {});

  void start() {
    auto started = try_start();
    REQUIRE_MESSAGE(started.has_value(), started.error().message);
  }
  net::Result<void> try_start() {
    settings.certificates = &certificates;
    auto started = Backend::start(loop, std::move(settings), net::Rng(seed),
                                  [this](const Event& event) { events.push_back(event); });
    if (!started) return tl::unexpected(started.error());
    backend = std::move(*started);
    return {};
  }
  // A client that connects now and sends `bytes`.
  Client& client(std::string bytes = {}, bool reads = true, net::SocketOptions options = {}) {
    clients.push_back(std::make_unique<Client>(loop, backend->address(), reads, options));
    if (!bytes.empty()) clients.back()->send(std::move(bytes));
    return *clients.back();
  }
  // The same over TLS. It trusts the run's authority.
  Client& tls_client(std::string bytes, const std::string& name = "app",
                     net::TlsProtocols protocols = net::tls_1_2 | net::tls_1_3) {
    tls.emplace(net::TlsRole::client, protocols);
    REQUIRE(tls->trust(**certificates.authority()));
    clients.push_back(std::make_unique<Client>(loop, backend->address(), true, net::SocketOptions{},
                                               &*tls, name));
    clients.back()->send(std::move(bytes));
    return *clients.back();
  }
  void run_until(net::Duration moment) {
    auto timer = loop.at(net::TimePoint(moment), [this] { loop.stop(); });
    REQUIRE(loop.run() == net::Loop::End::stopped);
  }
  bool is_unix() const { return is_unix_; }
  const Counts& counts() const { return backend->counts(); }
  bool told(std::string_view part) const {
    for (const auto& event : events) {
      if (event.what.find(part) != std::string::npos) return true;
    }
    return false;
  }
  bool receipt_has(std::string_view part) const {
    for (const auto& line : backend->receipt()) {
      if (line.find(part) != std::string::npos) return true;
    }
    return false;
  }

  std::uint64_t seed = 1;
  Settings settings;
  std::unique_ptr<net::Clock> clock = net::make_virtual_clock(net::default_epoch());
  net::Loop loop{*clock};
  Certificates certificates{net::default_epoch()};
  std::optional<net::TlsContext> tls;  // of clients
  std::unique_ptr<Backend> backend;
  std::vector<std::unique_ptr<Client>> clients;
  std::vector<Event> events;

 private:
  bool is_unix_;
  std::string path_;
};

inline std::vector<Fault> World::build(
    std::string_view family, std::string_view kind,
    const std::vector<std::pair<std::string_view, std::string_view>>& parameters) {
  const FaultPreset* preset = find_preset(family, kind);
  INFO(std::string(family), " = ", std::string(kind));
  REQUIRE(preset != nullptr);
  FaultValues values;
  for (const auto& [name, text] : parameters) {
    const FaultField* field = net::find_field(preset->parameters, name);
    if (field == nullptr) field = net::find_field(common_parameters(), name);
    REQUIRE_MESSAGE(field != nullptr, std::string(name));
    const auto applied = field->apply(values, text);
    REQUIRE_MESSAGE(applied.has_value(), applied.error().message);
  }
  auto faults = build_faults(*preset, values);
  REQUIRE(faults.has_value());
  return *faults;
}

// The body of a response that came whole.
inline std::string body_of(const std::string& bytes) {
  const auto at = bytes.find("\r\n\r\n");
  return at == std::string::npos ? std::string() : bytes.substr(at + 4);
}

inline std::string head_of(const std::string& bytes) {
  const auto at = bytes.find("\r\n\r\n");
  return at == std::string::npos ? bytes : bytes.substr(0, at + 4);
}

}  // namespace badgate::fault_backends::test
