// Pair: the frontend, backend and server that a line of HAProxy's HTTP log names.
#pragma once

#include <string>

#include "harness/haproxy_cfg/site.h"
#include "net/result.h"

namespace badgate::harness::haproxy_cfg {

// Of a Site, which must outlive it.
struct Pair {
  const Proxy* frontend = nullptr;
  const Proxy* backend = nullptr;  // of a request that came to none: the one that it would go to
  const Server* server = nullptr;  // null: none was chosen
};

// `backend_and_server` is "shop/web3", "shop/<NOSRV>". The Error says what the configuration has
// not, with the nearest name that it has.
net::Result<Pair> find_pair(const Site& site, const std::string& frontend,
                            const std::string& backend_and_server);

}  // namespace badgate::harness::haproxy_cfg
