// OwnNetwork: a network and a view of the files of this process's own, in which the addresses and
// names of a configuration lead to whoever listens there: the fakes. Nothing of it is seen outside,
// and nothing outside is reached.
//
// There is no way back: see net/network_namespace.h. It takes root, or user namespaces for
// everyone.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/drivers/driver.h"
#include "harness/own_config/difference.h"
#include "net/network_namespace.h"
#include "net/result.h"

namespace badgate::harness::own_config {

// The folder to cover so that the socket can be made: the part of the path that exists, free of
// symbolic links. Empty: it may not be, for the machine's own folders or one of `needed`, without
// symbolic links too, is in it, or the path has ".." in it.
std::string coverable_folder(const std::string& path, const std::vector<std::string>& needed);

// Somebody whom the configuration's proxy asks.
struct WantedServer {
  std::string written;     // his address in the configuration
  std::string socket;      // the path of a unix socket; empty: it is none
  std::string host;        // an address, without brackets, or a name
  bool is_name = false;    // that is to lead to a fake
  std::uint16_t port = 0;  // 0: the configuration does not tell, and he is rewritten
};

// What a run needs of its network and its files.
struct Wanted {
  std::optional<net::Address> listen;  // where the proxy itself does; nothing: anywhere
  std::vector<WantedServer> servers;
  std::vector<std::string> files;  // that must stay to be seen: the configuration, the program
};

class OwnNetwork {
 public:
  // Whether the machine allows it; a child tries. The Error says why not.
  static net::Result<void> available();
  // Moves the process, which must have one thread, into it.
  static net::Result<OwnNetwork> enter(const Wanted& wanted);

  // Where the servers listen, and the proxy itself.
  const drivers::Places& places() const { return places_; }
  // What leads where: "app.internal:8080" → 192.0.2.10:8080, "10.0.0.1:80" → itself.
  const Here& here() const { return here_; }

 private:
  explicit OwnNetwork(net::NetworkNamespace network) : network_(std::move(network)) {}
  net::Result<void> furnish(const Wanted& wanted);
  net::Result<std::optional<net::Address>> socket_at(const std::string& path);
  net::Result<std::optional<net::Address>> address_for(const WantedServer& server);
  net::Result<void> listen_at(const net::Address& address);
  net::Result<void> write_names() const;

  net::NetworkNamespace network_;
  drivers::Places places_;
  Here here_;
  std::map<std::string, net::Address> names_;
  std::vector<std::string> needed_;   // files and folders that must stay to be seen
  std::vector<std::string> folders_;  // over which there is one of memory
};

}  // namespace badgate::harness::own_config
