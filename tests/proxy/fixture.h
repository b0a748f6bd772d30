// Fixture: a proxy, scripted upstream servers and raw clients on one virtual clock. The servers and
// clients are bare sockets that do what a test says, byte for byte.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/clock.h"
#include "net/connection.h"
#include "net/listener.h"
#include "net/loop.h"
#include "proxy/proxy.h"

namespace badgate::proxy::test {

using namespace std::chrono_literals;

// What a scripted server does on a connection, step by step.
struct Step {
  enum class Kind { read_head, read_bytes, send, wait, half_close, close, reset, pause_reading };
  Kind kind;
  std::string text;
  std::size_t bytes = 0;
  net::Duration time{};
};
using Script = std::vector<Step>;

inline Step read_head() {
  return {Step::Kind::read_head, {}, 0, {}};
}
// Until so many bytes have come on the connection in all.
inline Step read_bytes(std::size_t bytes) {
  return {Step::Kind::read_bytes, {}, bytes, {}};
}
inline Step send(std::string text) {
  return {Step::Kind::send, std::move(text), 0, {}};
}
inline Step wait(net::Duration time) {
  return {Step::Kind::wait, {}, 0, time};
}
inline Step half_close() {
  return {Step::Kind::half_close, {}, 0, {}};
}
inline Step close() {
  return {Step::Kind::close, {}, 0, {}};
}
inline Step reset() {
  return {Step::Kind::reset, {}, 0, {}};
}
// Leaves what comes in the kernel from here on.
inline Step pause_reading() {
  return {Step::Kind::pause_reading, {}, 0, {}};
}

// Answers one GET and closes.
inline Script answer(std::string response) {
  return {read_head(), send(std::move(response)), close()};
}

class Server {
 public:
  // The nth connection gets the nth script; the last script serves all that follow.
  Server(net::Loop& loop, std::vector<Script> scripts,
         net::Address address = net::Address::loopback());
  ~Server();

  net::Address address() const { return listener_->address(); }
  // Everything that came on the nth connection.
  const std::string& received(std::size_t n) const;
  bool closed(std::size_t n) const;  // by the proxy
  std::size_t connections() const { return links_.size(); }

 private:
  struct Link;
  net::Loop& loop_;
  std::vector<Script> scripts_;
  std::unique_ptr<net::Listener> listener_;
  std::vector<std::unique_ptr<Link>> links_;
};

class TestClient {
 public:
  TestClient(net::Loop& loop, const net::Address& address, net::SocketOptions options = {});
  ~TestClient();

  void send(std::string_view text);  // also more than the kernel takes at once
  void close() { connection_.close(); }
  void half_close() { connection_.shutdown_write(); }
  void reset() { connection_.reset(); }
  void pause_reading();
  void resume_reading();

  const std::string& received() const { return received_; }
  std::string body() const;
  int status() const;                    // of the first response; 0: none
  bool got_fin() const { return fin_; }  // the proxy has closed
  bool got_reset() const { return error_ != 0; }
  // When the last byte came, and when the connection ended.
  net::TimePoint last_byte_at() const { return last_byte_at_; }
  net::TimePoint closed_at() const { return closed_at_; }

 private:
  void on_ready(net::Ready ready);
  void update_watch();

  net::Loop& loop_;
  net::Connection connection_;
  std::string out_;
  std::string received_;
  bool reading_ = true;
  bool connected_ = false;
  bool fin_ = false;
  int error_ = 0;
  net::TimePoint last_byte_at_;
  net::TimePoint closed_at_;
};

// The error lines without their date, level kept: "[error] *1 connect() failed …". Addresses of
// servers and of the proxy are replaced by "app[0]" … and "PROXY".
class Fixture : public LogSink {
 public:
  Fixture();
  ~Fixture() override;

  Settings settings;  // change before start(); one listening address, group "app"
  net::Loop& loop() { return *loop_; }
  Proxy& proxy() { return *proxy_; }

  Server& add_server(std::vector<Script> scripts);
  // A server line for an address where nothing listens.
  net::Address add_refusing_server();
  Upstream& group() { return settings.upstreams.front(); }
  void start();
  std::unique_ptr<TestClient> connect(net::SocketOptions options = {});
  std::unique_ptr<TestClient> connect_and_send(std::string_view text);
  // Runs until nothing can happen any more.
  void run();
  void run_for(net::Duration time);
  // One GET / on a connection that the client closes when it is answered… by nginx's keepalive.
  std::unique_ptr<TestClient> get(std::string_view head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n");

  std::vector<std::string> errors;  // level error and above
  std::vector<std::string> lines;   // all levels
  std::vector<std::string> access;
  std::vector<Event> events;

  void error_line(Level level, std::string_view line) override;
  void access_line(std::string_view line) override;
  std::string stable(std::string text) const;

 private:
  std::unique_ptr<net::Clock> clock_;
  std::unique_ptr<net::Loop> loop_;
  std::vector<std::unique_ptr<Server>> servers_;
  std::vector<net::Address> addresses_;
  std::unique_ptr<Proxy> proxy_;
};

// Modelled seconds since the start.
inline double seconds(net::TimePoint at) {
  return std::chrono::duration<double>(at.time_since_epoch()).count();
}

}  // namespace badgate::proxy::test
