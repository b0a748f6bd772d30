// Interference: the faults in the network (Point::Kind::connect) that are in force at one listener.
// It begins and ends them as their schedules say, whenever it is asked to look at the time.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fault_backends/network_fault.h"

namespace badgate::fault_backends {

class Interference {
 public:
  struct Change {
    std::vector<std::string> lines;  // for the receipt: what began, by which mechanism; what ended
    std::vector<net::UniqueFd> waiting;  // connections that had to wait and can be served now
  };

  // Both must outlive it. `network` may be nullptr: no routes then.
  Interference(net::Listener& listener, int backlog, net::NetworkNamespace* network)
      : listener_(&listener), backlog_(backlog), network_(network) {}

  // Ends what is over at `now` and begins what is due. `faults` must be those of the last call, or
  // `end_all` stands between. The Error names the fault that this machine cannot do.
  net::Result<Change> update(const std::vector<Fault>& faults, net::TimePoint now);
  Change end_all();

  // The listener is paused for it: nobody may accept or resume.
  bool holds_listener() const;

 private:
  void end(std::size_t fault, Change& change);

  struct Active {
    std::string name;
    std::unique_ptr<NetworkFault> fault;
  };
  net::Listener* listener_;
  int backlog_;
  net::NetworkNamespace* network_;
  std::map<std::size_t, Active> active_;  // by the fault's place in the list
};

}  // namespace badgate::fault_backends
