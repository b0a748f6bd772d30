// Server: HTTP on one address, by libevent's evhttp: requests come in as plain data, answers go out
// with the headers that keep browsers safe. Everything is bounded: heads, bodies, connections and
// their time.
#pragma once

#include <event2/http.h>

#include <cstdint>
#include <functional>
#include <memory>

#include "harness/lab/connections.h"
#include "harness/lab/events.h"
#include "harness/lab/http.h"
#include "net/address.h"
#include "net/result.h"

namespace badgate::harness::lab {

class Server {
 public:
  static constexpr std::size_t kMostBody = std::size_t{1} << 20;
  static constexpr std::size_t kMostHead = std::size_t{16} << 10;

  using OnRequest = std::function<void(const HttpRequest&, Reply)>;

  // Listens at once; port 0 becomes a free one. The Error has errno's number. `events` must outlive
  // it. A Reply may be called as long as the server lives, and not later.
  static net::Result<std::unique_ptr<Server>> start(Events& events, const net::Address& at,
                                                    OnRequest on_request);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  const net::Address& address() const { return address_; }

 private:
  struct Free {
    void operator()(evhttp* http) const { evhttp_free(http); }
  };

  Server(Events& events, OnRequest on_request);
  net::Result<void> listen(const net::Address& at);
  void on_request(evhttp_request* raw);
  void answer(evhttp_request* raw, bool head, const HttpAnswer& answer);

  Connections connections_;
  OnRequest on_request_;
  std::unique_ptr<evhttp, Free> http_;
  net::Address address_;
};

}  // namespace badgate::harness::lab
