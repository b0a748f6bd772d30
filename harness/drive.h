// Drive: sends a scenario's requests at their times, one after the other, side by side, or as an
// open-loop load, and collects the responses.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "harness/client.h"
#include "harness/outcome.h"
#include "harness/scenario.h"
#include "net/loop.h"
#include "net/rng.h"

namespace badgate::harness {

class Drive {
 public:
  using OnDone = std::function<void()>;
  // The request of that name has ended, with all that repeats it.
  using OnEnded = std::function<void(std::string_view name)>;
  // Who ("client", "client 2") does what.
  using OnStep = std::function<void(std::string who, std::string what)>;

  // All references must outlive it. `rng` places the arrivals of a load.
  Drive(net::Loop& loop, const Scenario& scenario, net::Address proxy, net::Rng rng, OnStep on_step,
        OnEnded on_ended, OnDone on_done);
  ~Drive();

  void start();
  // In the order of the scenario's requests; for a load in the order of arrival.
  std::vector<Response> take_responses();
  const std::vector<Response>& responses() const { return responses_; }

 private:
  // Requests that wait for one another; each `at` begins a new one.
  struct Chain {
    std::size_t next = 0;
    std::size_t end = 0;
    unsigned repeated = 0;
    unsigned under_way = 0;
    std::optional<ClientConnection> kept;
    net::Timer timer;
  };

  void run_next(Chain& chain);
  void send(Chain& chain, const Request& request, std::size_t index);
  void on_response(Chain& chain, const Request& request, std::size_t index, unsigned refreshed,
                   Response response, std::optional<ClientConnection> kept);
  void begin(Chain* chain, const Request& request, std::size_t index, unsigned refreshed,
             std::optional<ClientConnection> kept);
  void next_arrival();
  void ended();

  net::Loop& loop_;
  const Scenario& scenario_;
  net::Address proxy_;
  std::optional<net::TlsContext> tls_;  // once a request needs it
  net::Rng rng_;
  OnStep on_step_;
  OnEnded on_ended_;
  OnDone on_done_;
  std::vector<std::unique_ptr<Chain>> chains_;
  std::map<std::uint64_t, std::unique_ptr<Exchange>> exchanges_;
  std::uint64_t exchanges_made_ = 0;
  std::size_t chains_open_ = 0;
  bool load_open_ = false;
  net::TimePoint load_last_;  // when the latest arrival was due
  net::TimePoint load_until_;
  net::Timer load_timer_;
  std::vector<Response> responses_;
};

}  // namespace badgate::harness
