// DnsServer: a fake name server. It answers A and AAAA queries from its records, over UDP and TCP
// at the same port, and breaks where its faults say (Point::Kind::query). It owns its sockets.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fault_backends/backend.h"
#include "fault_backends/plan.h"
#include "net/datagram.h"
#include "net/dns.h"
#include "net/listener.h"

namespace badgate::fault_backends {

// An answer before it is written, for faults to change.
struct DnsReply {
  std::uint16_t id = 0;
  std::uint16_t code = net::dns::no_error;
  bool truncated = false;
  bool cut_off = false;  // the message ends in the middle
  std::vector<net::dns::Record> answers;
};

class DnsServer {
 public:
  // Lower-case names and their addresses, whose ports do not matter.
  using Records = std::map<std::string, std::vector<net::Address>, std::less<>>;

  struct Settings {
    std::string name;     // "ns"
    net::Address listen;  // port 0: any
    Records records;      // other names are not found
    net::Duration ttl = std::chrono::seconds(30);
    bool rotate = false;  // each answer begins with another address
    std::vector<Fault> faults;
  };

  // Listens, or not if its faults say so. `loop` must outlive it. The Error names the system call.
  static net::Result<std::unique_ptr<DnsServer>> start(net::Loop& loop, Settings settings,
                                                       net::Rng rng, OnEvent on_event);
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;

  const net::Address& address() const { return address_; }

  void crash();    // the process is gone: queries are refused
  void restart();  // it is back at the same address, as its faults allow
  void set_faults(std::vector<Fault> faults);  // for queries from now on; empty heals it
  void set_records(Records records);
  const Records& records() const { return settings_.records; }

  // Each query counts as a request, each TCP connection as a connection.
  const Counts& counts() const { return counts_; }
  const std::vector<std::string>& receipt() const { return receipt_; }

 private:
  // A TCP connection, and what has come of its next query.
  struct Client {
    net::Connection connection;
    std::string in;
  };
  using SendReply = std::function<void(const std::string& message)>;

  DnsServer(net::Loop& loop, Settings settings, net::Rng rng, OnEvent on_event);

  net::Result<void> reserve();
  net::Result<void> reserve_once();
  net::Result<void> take_place();
  net::Result<void> listen();
  void vanish();
  void make_plan(std::vector<Fault> faults);
  void plan_changes();
  void at_change();
  void read_udp();
  void accepted(net::Connection connection);
  void read_tcp(Client& client, std::uint64_t number);
  void answer(std::string_view message, bool tcp, SendReply send);
  DnsReply look_up(const net::dns::Question& question);
  const Fault* strike(const net::dns::Question& question);
  void send_after(net::Duration delay, std::string message, SendReply send);
  void tell(std::string what);
  void record(std::string what);

  net::Loop& loop_;
  Settings settings_;
  net::Rng rng_;
  OnEvent on_event_;
  net::Address address_;
  std::unique_ptr<net::DatagramSocket> udp_;
  net::UniqueFd held_;  // keeps the TCP port while nobody listens
  std::unique_ptr<net::Listener> listener_;
  std::map<std::uint64_t, std::unique_ptr<Client>> clients_;
  std::unique_ptr<Plan> plan_;
  std::uint64_t plans_ = 0;
  std::uint64_t rotations_ = 0;
  Counts counts_;
  std::vector<std::string> receipt_;
  std::map<std::uint64_t, net::Timer> late_;  // replies that are still to be sent
  std::uint64_t late_made_ = 0;
  net::Timer change_;
  bool running_ = false;
  const Fault* absent_ = nullptr;  // of plan_
};

}  // namespace badgate::fault_backends
