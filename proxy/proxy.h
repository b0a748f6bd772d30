// Proxy: the minimal reverse proxy that behaves as nginx does. It listens, reads requests, tries
// upstream servers, answers and logs, all on the loop that it is given.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "net/loop.h"
#include "net/result.h"
#include "proxy/event.h"
#include "proxy/logs.h"
#include "proxy/settings.h"

namespace badgate::proxy {

class Proxy {
 public:
  // Listens on every address of the settings. `loop` and `logs` must outlive the proxy.
  static net::Result<std::unique_ptr<Proxy>> start(net::Loop& loop, Settings settings,
                                                   LogSink& logs, OnEvent on_event);
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  // Where it listens, in the order of the settings, with the ports that it really got.
  std::vector<net::Address> addresses() const;

  // New settings for new requests; requests under way finish with the old ones. Addresses that are
  // new are listened at, others no more. On an Error nothing has changed.
  net::Result<void> reload(Settings settings);

  // A line in the error log that concerns no connection.
  void log(Level level, std::string_view message);

  // Graceful stop: accepts no more, lets requests under way finish, closes idle connections, then
  // calls `done`. Destroying the proxy closes everything at once.
  void stop(net::Loop::Callback done);

 private:
  struct Impl;
  explicit Proxy(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace badgate::proxy
