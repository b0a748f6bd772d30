// SynDrop: as long as it lives, nobody gets through to a TCP listener: SYNs vanish and a connect
// hangs, as behind a firewall that drops. It chooses the mechanism that the machine allows: a
// socket filter, otherwise a full accept queue. It borrows the listener.
//
// A client's SYN is sent again in real time (1, 3, 7 … seconds after the first). On a virtual clock
// a connect that has begun meanwhile therefore never comes to its end, which is right for a
// firewall that stays; for one that is opened while somebody waits, use the real clock.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fault_backends/full_backlog.h"
#include "net/listener.h"
#include "net/result.h"

namespace badgate::fault_backends {

class SynDrop {
 public:
  enum class Mechanism { socket_filter, full_backlog };

  // `mechanism`: only that one; otherwise the first that works. The listener is paused where the
  // mechanism needs it. The Error says why nothing works: a unix socket knows no SYN.
  static net::Result<SynDrop> start(net::Listener& listener,
                                    std::optional<Mechanism> mechanism = std::nullopt);

  SynDrop(SynDrop&& other) noexcept;
  SynDrop& operator=(SynDrop&& other) noexcept;
  // For when the listener ends too. Where the listener goes on, `stop` it first: a full queue would
  // leave it paused, with dead connections in front.
  ~SynDrop();

  // Lets everything through again, with `backlog` places in the accept queue, and resumes the
  // listener. Returns connections that were established before and waited to be accepted.
  std::vector<net::UniqueFd> stop(int backlog);

  Mechanism mechanism() const;
  std::string receipt() const;  // "SYN dropped (socket filter)"

 private:
  SynDrop(net::Listener& listener, std::unique_ptr<FullBacklog> full)
      : listener_(&listener), full_(std::move(full)) {}

  net::Listener* listener_;            // nullptr: moved from or stopped
  std::unique_ptr<FullBacklog> full_;  // nullptr: it is the socket filter
};

}  // namespace badgate::fault_backends
