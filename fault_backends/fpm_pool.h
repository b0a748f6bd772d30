// FpmPool: a model of one pool of PHP-FPM: a master and its children. A child accepts one
// connection at a time and works on it alone; connections beyond them wait in the kernel's queue.
// The master starts, replaces and kills children and writes php-fpm's log, in the words of
// php-fpm 8.2 (sapi/fpm/fpm: fpm_children.c, fpm_process_ctl.c, fpm_request.c), measured there.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "net/loop.h"
#include "net/time.h"

namespace badgate::fault_backends {

// Named and preset as in php-fpm's pool configuration; 0 turns off what can be turned off.
struct FpmSettings {
  // `constant` is what php-fpm calls static.
  enum class Manager { constant, dynamic, ondemand } manager = Manager::constant;
  std::uint64_t max_children = 5;
  std::uint64_t start_servers = 2;
  std::uint64_t min_spare_servers = 1;
  std::uint64_t max_spare_servers = 3;
  net::Duration process_idle_timeout = std::chrono::seconds(10);
  std::uint64_t max_requests = 0;
  net::Duration request_terminate_timeout{};
  net::Duration request_slowlog_timeout{};
  std::uint64_t emergency_restart_threshold = 0;
  net::Duration emergency_restart_interval{};
  net::Duration process_control_timeout{};
  std::string status_path;
  // Of php.ini.
  net::Duration max_execution_time = std::chrono::seconds(30);
  std::uint64_t memory_limit = 128 * 1024 * 1024;
  // Of the scripts.
  std::string root;              // where they are; empty: wherever they are looked for
  net::Duration compute_time{};  // what counts towards max_execution_time; service_time does not
  std::uint64_t script_memory = 0;
};

class FpmPool {
 public:
  struct Actions {
    std::function<void(std::string line)> log;              // "NOTICE: ready to handle …"
    std::function<void(std::uint64_t connection)> cut;      // its child is gone
    std::function<void()> changed;                          // see may_accept
    std::function<std::optional<unsigned>()> listen_queue;  // nothing: nobody can tell (unix)
  };
  // What a child works on.
  struct Request {
    std::string method;
    std::string uri;
    std::string script;
  };

  // All must outlive it. The pool is not running until `start`.
  FpmPool(net::Loop& loop, const FpmSettings& settings, int backlog, Actions actions);

  void start();
  void stop();  // master and children are gone, without a word
  // SIGUSR2 to the master: children end, at once or with process_control_timeout when they have
  // answered, and the pool starts anew at the same socket.
  void reload();
  void kill_master();                 // the children work on, and nobody replaces them
  void kill_child(int signal);        // the one that has lived longest
  void say_goodbye(bool gracefully);  // what the log says when the master ends; see `stop`

  // Whether a child would take a connection now; otherwise it has to wait in the kernel's queue.
  bool may_accept() const;
  // The master was killed, and the last child is gone, too: nobody holds the socket any more.
  bool is_gone() const { return orphaned_ && children_.empty(); }
  void accepted(std::uint64_t connection);
  void request_begins(std::uint64_t connection, Request request);
  void released(std::uint64_t connection);  // the connection is over
  void child_dies(std::uint64_t connection, int signal);
  // A connection waits and no child is free: what an ondemand pool's master notices at once.
  void queue_grows();

  const FpmSettings& settings() const { return settings_; }
  std::string status_text() const;
  std::string status_json() const;

 private:
  struct Child {
    net::TimePoint started;
    net::TimePoint last_active;
    std::uint64_t connection = 0;  // 0: idle
    net::TimePoint accepted;
    std::optional<Request> request;
    std::uint64_t requests = 0;
    bool slow_logged = false;
  };
  using Children = std::map<std::uint64_t, Child>;  // by pid

  void fork(std::uint64_t count, bool tell);
  void begin_timers();
  void tick();
  void manage_dynamic();
  void manage_ondemand();
  void heartbeat();
  bool terminates(std::uint64_t pid, const Child& child);
  void check_slow(std::uint64_t pid, Child& child);
  void bury(std::uint64_t pid, const std::string& how, bool failed);
  void end_child(std::uint64_t pid, int signal);
  void emergency();
  void reload_if_alone();
  void start_anew();
  void warn_full(std::string_view setting);
  void note_activity();
  Children::iterator find(std::uint64_t connection);
  std::uint64_t idle() const;
  std::uint64_t active() const { return children_.size() - idle(); }
  std::uint64_t oldest_idle() const;
  std::string named(std::uint64_t pid) const;
  std::string described(std::uint64_t pid, const Child& child) const;
  void notice(const std::string& what) { actions_.log("NOTICE: " + what); }
  void warn(const std::string& what) { actions_.log("WARNING: " + what); }

  net::Loop& loop_;
  const FpmSettings& settings_;
  int backlog_;
  Actions actions_;
  bool master_ = false;
  bool reloading_ = false;
  bool orphaned_ = false;
  Children children_;
  std::uint64_t master_pid_ = 0;
  std::uint64_t pids_ = 999;
  bool warned_full_ = false;
  std::uint64_t spawn_rate_ = 1;
  std::deque<net::TimePoint> crashes_;
  net::Timer tick_;
  net::Timer heartbeat_;
  net::Timer reload_;
  // For the status page.
  net::TimePoint started_;
  std::uint64_t accepted_ = 0;
  std::uint64_t max_active_ = 0;
  std::uint64_t times_full_ = 0;
  std::uint64_t slow_ = 0;
  unsigned max_queue_ = 0;
};

}  // namespace badgate::fault_backends
