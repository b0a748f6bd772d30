#include "tests/proxy/fixture.h"

#include <doctest/doctest.h>

#include <array>

#include "proxy/reason.h"

namespace badgate::proxy::test {
namespace {

void replace_all(std::string& text, const std::string& what, const std::string& with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

}  // namespace

// ---- Server

struct Server::Link {
  Link(net::Loop& the_loop, net::Connection the_connection, const Script& the_script)
      : loop(the_loop), connection(std::move(the_connection)), script(the_script) {}

  void start() {
    connection.on_ready([this](net::Ready ready) {
      if (ready.read) read();
      advance();
    });
    advance();
  }

  void read() {
    std::array<char, 65536> buffer;
    // A script that waits for a number of bytes leaves the others in the kernel.
    std::size_t size = buffer.size();
    if (at < script.size() && script[at].kind == Step::Kind::read_bytes) {
      size = std::min(size, script[at].bytes - std::min(script[at].bytes, received.size()));
      if (size == 0) return;
    }
    const auto got = connection.read(std::span(buffer).first(size));
    if (got.state == net::Transfer::State::done) received.append(buffer.data(), got.bytes);
    if (got.state == net::Transfer::State::end || got.state == net::Transfer::State::error) {
      peer_closed = true;
      reading = false;
    }
  }

  bool done_with(const Step& step) {
    switch (step.kind) {
      case Step::Kind::read_head: {
        const auto end = received.find("\r\n\r\n", head_from);
        if (end == std::string::npos) return false;
        head_from = end + 4;
        return true;
      }
      case Step::Kind::read_bytes:
        return received.size() >= step.bytes;
      case Step::Kind::send:
        return write(step.text);
      case Step::Kind::wait:
        if (!waiting) {
          waiting = true;
          timer = loop.after(step.time, [this] {
            ++at;
            waiting = false;
            advance();
          });
        }
        return false;
      case Step::Kind::half_close:
        connection.shutdown_write();
        return true;
      case Step::Kind::close:
        connection.close();
        return true;
      case Step::Kind::reset:
        connection.reset();
        return true;
      case Step::Kind::pause_reading:
        reading = false;
        return true;
    }
    return true;
  }

  bool write(std::string_view text) {
    while (written < text.size()) {
      const auto put = connection.write(text.substr(written));
      if (put.state == net::Transfer::State::again) return false;
      if (put.state != net::Transfer::State::done) break;
      written += put.bytes;
    }
    written = 0;
    return true;
  }

  void advance() {
    while (at < script.size() && connection.is_open() && done_with(script[at]))
      ++at;
    if (!connection.is_open()) return;
    const bool writing = at < script.size() && script[at].kind == Step::Kind::send;
    connection.watch({.read = reading, .write = writing && written > 0});
  }

