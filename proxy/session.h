// Session: one client's connection from accept to close: it reads requests, has them passed on by
// an UpstreamRequest, sees the responses out, keeps the connection alive or closes it, and writes
// the access log (ngx_http_request.c, ngx_http_special_response.c). It owns the connection.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "net/connection.h"
#include "net/http1_request.h"
#include "proxy/request.h"
#include "proxy/response_head.h"
#include "proxy/upstream.h"
#include "proxy/worker.h"

namespace badgate::proxy {

class Session {
 public:
  // `on_closed` is called once, when the connection is closed; the session is destroyed later, not
  // from inside of it. `listening`: the address that was connected to, `address` its place in the
  // cycle's addresses.
  Session(Worker& worker, net::Connection connection, const net::Address& listening,
          std::size_t address, Places::Place place, std::function<void(Session&)> on_closed);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void start();

  // Waits for another request. A connection that has not had its first is not idle to nginx.
  bool idle() const { return phase_ == Phase::keepalive && !soon_.armed(); }
  // Closes an idle connection without a word, as nginx's worker does when it exits.
  void close_idle();

  // Nothing of a request has come: it may be closed to make room (ngx_reusable_connection).
  bool reusable() const {
    const bool hello = phase_ == Phase::handshaking && client_.connection.tls() == nullptr;
    return phase_ == Phase::waiting || hello || idle();
  }
  std::uint64_t idle_since() const { return idle_since_; }  // Worker::next_idle
  const std::shared_ptr<Cycle>& cycle() const { return cycle_; }
  // Ends whatever it does, without a word (ngx_drain_connections, ngx_shutdown_timer_handler).
  void shut_down();

 private:
  enum class Phase {
    handshaking,  // TLS
    waiting,      // for the first request's first byte
    head,         // of a request
    delayed,      // by limit_req
    body,         // of a request, before it is passed on
    upstream,     // the request is passed on
    writing,      // the response is complete but not yet written
    discarding,   // the rest of a body nobody wants
    keepalive,    // for the next request
    lingering,    // everything is said; the client is heard out
    closed,
  };

  // session.cc: events
  void on_ready(net::Ready ready);
  void on_readable();
  void on_writable();
  void on_read_timeout();
  void on_write_timeout();
  void update_watch();

  // session_handshake.cc
  void read_hello();
  void shake_hands();

  // session_request.cc: reading a request
  void read_head();
  void head_ended(const net::Transfer& got);
  void note_partial_line();
  void begin_request(bool pipelined);
  void parse(std::string_view bytes);
  void log_notes();
  void refuse_head();
  void choose_server();
  void process_request();
  void choose_location();
  void enter_location(const LocationConf& location);
  void run_phases();
  bool body_too_large();
  bool evaluate_pass();
  void start_body();
  bool send_continue();
  static constexpr std::size_t kBodyTurn = 1 << 20;  // then the others get theirs
  std::size_t body_buffer() const;
  void read_body(std::size_t turn);
  bool store_body(std::string_view bytes);
  std::string body_file_name() const;
  void start_upstream();

  // session_redirect.cc: a request that goes on elsewhere
  std::string evaluate(const ComplexValue& value) const;
  int answer_return();
  int go_to_error_page(const ErrorPageConf& page, int status);
  bool count_redirect(std::string_view where);
  void internal_redirect(const std::string& uri, const std::string& args);
  void named_location(const std::string& name);
  void accel_redirect(const std::string& uri);

  // session_limits.cc: limit_req and limit_conn
  bool within_limits();
  bool within_rate();
  bool within_connections();
  void end_delay();

  // session_finish.cc: the end of a request
  void finalize(int rc);
  void terminate(int rc);
  int special_response(int status);
  int send_error_page(int status);
  int send_response(ResponseMeta meta, std::string_view body);
  bool discard_body();
  void read_discarded();
  void check_client();
  void finish_connection();
  void set_keepalive();
  void set_lingering();
  void read_lingering();
  void end_request();
  void log_access();
  void close_request(int rc);
  void close();

  Worker& worker_;
  std::function<void(Session&)> on_closed_;
  std::shared_ptr<Cycle> cycle_;
  const AddressConf& address_;  // the cycle's
  net::Address local_;
  Client client_;
  Phase phase_ = Phase::waiting;
  net::http1::RequestParser parser_;
  std::size_t notes_logged_ = 0;
  std::shared_ptr<Request> request_;  // while there is one
  std::shared_ptr<UpstreamRequest> upstream_;
  std::uint64_t idle_since_;
  std::optional<Places::Place> place_;
  net::TimePoint accepted_;
  net::TimePoint lingering_until_;
  std::string redirect_;         // where the request is redirected to; empty: nowhere
  Phase resume_ = Phase::head;   // after Phase::delayed
  bool discarded_ = false;       // the body is not wanted
  bool discarding_ = false;      // a body is being read over while the response is sent
  bool any_pipelined_ = false;   // nginx's c->pipeline
  std::uint64_t body_file_ = 0;  // number of the temporary file; 0: none
  bool watch_closed_ = false;    // unread input hides the client's end: ask for that alone
  net::Timer soon_;
};

}  // namespace badgate::proxy
