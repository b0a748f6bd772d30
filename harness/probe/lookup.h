// Lookup: a name asked of this machine's own resolver (getaddrinfo(3): /etc/hosts, the name servers
// of /etc/resolv.conf), as every program here that has no resolver of its own does. getaddrinfo may
// wait for many seconds, so a forked process asks, and is killed when it is not wanted any more.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/address.h"
#include "net/loop.h"
#include "net/result.h"
#include "net/unique_fd.h"

namespace badgate::harness::probe {

struct Answer {
  std::vector<net::Address> addresses;  // without a port, in the resolver's order, at most 64
  std::string error;                    // why there are none, "Name or service not known"
  bool no_such_name = false;  // the name servers answered: it does not exist, or has no address
  bool timed_out = false;
  net::Duration took{};
};

class Lookup {
 public:
  using OnDone = std::function<void(Answer)>;

  // `on_done` is called once, from the loop, at the latest after `patience`. An address instead of
  // a name is answered without asking anybody. The Error: no process could be made.
  static net::Result<std::unique_ptr<Lookup>> start(net::Loop& loop, const std::string& name,
                                                    net::Duration patience, OnDone on_done);
  ~Lookup();
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;

 private:
  Lookup(net::Loop& loop, OnDone on_done) : loop_(loop), on_done_(std::move(on_done)) {}
  net::Result<void> ask(const std::string& name, net::Duration patience);
  void read_more();
  void finish(Answer answer);

  net::Loop& loop_;
  OnDone on_done_;
  pid_t child_ = -1;
  net::UniqueFd answers_;
  std::string text_;
  net::TimePoint started_;
  std::unique_ptr<net::Watch> watch_;
  net::Timer begin_;  // the loop's clock has stood still until it runs
  net::Timer timer_;
};

}  // namespace badgate::harness::probe
