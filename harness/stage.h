// Stage: puts a scenario's backends and the proxy under test in place, plays the events of its
// timeline on them, and takes everything away again when it is destroyed.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fault_backends/backend.h"
#include "fault_backends/dns_server.h"
#include "harness/drivers/driver.h"
#include "harness/placeholders.h"
#include "harness/real_backends.h"
#include "harness/recorder.h"
#include "harness/scenario.h"
#include "harness/temp_folder.h"
#include "net/loop.h"
#include "net/result.h"
#include "net/rng.h"

namespace badgate::harness {

struct StageOptions {
  // Where the proxy listens and, if set, the first backend and those after it (`badgate serve`).
  net::Address proxy_address = net::Address::loopback();
  std::optional<std::uint16_t> first_backend_port;
  // Where these backends listen, whatever else says so: as in a stage before.
  std::map<std::string, net::Address, std::less<>> addresses = {};
  // What is put under test, which must outlive the stage; null: badgate's own proxy.
  const drivers::Driver* driver = nullptr;
  double time_scale = 1;  // the loop's clock against real time
  // Where faults that need routes of their own are played; must outlive the stage.
  net::NetworkNamespace* network = nullptr;
  // Becomes readable when starting is to be broken off: programs may take their time. -1: never.
  int interrupt_fd = -1;
  // Nothing on the loop connects to anybody but what this stage has put up, whatever the scenario
  // says; who tries breaks the run.
  bool own_servers_only = false;
};

class Stage {
 public:
  // All references must outlive it.
  static net::Result<std::unique_ptr<Stage>> set(net::Loop& loop, const Scenario& scenario,
                                                 net::Rng rng, Recorder& recorder,
                                                 const StageOptions& options = {});
  ~Stage();

  // Where clients should connect to.
  net::Address proxy_address() const;
  // See ProxyUnderTest::condition.
  std::string condition_of_proxy() const;
  // That of a backend, or of a name server; nothing if there is none of that name.
  std::optional<net::Address> address_of(std::string_view name) const;
  // Starts the clock of the scenario's events.
  void play_events();
  // The request of that name has ended: events that waited for it take their time from now.
  void request_ended(std::string_view name);
  // Does it now, whatever its time.
  void play(const TimelineEvent& event);
  // Whether real backends have written what is expected of them.
  bool logs_complete() const;
  // Adds what each backend saw to the outcome.
  void report();
  // Ends the programs, a bounded time. The Error: one had to be killed.
  net::Result<void> end_programs();

 private:
  Stage(net::Loop& loop, const Scenario& scenario, net::Rng rng, Recorder& recorder)
      : loop_(loop),
        scenario_(scenario),
        rng_(rng),
        recorder_(recorder),
        certificates_(loop.wall()),
        real_backends_(loop, recorder) {}

  void reach_own_servers_only();
  bool has_put_up(const net::Address& address) const;
  net::Result<void> start_backends(net::Rng rng, const StageOptions& options);
  net::Result<void> start_backend(std::size_t index, net::Rng rng, const StageOptions& options);
  net::Result<void> start_all_backends(net::Rng rng, const StageOptions& options);
  bool can_start(const BackendSpec& spec) const;
  net::Result<void> start_name_servers(net::Rng rng);
  AddressOf names_of_run() const;
  proxy::Hosts hosts_now() const;
  net::Result<net::Address> listen_address(std::size_t index, const StageOptions& options);
  std::optional<net::Address> place_of(std::size_t index, const StageOptions& options) const;
  net::Result<void> start_real_backends(net::Rng rng, const StageOptions& options);
  net::Result<void> start_proxy(const StageOptions& options);
  net::Result<std::string> folder();
  proxy::Settings settings_of_proxy(const DirectiveBlock& directives) const;
  net::Result<void> place_certificates(DirectiveBlock& directives);
  net::Result<drivers::Setup> setup_of_proxy();
  net::Result<const drivers::Driver*> driver_of(const StageOptions& options);
  void change_settings(const TimelineEvent& event);

  net::Loop& loop_;
  const Scenario& scenario_;
  net::Rng rng_;
  Recorder& recorder_;
  std::optional<TempFolder> folder_;
  fault_backends::Certificates certificates_;
  std::map<std::string, std::unique_ptr<fault_backends::Backend>, std::less<>> backends_;
  RealBackends real_backends_;
  std::map<std::string, std::unique_ptr<fault_backends::DnsServer>, std::less<>> name_servers_;
  DirectiveBlock directives_;  // the scenario's, changed by events
  net::Address proxy_listen_;
  double time_scale_ = 1;
  bool own_servers_only_ = false;
  std::unique_ptr<drivers::Driver> own_driver_;
  std::unique_ptr<drivers::ProxyUnderTest> proxy_;
  std::vector<net::Timer> events_;
};

}  // namespace badgate::harness
