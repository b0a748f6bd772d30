// Probe: a URL looked at from here as a visitor's browser would, but one step at a time: the name,
// and then every address of it beside each other, TCP, TLS, HTTP.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/probe/lookup.h"
#include "harness/probe/url.h"
#include "harness/probe/visit.h"
#include "harness/probe/who_answered.h"
#include "net/loop.h"
#include "net/tls_context.h"

namespace badgate::harness::probe {

struct Options {
  std::map<std::string, std::vector<net::Address>> resolve;  // by "host:port": in place of the name
  std::vector<std::pair<std::string, std::string>> headers;  // to send; "Host" replaces the URL's
  std::string method = "GET";
  std::string authorities;  // PEM file of whom to trust; empty: whom this machine trusts
  net::Duration connect_timeout{};
  net::Duration time_limit{};  // of each step's whole: the name, each address
};

// What became of one address.
enum class Outcome : std::uint8_t {
  good,          // an answer below 500
  server_error,  // 500 or more
  unreachable,   // this machine has no way there
  refused,
  silent_connect,  // no answer to the connection
  broken_connect,  // anything else that connect(2) says
  tls_failed,
  tls_silent,
  untrusted,  // the handshake went well, the certificate does not
  silent,     // no header in time
  closed,     // no header, and the connection is gone
  not_http,
  cut,  // a header, but not all of the body
};

struct AddressReport {
  VisitSeen seen;
  Outcome outcome = Outcome::good;
  Who who;  // once there is a header
};

struct Report {
  Url url;
  std::string host;  // as it was asked for: the Host header's, or the URL's
  Answer name;
  bool given = false;  // the addresses are --resolve's
  std::vector<AddressReport> addresses;
  net::WallTime at{};  // when it began
};

class Probe {
 public:
  using OnDone = std::function<void(Report)>;

  // `on_done` is called once, from the loop. The Error: a file of authorities that cannot be read,
  // or no process for the lookup.
  static net::Result<std::unique_ptr<Probe>> start(net::Loop& loop, Url url, Options options,
                                                   OnDone on_done);

 private:
  Probe(net::Loop& loop, Url url, Options options, OnDone on_done);
  net::Result<void> begin();
  void visit(Answer answer);
  VisitPlan plan_for(const net::Address& address) const;
  void take(std::size_t index, VisitSeen seen);

  net::Loop& loop_;
  Options options_;
  OnDone on_done_;
  Report report_;
  std::optional<net::TlsContext> tls_;
  std::unique_ptr<Lookup> lookup_;
  std::vector<std::unique_ptr<Visit>> visits_;
  std::size_t left_ = 0;
  net::Timer soon_;
};

Outcome outcome_of(const VisitSeen& seen);

// Whether the certificate was looked at and is not one to be trusted for the name.
bool is_untrusted(const VisitSeen& seen);

}  // namespace badgate::harness::probe
