#include "fault_backends/dns_server.h"

#include <fmt/core.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "net/text.h"

namespace badgate::fault_backends {
namespace {

namespace dns = net::dns;
using State = net::Transfer::State;

constexpr std::size_t kMaxReceipt = 1000;
constexpr std::size_t kMaxClients = 64;
constexpr std::size_t kMaxLate = 1000;
constexpr std::size_t kMaxQuery = 512;
constexpr unsigned kMaxReads = 100;  // in one turn of the loop
constexpr int kMaxPorts = 16;        // tried, until one is free for UDP and for TCP
constexpr std::size_t kCutAt = 20;   // within the question

tl::unexpected<net::Error> failed(std::string_view call, const net::Address& address, int code) {
  return net::fail(
      fmt::format("{}({}) failed ({}: {})", call, address.to_string(), code, std::strerror(code)),
      code);
}

std::string type_name(std::uint16_t type) {
  return type == dns::type_a ? "A" : type == dns::type_aaaa ? "AAAA" : fmt::format("TYPE{}", type);
}

std::string in_words(const DnsReply& reply) {
  constexpr std::array<std::string_view, 6> codes{"no addresses", "FORMERR", "SERVFAIL",
                                                  "NXDOMAIN",     "NOTIMP",  "REFUSED"};
  if (reply.cut_off) return "half a message";
  if (reply.truncated) return "that it does not fit";
  if (reply.answers.empty()) return std::string(codes.at(std::min<std::size_t>(reply.code, 5)));
  return fmt::format("{} address{}", reply.answers.size(), reply.answers.size() == 1 ? "" : "es");
}

std::string write(const DnsReply& reply, const dns::Question& question) {
  unsigned flags =
      dns::flag_response | dns::flag_recursion_desired | dns::flag_recursion_available | reply.code;
  if (reply.truncated) flags |= dns::flag_truncated;
  auto message =
      dns::write_response(reply.id, static_cast<std::uint16_t>(flags), question, reply.answers);
  if (!message) return {};
  if (reply.cut_off) message->resize(std::min(message->size(), kCutAt));
  return *message;
}

}  // namespace

DnsServer::DnsServer(net::Loop& loop, Settings settings, net::Rng rng, OnEvent on_event)
    : loop_(loop),
      settings_(std::move(settings)),
      rng_(rng.stream(settings_.name)),
      on_event_(std::move(on_event)) {
  make_plan(std::move(settings_.faults));
}

net::Result<std::unique_ptr<DnsServer>> DnsServer::start(net::Loop& loop, Settings settings,
                                                         net::Rng rng, OnEvent on_event) {
  std::unique_ptr<DnsServer> server(
      new DnsServer(loop, std::move(settings), rng, std::move(on_event)));
  if (auto ok = server->reserve(); !ok) return tl::unexpected(ok.error());
  if (auto ok = server->take_place(); !ok) return tl::unexpected(ok.error());
  return server;
}

// ---- being there

// UDP and TCP at the same port.
net::Result<void> DnsServer::reserve() {
  auto reserved = reserve_once();
  for (int i = 1; i < kMaxPorts && !reserved && settings_.listen.port() == 0; ++i)
    reserved = reserve_once();
  return reserved;
}

net::Result<void> DnsServer::reserve_once() {
  auto udp = net::DatagramSocket::bind(loop_, settings_.listen);
  if (!udp) return failed(udp.error().message, settings_.listen, udp.error().code);
  address_ = (*udp)->local();
  net::UniqueFd held(::socket(address_.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!held) return failed("socket", address_, errno);
  const int on = 1;
  (void)setsockopt(held.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(held.get(), address_.data(), address_.size()) != 0)
    return failed("bind", address_, errno);
  udp_ = std::move(*udp);
  udp_->refuse();
  held_ = std::move(held);
  return {};
}

net::Result<void> DnsServer::take_place() {
  running_ = true;
  absent_ = plan_->absent(loop_.now());
  plan_changes();
  if (absent_ == nullptr) return listen();
  record(fmt::format("refuses queries ({})", absent_->name));
  return {};
}

net::Result<void> DnsServer::listen() {
  udp_.reset();
  auto udp = net::DatagramSocket::bind(loop_, address_);
  if (!udp) return failed(udp.error().message, address_, udp.error().code);
  udp_ = std::move(*udp);
  udp_->on_readable([this] { read_udp(); });
  auto listener = net::Listener::open(
      loop_, address_, {}, [this](net::Connection connection) { accepted(std::move(connection)); });
  if (!listener) return tl::unexpected(listener.error());
  listener_ = std::move(*listener);
  tell("listens");
  return {};
}

void DnsServer::vanish() {
  if (udp_) udp_->refuse();
  listener_.reset();
  clients_.clear();
  late_.clear();
}

void DnsServer::crash() {
  if (!running_) return;
  running_ = false;
  record("process gone");
  vanish();
}

void DnsServer::restart() {
  if (running_) return;
  tell("starts again");
  if (auto there = take_place(); !there) {
    running_ = false;
    record("cannot start again: " + there.error().message);
  }
}

// ---- faults

void DnsServer::make_plan(std::vector<Fault> faults) {
  plan_ = std::make_unique<Plan>(std::move(faults), rng_.stream(fmt::format("plan {}", plans_++)));
}

void DnsServer::plan_changes() {
  const auto next = plan_->next_change(loop_.now());
  change_ = next ? loop_.at(*next, [this] { at_change(); }) : net::Timer{};
}

void DnsServer::at_change() {
  if (!running_ || plan_->absent(loop_.now()) == absent_) return plan_changes();
  crash();
  restart();
}

void DnsServer::set_faults(std::vector<Fault> faults) {
  const bool was_absent = absent_ != nullptr;
  absent_ = nullptr;
  make_plan(std::move(faults));
  plan_changes();
  if (!running_ || (!was_absent && plan_->absent(loop_.now()) == nullptr)) return;
  crash();
  restart();
}

void DnsServer::set_records(Records records) {
  settings_.records = std::move(records);
}

// The fault that strikes this query; it is counted.
const Fault* DnsServer::strike(const dns::Question& question) {
  const auto& faults = plan_->faults();
  for (std::size_t i = 0; i < faults.size(); ++i) {
    const Point& point = faults[i].point;
    const bool meant =
        point.kind == Point::Kind::query && (point.offset == 0 || point.offset == question.type);
    if (meant && plan_->strikes(i, counts_.requests, false, loop_.now())) return &faults[i];
  }
  return nullptr;
}

// ---- queries

void DnsServer::read_udp() {
  std::array<char, kMaxQuery> buffer;
  for (unsigned i = 0; i < kMaxReads && udp_; ++i) {
    net::Address from;
    const auto got = udp_->receive(buffer, &from);
    if (got.state == State::again) return;
    if (got.state == State::error) continue;  // of a reply that nobody waited for
    answer(std::string_view(buffer.data(), got.bytes), false,
           [this, from](const std::string& message) {
             if (udp_) udp_->send_to(message, from);
           });
  }
}

void DnsServer::accepted(net::Connection connection) {
  const auto number = ++counts_.connections;
  tell(fmt::format("accepts connection {}", number));
  if (clients_.size() >= kMaxClients) return;
  auto& client = clients_[number];
  client = std::make_unique<Client>(Client{std::move(connection), {}});
  client->connection.on_ready([this, number](net::Ready) {
    const auto at = clients_.find(number);
    if (at == clients_.end()) return;
    read_tcp(*at->second, number);
    if (!at->second->connection.is_open()) clients_.erase(at);
  });
  client->connection.watch({.read = true});
}

// Each message comes after its length in two bytes.
void DnsServer::read_tcp(Client& client, std::uint64_t number) {
  std::array<char, kMaxQuery> buffer;
  const auto got = client.connection.read(buffer);
  if (got.state == State::again) return;
  if (got.state != State::done) return client.connection.close();
  client.in.append(buffer.data(), got.bytes);
  while (client.in.size() >= 2) {
    const std::size_t size = static_cast<std::size_t>(static_cast<unsigned char>(client.in[0]))
                                 << 8 |
                             static_cast<unsigned char>(client.in[1]);
    if (size > kMaxQuery) return client.connection.close();
    if (client.in.size() < 2 + size) return;
    const std::string message = client.in.substr(2, size);
    client.in.erase(0, 2 + size);
    answer(message, true, [this, number](const std::string& reply) {
      const auto at = clients_.find(number);
      if (at == clients_.end()) return;
      const std::string length{static_cast<char>(reply.size() >> 8),
                               static_cast<char>(reply.size() & 0xff)};
      at->second->connection.write(length + reply);
    });
  }
}

void DnsServer::answer(std::string_view message, bool tcp, SendReply send) {
  const auto header = dns::read_header(message);
  if (!header || (header->flags & dns::flag_response) != 0) return;
  const auto question = dns::read_question(message, *header);
  if (!question) return;
  ++counts_.requests;
  ++counts_.executed;
  tell(fmt::format("is asked for {} {}{}", type_name(question->type), question->name,
                   tcp ? " over TCP" : ""));
  DnsReply reply = look_up(*question);
  reply.id = header->id;
  const Fault* fault = strike(*question);
  if (fault != nullptr && fault->action.kind == Action::Kind::stall)
    return record(fmt::format("says nothing ({})", fault->name));
  if (fault != nullptr && fault->action.alter_reply) fault->action.alter_reply(reply);
  reply.truncated = reply.truncated && !tcp;
  if (reply.truncated) reply.answers.clear();
  const std::string what = "answers " + in_words(reply);
  const auto delay = fault != nullptr && fault->action.kind == Action::Kind::delay
                         ? fault->action.time
                         : net::Duration::zero();
  if (fault == nullptr) {
    tell(what);
  } else if (delay > net::Duration::zero()) {
    record(fmt::format("{} after {} ({})", what, net::format_duration(delay), fault->name));
  } else {
    record(fmt::format("{} ({})", what, fault->name));
  }
  send_after(delay, write(reply, *question), std::move(send));
}

DnsReply DnsServer::look_up(const dns::Question& question) {
  DnsReply reply;
  const auto at = settings_.records.find(question.name);
  if (at == settings_.records.end()) {
    reply.code = dns::host_not_found;
    return reply;
  }
  const int family = question.type == dns::type_a      ? AF_INET
                     : question.type == dns::type_aaaa ? AF_INET6
                                                       : AF_UNSPEC;
  const auto ttl =
      static_cast<std::uint32_t>(std::chrono::floor<std::chrono::seconds>(settings_.ttl).count());
  for (const net::Address& address : at->second) {
    if (address.family() == family)
      reply.answers.push_back({question.name, question.type, ttl, dns::address_data(address)});
  }
  if (settings_.rotate && reply.answers.size() > 1) {
    const auto by = static_cast<std::ptrdiff_t>(rotations_++ % reply.answers.size());
    std::rotate(reply.answers.begin(), reply.answers.begin() + by, reply.answers.end());
  }
  return reply;
}

void DnsServer::send_after(net::Duration delay, std::string message, SendReply send) {
  if (delay == net::Duration::zero()) {
    ++counts_.responses;
    return send(message);
  }
  if (late_.size() >= kMaxLate) return;
  const auto number = ++late_made_;
  late_[number] =
      loop_.after(delay, [this, number, message = std::move(message), send = std::move(send)] {
        ++counts_.responses;
        send(message);
        late_.erase(number);
      });
}

// ---- what it tells and remembers

void DnsServer::tell(std::string what) {
  if (on_event_) on_event_({loop_.now(), std::move(what)});
}

void DnsServer::record(std::string what) {
  if (receipt_.size() < kMaxReceipt) receipt_.push_back(what);
  tell(std::move(what));
}

}  // namespace badgate::fault_backends
