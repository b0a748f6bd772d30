// Recorder: gathers what happens during a run into an Outcome, in the order in which it happens.
#pragma once

#include <functional>
#include <string>

#include "harness/address_names.h"
#include "harness/outcome.h"
#include "net/loop.h"
#include "proxy/event.h"
#include "proxy/logs.h"

namespace badgate::harness {

class Recorder final : public proxy::LogSink {
 public:
  // What the proxy under test must write to its access log, so that it can be read back here and
  // still be shown to people: fields for the machine, then a line for the eye.
  static std::string log_format();

  // Sees every fact when it happens; of log lines, the addresses as they were written.
  using OnFact = std::function<void(const Fact&)>;

  explicit Recorder(net::Loop& loop) : loop_(loop) {}
  // Only shows: nothing is gathered, so that it may go on for ever (`badgate serve`).
  Recorder(net::Loop& loop, OnFact on_fact) : loop_(loop), on_fact_(std::move(on_fact)) {}

  AddressNames& names() { return names_; }
  Outcome& outcome() { return outcome_; }

  void fact(std::string who, std::string what);
  void proxy_event(const proxy::Event& event);
  void error_line(proxy::Level level, std::string_view line) override;
  void access_line(std::string_view line) override;
  // The same of a proxy whose lines its driver has read; addresses as they were written.
  void access_read(AccessEntry entry);
  void error_read(LogLine line);
  // From now on the times that `access_read` gets are so many times too short.
  void log_times_scaled(double by) { log_times_scaled_ = by; }
  // The proxy has ended or hangs: whatever else happened says nothing of the scenario.
  void proxy_failed(std::string why);
  // What belongs to the error line before it, which had a line feed within.
  void rest_of_error_line(std::string_view rest);

 private:
  net::Loop& loop_;
  OnFact on_fact_;
  AddressNames names_;
  Outcome outcome_;
  double log_times_scaled_ = 1;
};

// "2026/01/01 00:01:00 [error] 1#1: *1 message …" in its parts.
LogLine parse_error_line(std::string line);

// A line in `Recorder::log_format`; addresses as they stand in it.
AccessEntry parse_access_line(std::string_view line);

}  // namespace badgate::harness
