// ProcessBackend: a real program as a backend. It begins the program, sees when it listens, hands
// on what it writes, does to it what the timeline says, and ends it. It owns the Program.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/processes/line_reader.h"
#include "harness/processes/process_spec.h"
#include "harness/processes/program.h"
#include "net/address.h"
#include "net/loop.h"
#include "net/result.h"

namespace badgate::harness::processes {

class ProcessBackend {
 public:
  struct Settings {
    ProcessSpec spec;     // its placeholders are filled
    net::Address listen;  // where the program is to listen
    std::string folder;   // the run's own, removed also when badgate is killed
  };
  struct Callbacks {
    std::function<void(std::string what)> on_event;      // "listens", "exited with status 1"
    std::function<void(std::string_view line)> on_line;  // of its stdout and stderr
    std::function<void()> on_change;                     // see `has_listened` and `failure`
  };

  // Begins the program. `loop` must outlive it. The Error with code ENOTSUP: the program is not
  // installed here (a skip).
  static net::Result<std::unique_ptr<ProcessBackend>> start(net::Loop& loop, Settings settings,
                                                            Callbacks callbacks);
  ~ProcessBackend();
  ProcessBackend(const ProcessBackend&) = delete;
  ProcessBackend& operator=(const ProcessBackend&) = delete;

  const net::Address& address() const { return settings_.listen; }

  // It has listened. It may have ended since.
  bool has_listened() const { return has_listened_; }
  // Why it never listened; empty: it did, or still may.
  const std::string& failure() const { return failure_; }

  void crash();    // SIGKILL to all of its processes
  void restart();  // it is ended, if it still runs, and begun again
  void signal(int number, Whom whom);

  // Asks it to end; `wait_ended` waits for that, a bounded time. Afterwards nothing of it is left.
  // The Error: it did not listen to the request.
  void end();
  net::Result<void> wait_ended();
  // Takes what it has written until now.
  void drain();

 private:
  enum class State { starting, ready, gone };

  ProcessBackend(net::Loop& loop, Settings settings, Callbacks callbacks)
      : loop_(loop), settings_(std::move(settings)), callbacks_(std::move(callbacks)) {}

  net::Result<void> begin();
  void begin_again();
  void probe();
  void take_notices();
  void on_notice(const Notice& notice);
  void on_line(std::string_view line);
  void gone(std::string how);
  void fail(const std::string& how);
  std::string name() const { return settings_.spec.command.front(); }

  net::Loop& loop_;
  Settings settings_;
  Callbacks callbacks_;
  State state_ = State::starting;
  bool has_listened_ = false;
  bool begin_again_ = false;
  bool over_ = false;  // also its guardian is gone
  std::string failure_;
  std::vector<std::string> last_lines_;
  net::TimePoint begun_;
  std::unique_ptr<Program> program_;
  std::optional<LineReader> lines_;
  std::unique_ptr<net::Watch> notices_;
  net::Timer probe_;
};

}  // namespace badgate::harness::processes
