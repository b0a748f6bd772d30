// Process: what stands behind a Backend's address: the listener, the sessions, the plan of faults
// and the counts. It can be killed and started again, as a process can.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fault_backends/host.h"
#include "fault_backends/interference.h"
#include "fault_backends/presence.h"
#include "fault_backends/session.h"

namespace badgate::fault_backends {

class Process final : public Host {
 public:
  static net::Result<std::unique_ptr<Process>> start(net::Loop& loop, Settings settings,
                                                     net::Rng rng, OnEvent on_event);
  ~Process() override;

  const net::Address& address() const { return presence_->address(); }
  const std::vector<std::string>& receipt() const { return receipt_; }
  const std::vector<std::string>& log() const { return log_; }
  void crash(const std::string& why);
  void restart();
  void signal(int number, bool child);
  void set_faults(std::vector<Fault> faults);

  net::Loop& loop() override { return loop_; }
  const Settings& settings() const override { return settings_; }
  const std::shared_ptr<Plan>& plan() const override { return plan_; }
  const net::TlsContext* tls() const override { return tls_ ? &*tls_ : nullptr; }
  Counts& counts() override { return counts_; }
  std::uint64_t number_request() override { return ++requests_; }
  FpmPool* fpm() override { return fpm_ ? &*fpm_ : nullptr; }
  WorkerPool* workers() override { return workers_ ? &*workers_ : nullptr; }
  net::Duration draw_service_time() override;
  void tell(std::string what) override;
  void record(std::string what) override;
  void exit(const std::string& why, net::Duration restart_after) override;
  void over(std::uint64_t connection) override;

 private:
  Process(net::Loop& loop, Settings settings, net::Rng rng, OnEvent on_event);

  net::Result<void> prepare_tls();
  void make_plan(std::vector<Fault> faults);
  net::Result<void> take_place();  // listens, or what the plan says instead
  void plan_changes();
  void at_change();
  net::Result<void> interfere();  // begins and ends faults in the network
  void network_changed(Interference::Change change);
  void accepted(net::Connection connection);
  void make_fpm();
  void hold_listener();
  void cut(std::uint64_t connection);
  void write_log(std::string line);
  void guard_arrivals();
  void arrived();
  void let_in();

  net::Loop& loop_;
  Settings settings_;
  net::Rng rng_;
  net::Rng service_rng_;
  OnEvent on_event_;
  std::unique_ptr<Presence> presence_;
  std::optional<Interference> interference_;  // while it listens
  std::shared_ptr<Plan> plan_;
  std::optional<net::TlsContext> tls_;
  std::optional<WorkerPool> workers_;
  Counts counts_;
  std::uint64_t requests_ = 0;
  std::uint64_t plans_ = 0;
  std::vector<std::string> receipt_;
  std::vector<std::string> log_;
  std::uint64_t left_out_ = 0;
  bool running_ = false;
  const Fault* absent_ = nullptr;  // of plan_
  std::map<std::uint64_t, std::unique_ptr<Session>> sessions_;
  std::vector<std::unique_ptr<Session>>
      finished_;                          // destroyed by `cleaner_`, outside of themselves
  std::unique_ptr<net::Watch> arrivals_;  // while the listener is guarded
  bool held_ = false;                     // by a fault at Point::Kind::arrive
  std::optional<FpmPool> fpm_;
  net::Timer change_;
  net::Timer restart_;
  net::Timer gate_;
  net::Timer cleaner_;
};

}  // namespace badgate::fault_backends
