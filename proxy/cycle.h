// Cycle: one configuration at work, which is nginx's word for it: the settings, and all that lives
// as long as they do: balancer, kept connections, logs. Requests hold on to the cycle in which they
// began, so a reload does not touch them.
#pragma once

#include <memory>
#include <vector>

#include "net/http1_response.h"
#include "net/loop.h"
#include "proxy/access_log.h"
#include "proxy/error_log.h"
#include "proxy/location_conf.h"
#include "proxy/server_conf.h"
#include "proxy/settings.h"
#include "proxy/versions.h"

namespace badgate::proxy {

struct Cycle {
  // `loop` and `sink` must outlive it. `before`: whose zones go on. The Error names the directive.
  static net::Result<std::shared_ptr<Cycle>> create(net::Loop& loop, Settings settings,
                                                    LogSink& sink, const Cycle* before = nullptr);
  // Nothing is kept alive any more.
  void exit();

  Settings settings;
  Rules rules;
  ErrorLog error_log;
  AccessLog access_log;
  net::http1::ResponseRules response_rules;
  Zones zones;
  UpstreamConfs upstreams;
  std::vector<std::unique_ptr<ServerConf>> servers;  // in the order of the settings
  std::vector<AddressConf> addresses;                // where they listen
  bool exiting = false;
};

}  // namespace badgate::proxy