  net::Loop& loop;
  net::Connection connection;
  const Script& script;
  std::size_t at = 0;
  std::size_t head_from = 0;
  std::size_t written = 0;
  bool waiting = false;
  bool reading = true;
  bool peer_closed = false;
  std::string received;
  net::Timer timer;
};

Server::Server(net::Loop& loop, std::vector<Script> scripts, net::Address address)
    : loop_(loop), scripts_(std::move(scripts)) {
  auto listener = net::Listener::open(loop_, address, {}, [this](net::Connection connection) {
    const auto& script = scripts_.at(std::min(links_.size(), scripts_.size() - 1));
    links_.push_back(std::make_unique<Link>(loop_, std::move(connection), script));
    links_.back()->start();
  });
  REQUIRE(listener.has_value());
  listener_ = std::move(*listener);
}

Server::~Server() = default;

const std::string& Server::received(std::size_t n) const {
  return links_.at(n)->received;
}

bool Server::closed(std::size_t n) const {
  return links_.at(n)->peer_closed;
}

// ---- TestClient

TestClient::TestClient(net::Loop& loop, const net::Address& address, net::SocketOptions options)
    : loop_(loop), connection_([&] {
        auto connection = net::Connection::connect(loop, address, options);
        REQUIRE(connection.has_value());
        return std::move(*connection);
      }()) {
  connection_.on_ready([this](net::Ready ready) { on_ready(ready); });
  connection_.watch({.read = false, .write = true});
}

TestClient::~TestClient() = default;

void TestClient::send(std::string_view text) {
  out_ += text;
  if (connected_) update_watch();
}

void TestClient::on_ready(net::Ready ready) {
  if (!connected_) {
    connected_ = true;
    connection_.take_error();
  }
  if (ready.read && reading_) {
    std::array<char, 65536> buffer;
    const auto got = connection_.read(buffer);
    if (got.state == net::Transfer::State::done) {
      received_.append(buffer.data(), got.bytes);
      last_byte_at_ = loop_.now();
    } else if (got.state != net::Transfer::State::again) {
      fin_ = got.state == net::Transfer::State::end;
      error_ = got.code;
      closed_at_ = loop_.now();
      connection_.close();
      return;
    }
  }
  update_watch();
}

void TestClient::update_watch() {
  while (!out_.empty()) {
    const auto put = connection_.write(out_);
    if (put.state != net::Transfer::State::done) {
      if (put.state == net::Transfer::State::error) out_.clear();
      break;
    }
    out_.erase(0, put.bytes);
  }
  connection_.watch({.read = reading_, .write = !out_.empty()});
}

void TestClient::pause_reading() {
  reading_ = false;
  if (connected_) update_watch();
}

void TestClient::resume_reading() {
  reading_ = true;
  if (connection_.is_open()) update_watch();
}

std::string TestClient::body() const {
  const auto end = received_.find("\r\n\r\n");
  return end == std::string::npos ? "" : received_.substr(end + 4);
}

int TestClient::status() const {
  return received_.starts_with("HTTP/1.1 ") ? std::stoi(received_.substr(9, 3)) : 0;
}

// ---- Fixture

Fixture::Fixture() : clock_(net::make_virtual_clock(net::default_epoch())) {
  loop_ = std::make_unique<net::Loop>(*clock_);
  settings.listen = {net::Address::loopback()};
  settings.server_names = {"test"};
  settings.proxy_pass = "http://app";
  settings.upstreams.push_back({.name = "app", .servers = {}, .keepalive = {}});
  settings.error_log_level = Level::info;
  settings.nginx_version = "1.22.1";
  settings.log_format =
      "$status us=$upstream_status ua=$upstream_addr uc=$upstream_connect_time "
      "uh=$upstream_header_time ur=$upstream_response_time rt=$request_time bbs=$body_bytes_sent";
}

Fixture::~Fixture() = default;

Server& Fixture::add_server(std::vector<Script> scripts) {
  servers_.push_back(std::make_unique<Server>(*loop_, std::move(scripts)));
  addresses_.push_back(servers_.back()->address());
  group().servers.push_back({.address = addresses_.back()});
  return *servers_.back();
}

net::Address Fixture::add_refusing_server() {
  // A port that was free a moment ago.
  Server gone(*loop_, {{}});
  addresses_.push_back(gone.address());
  group().servers.push_back({.address = addresses_.back()});
  return addresses_.back();
}

void Fixture::start() {
  auto started = Proxy::start(*loop_, settings, *this,
                              [this](const Event& event) { events.push_back(event); });
  REQUIRE_MESSAGE(started.has_value(), (started ? "" : started.error().message));
  proxy_ = std::move(*started);
}

std::unique_ptr<TestClient> Fixture::connect(net::SocketOptions options) {
  return std::make_unique<TestClient>(*loop_, proxy_->addresses().front(), options);
}

std::unique_ptr<TestClient> Fixture::connect_and_send(std::string_view text) {
  auto client = connect();
  client->send(text);
  return client;
}

void Fixture::run() {
  REQUIRE(loop_->run() != net::Loop::End::unsettled);
}

void Fixture::run_for(net::Duration time) {
  const auto timer = loop_->after(time, [this] { loop_->stop(); });
  REQUIRE(loop_->run() != net::Loop::End::unsettled);
}

std::unique_ptr<TestClient> Fixture::get(std::string_view head) {
  if (!proxy_) start();
  auto client = connect_and_send(head);
  run();
  return client;
}

void Fixture::error_line(Level level, std::string_view line) {
  // "2026/01/01 00:00:00 [error] 1#1: *1 message"
  std::string text(line.substr(20));
  replace_all(text, " 1#1:", "");
  text = stable(std::move(text));
  lines.push_back(text);
  if (level <= Level::error) errors.push_back(text);
}

void Fixture::access_line(std::string_view line) {
  access.push_back(stable(std::string(line)));
}

std::string Fixture::stable(std::string text) const {
  for (std::size_t i = 0; i < addresses_.size(); ++i)
    replace_all(text, addresses_[i].to_string(), "app[" + std::to_string(i) + "]");
  if (proxy_) replace_all(text, proxy_->addresses().front().to_string(), "PROXY");
  return text;
}

}  // namespace badgate::proxy::test
