// Session: one connection of a fake upstream, from its acceptance to its end. It reads requests,
// has them worked on, sends the responses, and at every point on the way asks the plan which fault
// strikes there. It owns the connection and whatever the request in progress holds.
//
// A session is a row of phases. `advance` runs one after the other until one has to wait: for the
// socket, for a timer, for a worker. Whatever is waited for calls `resume`.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fault_backends/call.h"
#include "fault_backends/host.h"
#include "fault_backends/record_framer.h"
#include "fault_backends/request_reader.h"
#include "fault_backends/response_stream.h"
#include "net/connection.h"

namespace badgate::fault_backends {

class Session {
 public:
  // `number` counts the backend's connections from 1.
  Session(Host& host, net::Connection connection, std::uint64_t number);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void begin();

  // The process is gone: closes the connection as the kernel does. Returns what that sent, in
  // words, or nothing if the connection was over already.
  std::string kill();

 private:
  enum class Phase {
    accepted,
    handshaking,  // TLS
    reading,      // waits for a request, or reads it
    admitting,    // needs a worker, or several
    application,  // executed; faults of a request that has been read strike here
    calling,      // asks the backend it depends on
    serving,      // works
    answering,    // makes the response
    writing,
    sent,
    tunnel,
    draining,
    stalled,
    over
  };

  // So many bytes each `time`.
  struct Pace {
    std::uint64_t bytes = 0;
    net::Duration time{};
    std::uint64_t budget = 0;
    bool of_header = false;
  };

  // One request and its response.
  struct Exchange {
    std::uint64_t number = 0;          // among the backend's requests, from 1
    bool reused = false;               // not the first of its connection
    std::vector<std::size_t> pending;  // faults that have not been asked yet
    std::uint64_t received = 0;
    bool head_told = false;
    std::string body;  // kept for an echo
    bool body_kept = true;
    std::vector<WorkerPool*> pools;  // still to enter
    std::vector<WorkerPool::Slot> slots;
    std::vector<std::size_t> alterations;
    net::Duration extra_service{};  // of the faults that want a worker
    int error_status = 0;           // an answer of its own instead of the application's
    std::optional<ResponseStream> stream;
    std::optional<RecordFramer> framer;  // with FastCGI
  };

  // session.cc: phases
  void advance();
  void resume();
  void step();
  bool settles_first();
  void admit();
  void work();
  void call();
  void serve();
  void answer();
  void begin_response(Response response);
  void after_response();
  void on_ready();
  void peer_left();
  void watch_peer();
  void wait_for(net::Duration time);
  Asked asked();

  // session_tls.cc
  void shake_hands();
  void handshake_failed(const net::Transfer& transfer);
  bool expects_hello() const;

  // session_read.cc
  void read_request();
  bool await_request();
  void skip_stdin_end();
  void begin_exchange();
  void request_complete();
  void refuse_request();
  bool speaks_fastcgi() const { return reader_.fastcgi() != nullptr; }
  void read_some();
  void feed(std::string_view bytes);
  std::size_t read_limit() const;
  net::Transfer read_keeping_last(std::span<char> into);
  void take_kept_byte();
  bool keeps_last_byte() const;
  void wait_idle();
  void idle_timer_fired();
  void read_ended(const net::Transfer& transfer);
  void drain();

  // session_write.cc
  void write_response();
  void gather();
  void gather_plain(std::string& into);
  void end_records();
  std::string_view next_piece(std::size_t gathered) const;
  void flush();
  void response_complete();

  // session_tunnel.cc
  void open_tunnel(const Fault& fault);
  void ping_later();
  void talk();

  // session_strike.cc
  bool pass();
  bool due(const Point& point) const;
  bool any_due() const;
  void note_missed();
  bool strikes(std::size_t fault);
  net::Duration draw(std::size_t fault);  // its time, by chance if it has a sigma
  void perform(std::size_t fault);
  void pace(const Fault& fault);
  void send_raw(const Fault& fault);
  void lose_packets(const Fault& fault);
  void child_dies(const Fault& fault);
  void die(int signal, const std::string& why);
  bool pace_allows(std::optional<Pace>& pace);
  void end(Ending ending, const std::string& why);
  std::string close_now();
  std::string reset_now();
  void finish();
  std::size_t unread() const;
  std::string progress() const;
  void record(const std::string& what, const std::string& why);

  Host& host_;
  net::Loop& loop_;
  net::Connection connection_;
  std::uint64_t number_;
  Phase phase_ = Phase::accepted;
  bool settled_ = false;
  bool hello_arrived_ = false;
  bool waiting_ = false;
  bool watching_peer_ = false;
  bool peer_gone_ = false;
  bool cut_off_ = false;  // nothing that the peer sends arrives any more
  std::shared_ptr<Plan> plan_;
  std::vector<std::size_t> accept_pending_;
  std::uint64_t requests_ = 0;      // that were begun on this connection
  std::uint64_t last_request_ = 0;  // the number of the last of them
  RequestReader reader_;
  std::string carry_;       // bytes of the next request that came with this one
  bool kept_byte_ = false;  // the last byte of the request has been read but left in the kernel
  std::optional<Exchange> exchange_;
  std::optional<Pace> read_pace_;
  std::optional<Pace> write_pace_;
  std::string outbox_;  // gathered, so that a small response is one packet, as with real servers
  std::uint64_t written_this_turn_ = 0;
  std::vector<std::size_t> idle_pending_;  // by the time they come at
  net::TimePoint idle_since_;
  net::Timer timer_;
  net::Timer idle_timer_;
  std::optional<Call> call_;
  Tunnel tunnel_;
};

}  // namespace badgate::fault_backends
