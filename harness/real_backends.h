// RealBackends: the backends of a scenario that are real programs: they are started side by side,
// and what they write is kept. The stage has one.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/processes/process_backend.h"
#include "harness/recorder.h"
#include "harness/scenario.h"
#include "net/loop.h"
#include "net/result.h"

namespace badgate::harness {

class RealBackends {
 public:
  // Both must outlive it.
  RealBackends(net::Loop& loop, Recorder& recorder) : loop_(loop), recorder_(recorder) {}
  ~RealBackends();
  RealBackends(const RealBackends&) = delete;
  RealBackends& operator=(const RealBackends&) = delete;

  // Begins the program of `spec`, which is to listen at `listen`, with its files in a folder of its
  // own below `folder`. The Error with code ENOTSUP: it is not installed here (a skip).
  net::Result<void> begin(const BackendSpec& spec, const net::Address& listen,
                          const std::string& folder);
  // Runs the loop until all of them listen. The Error: one never will, or `interrupt_fd` became
  // readable (kInterrupted).
  net::Result<void> wait_until_ready(int interrupt_fd);

  // `block` with the folders of this run where it names those of the scenario (ProcessSpec::root).
  DirectiveBlock with_folders(DirectiveBlock block) const;

  bool has(std::string_view name) const { return backends_.contains(name); }
  const net::Address* address_of(std::string_view name) const;
  void play(const TimelineEvent& event);

  // Whether each has written what is expected of it; a line may come a moment after the response.
  bool has_written(const std::vector<ExpectedBackend>& expected) const;
  // Adds what they wrote to the outcome.
  void report(const std::string& name);
  // Ends all of them. The Error: one did not listen to the request, and was killed.
  net::Result<void> end();

 private:
  struct Entry {
    std::unique_ptr<processes::ProcessBackend> backend;
    std::string root;
    std::string folder;
    std::vector<std::string> log;
  };

  void on_line(const std::string& name, std::string_view line);
  bool all_settled() const;

  net::Loop& loop_;
  Recorder& recorder_;
  std::map<std::string, Entry, std::less<>> backends_;
  bool waiting_ = false;
};

}  // namespace badgate::harness
