// Client: sends one request of a scenario to the proxy under test and records what comes back, as a
// plain HTTP/1.1 client sees it. It owns its connection, which a later exchange may take over.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "harness/outcome.h"
#include "harness/scenario.h"
#include "net/connection.h"
#include "net/http1_reader.h"
#include "net/loop.h"
#include "net/tls_context.h"

namespace badgate::harness {

// A connection to the proxy that is kept for the next request.
struct ClientConnection {
  net::Connection socket;
  unsigned requests = 0;
};

class Exchange {
 public:
  // The response, and the connection if it can be used again.
  using OnDone = std::function<void(Response, std::optional<ClientConnection>)>;
  // "connects", "sends GET /", "receives 504 …", for the timeline.
  using OnStep = std::function<void(std::string)>;

  // `request` must outlive the exchange. `kept` is a connection to go on with.
  // `tls`: what an https request speaks with; it must outlive the exchange.
  Exchange(net::Loop& loop, const net::Address& proxy, const net::TlsContext* tls,
           const Request& request, std::optional<ClientConnection> kept, OnStep on_step,
           OnDone on_done);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  void start();

 private:
  using Ready = net::Ready;

  void connect();
  bool shake_hands();
  void on_ready(Ready ready);
  void send_more();
  std::string_view next_bytes();
  void after_send();
  void read_some();
  void take(std::string_view bytes);
  void on_end(std::string how);
  void leave(std::string_view why);
  void settle_connection();
  void finish(std::string connection_end);
  void watch();
  std::uint64_t send_allowance();

  // client_tunnel.cc
  void open_tunnel(std::string_view bytes);
  void say();
  void hear(std::string_view bytes);
  void describe_tunnel();

  net::Loop& loop_;
  net::Address proxy_;
  const net::TlsContext* tls_;
  const Request& request_;
  OnStep on_step_;
  OnDone on_done_;
  std::optional<ClientConnection> connection_;
  Response response_;
  net::http1::ResponseReader reader_;

  std::string head_;   // of the request, until it is sent
  std::string piece_;  // of the body, until it is sent
  std::size_t piece_at_ = 0;
  std::uint64_t body_left_ = 0;  // of the request's body
  std::uint64_t body_sent_ = 0;
  bool last_chunk_sent_ = false;
  bool sent_ = false;  // the request, completely
  bool paused_send_ = false;
  bool half_way_pause_done_ = false;
  std::uint64_t send_credit_ = 0;
  bool paused_read_ = false;
  bool complete_ = false;
  bool done_ = false;
  bool tunnel_ = false;      // the answer was 101, and that was asked for
  std::size_t said_ = 0;     // messages
  std::uint64_t heard_ = 0;  // bytes in the tunnel
  net::http1::Fnv1a heard_hash_;
  net::Timer leave_timer_;
  net::Timer send_timer_;
  net::Timer read_timer_;
  net::Timer settle_timer_;
};

}  // namespace badgate::harness
