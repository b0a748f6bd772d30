// Driver: one kind of proxy that can be put under test, and ProxyUnderTest: one that runs.
//
// A driver knows how the scenario's settings are written for its proxy, how that proxy is started
// on loopback, and how its logs come back into the Recorder in the form that the proxy of badgate
// writes. The stage knows nothing of all this. registry.h finds drivers by name.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/recorder.h"
#include "harness/scenario.h"
#include "net/address.h"
#include "net/loop.h"
#include "net/result.h"
#include "net/time.h"
#include "proxy/settings.h"

namespace badgate::harness::drivers {

// What a proxy is to do: the scenario's settings with the addresses of this run.
struct Setup {
  proxy::Settings settings;      // one address in `listen`; port 0 lets the kernel choose
  DirectiveBlock directives;     // of [proxy], as written
  double time_scale = 1;         // how much faster than real time the loop's clock runs
  bool ordinary_rights = false;  // it must not touch files with root's rights
  std::string folder;            // of the run, to remove if badgate is killed; may be empty
  int interrupt_fd = -1;         // becomes readable when starting is to be broken off; -1: never
};

// Where a driver wants things to be, if it is not all the same to it.
struct Places {
  std::optional<net::Address> listen;  // the proxy itself
  // The servers of the first group, in their order; of those that have more, the rest is wherever
  // the kernel chooses.
  std::vector<net::Address> servers{};
};

// A proxy that works. Destroying it ends it at once; nothing of it is left.
class ProxyUnderTest {
 public:
  virtual ~ProxyUnderTest() = default;

  // Where clients should connect to.
  virtual net::Address address() const = 0;

  // New settings for new requests; requests under way finish with the old ones. A proxy that is
  // another program may take a moment to make the change.
  virtual net::Result<void> reload(const Setup& setup) = 0;

  // What can be seen of it from outside when it does not go on, "…; its last lines: …".
  virtual std::string condition() const { return {}; }
};

class Driver {
 public:
  virtual ~Driver() = default;

  virtual std::string name() const = 0;     // "nginx"
  virtual std::string version() const = 0;  // "1.22.1"

  // Whether it works on the scenario's own loop, in this process, with this thread's rights.
  virtual bool in_process() const = 0;

  // Whether a scenario's expectations are those of it: of others it says what it expects under
  // `on`.
  virtual bool is_nginx() const { return true; }

  // For a network that the run shares with nobody.
  virtual Places places() const { return {}; }

  // Whether it can live on a virtual clock: otherwise it needs real time. The Error says why not.
  virtual net::Result<void> can_live_virtually() const = 0;
  // Whether it can, if it lives so, also get new settings.
  virtual bool can_reload_virtually() const { return true; }

  // Whether it can be made to live faster than real time; the Error says what is missing.
  virtual net::Result<void> can_scale_time() const = 0;

  // Starts it; when this returns it takes connections. `loop` and `recorder` must outlive what is
  // returned. The Error: nginx's words, without file and line. With code ENOTSUP: this
  // version of the proxy does not know one of the settings, so that the scenario cannot be played
  // on it (a skip). With ECHILD, ETIMEDOUT or EADDRINUSE it said nothing against its settings: it
  // was killed, does not come up, or somebody else has its port. With ECANCELED: kInterrupted.
  virtual net::Result<std::unique_ptr<ProxyUnderTest>> start(net::Loop& loop, const Setup& setup,
                                                             Recorder& recorder) const = 0;
};

}  // namespace badgate::harness::drivers
