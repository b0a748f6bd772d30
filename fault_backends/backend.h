// Backend: one fake upstream. It listens, reads requests, answers as its settings say, and breaks
// where its faults say.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fault_backends/answer.h"
#include "fault_backends/certificates.h"
#include "fault_backends/fault.h"
#include "fault_backends/fpm_pool.h"
#include "fault_backends/presets.h"
#include "net/address.h"
#include "net/connection.h"
#include "net/field.h"
#include "net/loop.h"
#include "net/network_namespace.h"
#include "net/result.h"
#include "net/rng.h"

namespace badgate::fault_backends {

struct Settings {
  std::string name;     // "app[0]"
  net::Address listen;  // port 0: any
  int backlog = 511;
  net::SocketOptions socket;
  Protocol protocol = Protocol::http;
  std::optional<FpmSettings> fpm;  // it is a PHP-FPM, and speaks FastCGI
  Answer answer;
  Workers workers;
  net::Duration keepalive_timeout{};  // closes connections idle for so long; 0: never
  std::optional<net::Address> calls;  // a backend that it asks before it answers (a database …)
  std::string calls_name;             // that backend's name, for the timeline
  net::Duration calls_timeout{};      // 0: it waits for ever
  int calls_failed_status = 500;      // its answer when the call fails or times out
  std::vector<Fault> faults;
  // Borrowed, where the run takes place in a network of its own: there the backend gets an IPv4
  // address of its own, and faults can be routes.
  net::NetworkNamespace* network = nullptr;
  std::optional<TlsSettings> tls;        // it speaks TLS …
  Certificates* certificates = nullptr;  // … with a certificate out of these, which are borrowed
};

// What a backend saw or did, for the timeline and the receipt.
struct Event {
  net::TimePoint at;
  std::string what;  // "accepts connection 1", "reads request 1: GET /", "sends RST (crash: …)"
};
using OnEvent = std::function<void(const Event&)>;

struct Counts {
  std::uint64_t connections = 0;
  std::uint64_t requests = 0;   // read completely
  std::uint64_t executed = 0;   // handed to the application: what a retry repeats
  std::uint64_t responses = 0;  // sent completely
};

class Backend {
 public:
  // Starts to listen, or arranges the fault that it does not. `loop` must outlive it.
  static net::Result<std::unique_ptr<Backend>> start(net::Loop& loop, Settings settings,
                                                     net::Rng rng, OnEvent on_event);
  ~Backend();
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  // Where the proxy should connect to: also set when nothing listens there.
  const net::Address& address() const;

  void crash();    // the process is gone: listener and every connection at once; a unix file stays
  void restart();  // it is back at the same address, with no connections, as its faults allow
  // Of a PHP-FPM: its master, or one child, gets a signal. Whether `takes_signal`.
  void signal(int number, bool child);
  void set_faults(std::vector<Fault> faults);  // for what comes from now on; empty heals it

  const Counts& counts() const;
  // One line for each thing that was done on the wire, and by which mechanism:
  // "connection 1: RST sent after 20 of 100 body bytes", "SYN dropped (socket filter)".
  const std::vector<std::string>& receipt() const;
  // What it wrote into its own log, as a PHP-FPM does: "NOTICE: ready to handle connections".
  const std::vector<std::string>& log() const;

 private:
  struct Impl;
  explicit Backend(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Settings keys of a backend other than faults ("body", "service_time", "workers", "backlog", …),
// so that the loader needs no list of its own. `transport`, `calls`, `headers` and the faults are
// the loader's: they are no plain values.
std::span<const net::Field<Settings>> fields();
// What is in `tls = { … }`.
std::span<const net::Field<TlsSettings>> tls_fields();
// What is in `fpm = { … }`, and why its values do not go together; empty: they do.
std::span<const net::Field<FpmSettings>> fpm_fields();
std::string why_impossible(const FpmSettings& settings);
// Whether it is known what the master of a PHP-FPM, or a child, does at this signal.
bool takes_signal(int number, bool child);

// Whether the machine can do what the fault needs here and now; the Error says why not (a skip).
net::Result<void> available(const Fault& fault);

}  // namespace badgate::fault_backends
