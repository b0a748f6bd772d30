// UpstreamRequest: one request's way through the upstream servers: attempts, retries, the relay of
// the response, after ngx_http_upstream.c, function by function. It owns the connection to the
// server and the relay; the client's side belongs to the Session, which tells it of the client's
// events.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "proxy/balancer.h"
#include "proxy/event_pipe.h"
#include "proxy/fastcgi_upstream.h"
#include "proxy/http_upstream.h"
#include "proxy/next_upstream.h"
#include "proxy/relay.h"
#include "proxy/request.h"
#include "proxy/resolver.h"
#include "proxy/tunnel.h"
#include "proxy/worker.h"

namespace badgate::proxy {

// nginx's return codes beside HTTP statuses, for ngx_http_finalize_request.
inline constexpr int kOk = 0;
inline constexpr int kError = -1;
inline constexpr int kDone = -4;

class UpstreamRequest {
 public:
  struct Callbacks {
    // The request is over with an HTTP status or one of the codes above. Called once.
    std::function<void(int)> end;
    // The request goes on at the URI of an X-Accel-Redirect, in place of `end`.
    std::function<void(const std::string&)> redirect;
    // Something was done on one of the sockets: time to look at what the client's must wait for.
    std::function<void()> settle;
  };

  // All references must outlive it.
  UpstreamRequest(Worker& worker, Request& request, Client& client, Callbacks callbacks);
  ~UpstreamRequest();
  UpstreamRequest(const UpstreamRequest&) = delete;
  UpstreamRequest& operator=(const UpstreamRequest&) = delete;

  // The request is known, and its body unless request.reading_body.
  void start();

  bool ended() const { return ended_; }
  // The client has closed its side or reset; `error` is the errno or 0.
  void client_closed(int error);
  void client_writable();
  void client_write_timed_out();
  // Only while request.reading_body.
  void client_body_readable();
  void client_body_timed_out();
  // Whether sending to a server has begun.
  bool request_sent() const { return request_sent_; }
  // Whether more of the client's body can be taken now.
  bool wants_client_body() const;

  // The answer was 101: the client's bytes are the tunnel's.
  bool tunnelling() const { return tunnel_ && !ended_; }
  net::Ready client_interest() const { return tunnel_->client_interest(); }  // while tunnelling
  void client_readable();                                                    // while tunnelling

  // The request is given up without an answer: nginx's cleanup handler.
  void abandon();

 private:
  enum class Sent { ok, again, failed };

  // upstream_resolve.cc
  void find_upstream();
  void begin(UpstreamConf& upstream);
  void begin_with(std::vector<Server> servers);
  void resolved(const Resolver::Answer& answer);

  // upstream.cc
  void connect();
  bool open(const Server& server);
  std::optional<Places::Place> take_place();
  void open_failed(const net::Error& error);
  void begin_attempt();
  void next(Reason reason);
  void close_connection();
  void finalize(int rc);
  void finish_client(int rc);
  void record_attempt();
  void free_peer();
  void on_ready(net::Ready ready);
  void update_watch();
  void emit(Event::Kind kind, std::string detail = {}, std::uint64_t bytes = 0) const;
  net::Duration attempt_time() const { return worker_.loop.now() - attempt_started_; }

  // upstream_handshake.cc
  void established();
  void start_handshake();
  void shake_hands();

  // upstream_sending.cc
  void send_request(bool do_write);
  bool test_connect();
  void connect_failed(int error);
  Sent send_body(int& refusal, bool do_write);
  Sent send_streamed_body(int& refusal, bool do_write);
  Sent write_out();
  bool load_from_file();
  void request_complete();
  bool read_client_body(int& refusal);
  void take_client_body(std::string_view bytes);

  // upstream_response.cc
  void process_header();
  bool receive_header(bool& again);
  bool parse_header(std::size_t size, bool& again);
  bool try_next_for_status();
  bool intercept();
  void send_response();
  void start_relay();
  void handle(Relay::Verdict verdict);
  void start_tunnel();
  void handle(Tunnel::Verdict verdict);
  void on_read_timeout();
  void on_write_timeout();

  Worker& worker_;
  Request& request_;
  Client& client_;
  Callbacks callbacks_;
  std::variant<std::monostate, HttpUpstream, FastcgiUpstream> its_protocol_;
  UpstreamProtocol& protocol_;                  // that one
  UpstreamConf* upstream_ = nullptr;            // once it is known
  std::unique_ptr<UpstreamConf> own_upstream_;  // of this request alone
  std::unique_ptr<Resolver::Lookup> lookup_;
  std::optional<Selection> selection_;
  std::string head_;  // of the request
  bool ended_ = false;
  net::TimePoint first_started_;
  net::TimePoint attempt_started_;

  // The attempt under way.
  std::optional<KeptConnection> connection_;
  LazyTimer read_timer_;
  LazyTimer write_timer_;
  std::optional<UpstreamSocket> socket_;
  bool cached_ = false;
  bool handshaking_ = false;  // TLS
  bool peer_held_ = false;
  bool request_sent_ = false;       // sending has begun
  bool request_body_sent_ = false;  // and has ended
  bool write_blocked_ = false;
  bool response_received_ = false;
  bool keepalive_ = false;
  std::uint64_t sent_ = 0;
  std::string failure_;  // what the socket said, for the event

  std::string out_;  // of the request, not yet written
  std::size_t out_done_ = 0;
  std::uint64_t file_at_ = 0;

  EventPipe::Buffer buffer_;  // the response's head, and what came with it
  std::unique_ptr<Relay> relay_;
  std::unique_ptr<Tunnel> tunnel_;
};

}  // namespace badgate::proxy
