// Visit: one connection to one address, step by step, each with its time: TCP or unix, TLS if it is
// asked for, one request, one answer. It owns its connection, judges nothing, and ends at the
// latest when its time is up.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/address.h"
#include "net/certificate_facts.h"
#include "net/connection.h"
#include "net/http1_reader.h"
#include "net/loop.h"
#include "net/tls_context.h"

namespace badgate::harness::probe {

struct VisitPlan {
  net::Address to;
  const net::TlsContext* tls = nullptr;  // borrowed; nullptr: plain
  std::string server_name;               // SNI; empty: none is sent
  std::string verify_name;               // that the certificate should be for; empty: not looked at
  std::string request;                   // all bytes of it; empty: only connect (and shake hands)
  bool head_request = false;             // it is HEAD: no body follows
  bool first_bytes_only = false;         // it is not HTTP: any answer is enough
  net::Duration connect_timeout{};       // for TCP and TLS together, as proxy_connect_timeout
  net::Duration time_limit{};            // for everything
};

// How far it came; what failed is the step behind.
enum class Reached : std::uint8_t { nothing, connected, handshaken, sent, header, complete };

struct TlsSeen {
  std::string protocol;
  std::string cipher;
  std::vector<net::CertificateFacts> chain;  // as sent
  long verify_error = 0;                     // 0: trusted
  std::string verify_words;
  bool name_matches = false;  // of verify_name
};

struct VisitSeen {
  net::Address to;
  Reached reached = Reached::nothing;
  // Since the visit began; nothing: not reached.
  std::optional<net::Duration> connected;
  std::optional<net::Duration> handshaken;
  std::optional<net::Duration> first_byte;
  std::optional<net::Duration> header;
  net::Duration took{};  // until its end

  std::string failure;     // "Connection refused", "no answer within 5s"; empty: all went well
  int code = 0;            // the errno, if there is one
  bool timed_out = false;  // its own patience was over
  bool closed = false;     // the peer has closed or reset
  bool tls_failed = false;

  std::optional<TlsSeen> tls;
  net::http1::ResponseHead head;  // if reached >= header
  net::http1::Reading reading = net::http1::Reading::reading;
  std::string body;  // the first 64 KiB; of what is not HTTP, its bytes
  std::uint64_t body_bytes = 0;
  std::string first_bytes;  // the first 256 as they came
};

class Visit {
 public:
  using OnDone = std::function<void(VisitSeen)>;

  // `on_done` is called once, from the loop. The visit must live until then.
  Visit(net::Loop& loop, VisitPlan plan, OnDone on_done);
  ~Visit();
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

 private:
  void start();
  void watch();
  void on_ready(net::Ready ready);
  bool finish_connect();
  bool shake_hands();
  void take_tls();
  void send_more();
  void read_some();
  void take(std::string_view bytes);
  void end_of_stream(const net::Transfer& transfer);
  void fail(std::string why, int code = 0);
  void finish();
  net::Duration since_start() const { return loop_.now() - started_; }

  net::Loop& loop_;
  VisitPlan plan_;
  OnDone on_done_;
  VisitSeen seen_;
  net::TimePoint started_;
  std::optional<net::Connection> connection_;
  net::http1::ResponseReader reader_;
  std::size_t sent_ = 0;
  bool done_ = false;
  net::Timer connect_timer_;
  net::Timer limit_;
  net::Timer soon_;
};

}  // namespace badgate::harness::probe
