// NameServerKit: a name server for tests of the proxy, which must not know the fake backends. It
// answers from `records`, and wrongly where a test says so.
#pragma once

#include <doctest/doctest.h>

#include <array>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "net/datagram.h"
#include "net/dns.h"
#include "net/listener.h"
#include "net/loop.h"

namespace badgate::proxy::test {

class NameServerKit {
 public:
  explicit NameServerKit(net::Loop& loop) : loop_(loop) { bind(); }

  // For TCP as well, at the same port: another one, if that is taken.
  void listen() {
    for (int i = 0; i < 10 && !listener_; ++i) {
      auto listener = net::Listener::open(loop_, address_, {}, [this](net::Connection connection) {
        serve(std::move(connection));
      });
      if (listener) listener_ = std::move(*listener);
      if (!listener_) bind();
    }
    REQUIRE(listener_ != nullptr);
  }
  void close() { socket_.reset(); }
  const net::Address& address() const { return address_; }

  std::map<std::string, std::vector<std::string>> records;  // "127.0.0.2", "[::1]"
  std::map<std::string, std::string> cnames;
  std::uint16_t code = 0;
  std::pair<std::uint16_t, std::uint16_t> code_for{};  // of one type
  std::uint32_t ttl = 30;
  net::Duration delay{};
  bool silent = false;
  bool truncate = false;
  std::function<std::string(std::string)> spoil;

  std::vector<std::string> queries;  // "A app.internal"
  unsigned last_id = 0;

 private:
  void bind() {
    auto socket = net::DatagramSocket::bind(loop_, net::Address::loopback());
    REQUIRE(socket.has_value());
    socket_ = std::move(*socket);
    address_ = socket_->local();
    socket_->on_readable([this] { read(); });
  }

  void read() {
    std::array<char, 512> buffer;
    net::Address from;
    const auto got = socket_->receive(buffer, &from);
    if (got.state != net::Transfer::State::done) return;
    const std::string reply = respond(std::string_view(buffer.data(), got.bytes), false);
    if (silent) return;
    if (delay == net::Duration::zero()) {
      socket_->send_to(reply, from);
      return;
    }
    timers_.push_back(loop_.after(delay, [this, reply, from] { socket_->send_to(reply, from); }));
  }

  void serve(net::Connection connection) {
    connections_.push_back(std::make_unique<net::Connection>(std::move(connection)));
    auto& client = *connections_.back();
    client.on_ready([this, &client](net::Ready) {
      std::array<char, 512> buffer;
      const auto got = client.read(buffer);
      if (got.state != net::Transfer::State::done) return client.close();
      const std::string reply = respond(std::string_view(buffer.data() + 2, got.bytes - 2), true);
      const std::string length{static_cast<char>(reply.size() >> 8),
                               static_cast<char>(reply.size() & 0xff)};
      client.write(length + reply);
    });
    client.watch({.read = true});
  }

  std::string respond(std::string_view message, bool tcp) {
    namespace dns = net::dns;
    const auto header = dns::read_header(message);
    REQUIRE(header.has_value());
    const auto question = dns::read_question(message, *header);
    REQUIRE(question.has_value());
    last_id = header->id;
    const bool v4 = question->type == dns::type_a;
    queries.push_back((v4 ? "A " : "AAAA ") + question->name + (tcp ? " over TCP" : ""));
    std::vector<dns::Record> answers;
    if (cnames.contains(question->name)) {
      answers.push_back(
          {question->name, dns::type_cname, ttl, *dns::name_data(cnames[question->name])});
    }
    for (const auto& text : records[question->name]) {
      const auto address = *net::Address::parse(text + ":0");
      if ((address.family() == AF_INET) == v4)
        answers.push_back({question->name, question->type, ttl, dns::address_data(address)});
    }
    unsigned flags = dns::flag_response | dns::flag_recursion_available | code;
    if (code_for.first == question->type) flags |= code_for.second;
    if (truncate && !tcp) {
      flags |= dns::flag_truncated;
      answers.clear();
    }
    const auto reply =
        dns::write_response(header->id, static_cast<std::uint16_t>(flags), *question, answers);
    REQUIRE(reply.has_value());
    return spoil ? spoil(*reply) : *reply;
  }

  net::Loop& loop_;
  net::Address address_;
  std::unique_ptr<net::DatagramSocket> socket_;
  std::unique_ptr<net::Listener> listener_;
  std::vector<std::unique_ptr<net::Connection>> connections_;
  std::vector<net::Timer> timers_;
};

}  // namespace badgate::proxy::test
