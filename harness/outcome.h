// Outcome: everything that a run left behind, as plain data. `judge` reads it and nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/time.h"

namespace badgate::harness {

// One line of the timeline: who did what when.
struct Fact {
  net::TimePoint at;
  std::string who;   // "client", "proxy", "app[0]"
  std::string what;  // "connects to app[0]", with stable names in place of ports and paths
};

enum class Completeness { whole, cut, empty, raw };  // raw: not HTTP, as HTTP/0.9
std::string_view to_string(Completeness completeness);

struct Response {
  std::string request;            // its name in the scenario, "request 1" if it has none
  std::size_t index = 0;          // of that request in the scenario
  std::uint16_t client_port = 0;  // with `nth`, the key to its line in the access log
  unsigned nth = 1;               // which request of its connection it was
  int status = 0;                 // 0: no status line came
  Completeness completeness = Completeness::empty;
  std::uint64_t body_bytes = 0;
  std::string body_hash;  // FNV-1a 64, hexadecimal
  std::string body;       // the first 64 KiB, for `body_contains`
  std::vector<std::pair<std::string, std::string>> headers;
  net::TimePoint started;
  net::Duration elapsed{};
  bool client_left = false;    // the client itself closed early
  std::string connection_end;  // "kept", "FIN", "RST", "left": how it ended for the client
};

// One try at an upstream server, after nginx's upstream state.
struct Attempt {
  std::string server;  // "app[0]", or the group's name when no server was left
  std::optional<int> status;
  std::optional<net::Duration> connect_time;
  std::optional<net::Duration> header_time;
  std::optional<net::Duration> response_time;
};

struct AccessEntry {
  std::string line;
  std::uint16_t client_port = 0;
  unsigned nth = 1;
  int status = 0;
  std::uint64_t body_bytes_sent = 0;
  net::Duration request_time{};
  std::vector<Attempt> attempts;
  std::string code;  // the proxy's own word for a failure: "sH--"; empty: it has none
};

// A line of the error log, with stable names in place of ports and paths.
struct LogLine {
  std::string level;    // "error"
  std::string message;  // what follows date, level, pid and connection number
  std::string whole;    // with its date and process
  std::string written;  // the same with the addresses as they were; empty: not known
  std::string code;     // the proxy's own number for it: "AH00898"; empty: it has none
};

struct BackendSeen {
  std::string name;
  std::uint64_t connections = 0;
  std::uint64_t requests = 0;        // read completely
  std::uint64_t executed = 0;        // handed to the application
  std::uint64_t responses = 0;       // sent completely
  std::vector<std::string> receipt;  // what was really on the wire, and by which mechanism
  std::vector<std::string> log;      // lines that it wrote itself, as a process does
  bool counted = true;               // false: a real program, of which only the log is known
};

struct Outcome {
  std::vector<Response> responses;
  std::vector<AccessEntry> access;
  std::vector<LogLine> error_log;
  std::vector<BackendSeen> backends;
  std::vector<Fact> timeline;
  bool real_clock = false;   // otherwise the virtual one
  net::Duration modelled{};  // how much time passed on the scenario's clock
  std::string start_error;   // why the proxy did not start, where that was expected
  std::string skipped;       // why it could not be run here; empty: it was run
  std::string broken;        // badgate itself failed; empty: it did not
};

// FNV-1a 64 over the timeline: equal for equal stories. Not part of one is how many bytes the kernel
// took for a client that does not read them.
std::string timeline_hash(const Outcome& outcome);

}  // namespace badgate::harness
