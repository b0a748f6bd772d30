// Examine: asks one target, as nginx would and then, if that does not do, in other protocols, what
// is there. Gathers evidence; findings.h judges it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/check/permissions.h"
#include "harness/check/target.h"
#include "harness/probe/lookup.h"
#include "harness/probe/visit.h"
#include "net/loop.h"
#include "net/sock_diag.h"
#include "net/tls_context.h"

namespace badgate::harness::check {

struct Limits {
  net::Duration longest{};  // that one connection is waited for, whatever nginx's timeouts say
};

// What was seen at one address.
struct AddressSeen {
  net::Address at;
  bool local = false;
  std::optional<net::ListenQueue> queue;  // of who listens on this machine, before it is asked
  bool unaccepted = false;                // it was silent, and connections still wait there
  probe::VisitSeen as_told;               // in the protocol of the configuration
  // In others, asked only if that one did not do; nothing: not asked.
  std::optional<probe::VisitSeen> plain;
  std::optional<probe::VisitSeen> named;  // as told, and with the name (SNI)
  std::optional<probe::VisitSeen> tls;    // with the name, any version and cipher
  std::optional<probe::VisitSeen> fastcgi;
  std::optional<probe::VisitSeen> fastcgi_request;  // a whole one, for a script that is not there
};

struct Seen {
  probe::Answer name;                 // of a name
  std::optional<Obstacle> obstacle;   // of a unix socket
  std::vector<std::string> siblings;  // if it is missing: sockets in its folder
  std::vector<AddressSeen> addresses;
  std::string broken_tls;  // the target's own TLS settings cannot be used
};

// Whether it said something in FastCGI's records.
bool speaks_fastcgi(const probe::VisitSeen& seen);

class Examination {
 public:
  using OnDone = std::function<void(Seen)>;

  // `on_done` is called once, from the loop; both the target and `user`, who is the worker's, must
  // live until then.
  Examination(net::Loop& loop, const Target& target, const User& user, Limits limits,
              OnDone on_done);
  ~Examination();

 private:
  enum class Dress { as_told, named, plain, tls, fastcgi, fastcgi_request };

  void begin();
  void begin_addresses(std::vector<net::Address> addresses);
  void prepare_tls();
  probe::VisitPlan plan_for(const net::Address& at, Dress dress) const;
  void visit(std::size_t index, Dress dress);
  void visited(std::size_t index, Dress dress, probe::VisitSeen seen);
  std::optional<Dress> next_dress(const AddressSeen& seen) const;
  void finish();

  net::Loop& loop_;
  const Target& target_;
  const User& user_;
  Limits limits_;
  OnDone on_done_;
  Seen seen_;
  std::optional<net::TlsContext> tls_;      // as the configuration says
  std::optional<net::TlsContext> any_tls_;  // as anybody would take it
  std::unique_ptr<probe::Lookup> lookup_;
  std::vector<std::unique_ptr<probe::Visit>> visits_;  // one for each address
  std::vector<std::unique_ptr<probe::Visit>> over_;    // until the loop is out of their callbacks
  std::size_t left_ = 0;
  net::Timer soon_;
};

}  // namespace badgate::harness::check
