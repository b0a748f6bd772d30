// Scenario: a scenario file as plain data. load.h reads it, stage.h and drive.h act on it, judge.h
// compares its expectations with the Outcome.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fault_backends/backend.h"
#include "harness/processes/guardian.h"
#include "harness/processes/process_spec.h"
#include "net/time.h"
#include "proxy/settings.h"

namespace badgate::harness {

// Where something stands in a file; line and column count from 1.
struct Position {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

// A closed range of values; "60s" alone is widened by the clock's tolerance when judged.
template <typename T>
struct Range {
  std::optional<T> low;
  std::optional<T> high;
  bool exact = false;  // one value was written, not a range
};

struct ExpectedAttempt {
  std::optional<std::string> server;
  std::optional<int> status;
  std::optional<Range<net::Duration>> connect_time;  // absent in the outcome: "-"
  std::optional<Range<net::Duration>> header_time;
  std::optional<Range<net::Duration>> response_time;
  bool no_connect_time = false;  // connect_time = "-"
  bool no_header_time = false;
};

// What one request should come to. Whatever is not set is not judged.
struct ExpectedResponse {
  Position position;
  std::optional<int> status;
  std::optional<std::string> completeness;  // whole, cut, empty, raw
  std::optional<Range<std::uint64_t>> body_bytes;
  std::optional<std::string> body_hash;
  std::vector<std::string> body_contains;
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<std::string> connection_end;
  std::optional<Range<net::Duration>> elapsed;
  std::optional<std::vector<ExpectedAttempt>> attempts;
  std::optional<int> log_status;  // $status in the access log, where it differs (499, 009)
  std::map<std::string, Position> positions;  // of each key, for messages
};

struct ExpectedBackend {
  Position position;
  std::string name;
  std::optional<Range<std::uint64_t>> connections;
  std::optional<Range<std::uint64_t>> requests;
  std::optional<Range<std::uint64_t>> executed;
  std::optional<Range<std::uint64_t>> responses;
  std::vector<std::string> log_contains;  // each in some line of its own log
  std::map<std::string, Position> positions;
};

// What the whole run should come to.
struct ExpectedRun {
  Position position;
  // The proxy refuses its configuration, and this is part of its words. Nothing is requested then.
  std::optional<std::string> start_error;
  // Every line of the error log at level error and above, in order: each must begin with the text
  // that is expected of it (after date, pid and connection number). Empty list: nothing is logged.
  std::optional<std::vector<std::string>> error_log;
  std::vector<std::string> error_log_contains;  // at any level, in any order
  std::vector<std::string> access_log_contains;
  std::vector<ExpectedBackend> backends;
  std::map<std::string, Range<double>> share;  // of a load's responses: "502" → 0.005..0.015
  std::map<std::string, Range<net::Duration>> percentile;  // of a load: "p50", "p99"
  std::map<std::string, Position> positions;
};

struct Request {
  Position position;
  std::string name;
  std::string method = "GET";
  std::string path = "/";
  std::string http_version = "1.1";
  bool https = false;
  std::vector<std::pair<std::string, std::string>> headers;
  std::uint64_t body_bytes = 0;
  std::string body;                          // in place of body_bytes of pattern
  bool chunked = false;                      // the body's framing
  std::string data;                          // exactly these bytes, in place of all of the above
  std::optional<net::TimePoint> at;          // otherwise: after the one before it has ended
  net::Duration pause{};                     // … and so long after that
  unsigned repeat = 1;                       // one after the other
  unsigned concurrent = 1;                   // at the same moment
  bool reuse = false;                        // on the connection of the request before it
  std::optional<net::Duration> leave_after;  // the client closes so long after the request began
  std::optional<std::uint64_t> leave_after_bytes;  // … or after so many bytes of the body it sends
  std::optional<std::uint64_t> upload_rate;        // bytes a second
  std::optional<net::Duration> upload_pause;       // stops half-way through the body for so long
  std::optional<net::Duration> refresh_after;  // leaves and sends the same again, `refreshes` times
  unsigned refreshes = 1;
  std::string upgrade;                         // the protocol that it asks for; empty: none
  std::vector<std::string> messages;           // what it says in the tunnel
  std::optional<net::Duration> message_every;  // one each so often; otherwise all at once
  std::optional<std::uint64_t> download_rate;  // bytes a second that the client reads
  ExpectedResponse expect;
};

// What reports call the request at that place of a scenario.
std::string name_of(const Request& request, std::size_t index);

// Open-loop arrivals: requests are sent at their time, whether or not others have been answered.
struct Load {
  Position position;
  double rate = 1;  // a second
  net::Duration duration{};
  bool poisson = true;  // otherwise evenly spaced
  Request request;
};

struct BackendSpec {
  Position position;
  std::string name;  // "app[0]", "db"
  enum class Transport { tcp, tcp6, unix } transport = Transport::tcp;
  std::string calls;  // the name of the backend that it asks
  fault_backends::Settings settings;
  std::optional<processes::ProcessSpec> process;  // a real program in place of a fake server
  Position process_position;
  std::optional<std::size_t> upstream;  // the group it is a server of
  // "127.0.0.2", "127.0.0.3:{app[0].port}": where it listens; empty: at 127.0.0.1 (tcp) …
  std::string address;
  proxy::Server server;  // weight, max_fails … ; its address is filled in at staging
};

// A name and what it leads to: backends by their names, or loopback addresses.
using DnsRecords = std::vector<std::pair<std::string, std::vector<std::string>>>;

// A fake name server. The machine's own resolver, which a proxy asks at start, knows the same.
struct DnsSpec {
  Position position;
  std::string name;
  DnsRecords records;
  net::Duration ttl = std::chrono::seconds(30);
  bool rotate = false;
  std::vector<fault_backends::Fault> faults;
};

// Directives as they were written, for proxies other than ours: the top of [proxy], or a `server`
// or `location` block in it.
struct DirectiveBlock {
  std::string name;      // "server", "location"; empty: the top
  std::string argument;  // the names of a server; "/api/", "= /health" of a location
  std::vector<std::pair<std::string, std::string>> directives;  // what the block itself says
  std::vector<DirectiveBlock> blocks;
};

// Something done at a moment of the timeline.
struct TimelineEvent {
  Position position;
  net::TimePoint at;
  std::string after;      // in place of `at`: the request that must have ended; empty: none …
  net::Duration pause{};  // … and how long after that it happens
  std::string backend;    // whom it concerns; empty: the proxy
  enum class Kind { crash, restart, heal, fault, records, set, signal } kind = Kind::crash;
  std::vector<fault_backends::Fault> faults;        // for `fault`
  DnsRecords records;                               // for `records`
  DirectiveBlock directives;                        // for `set`
  int signal = 0;                                   // for `signal` …
  processes::Whom whom = processes::Whom::program;  // … and whom of a program it is for
};

// What a proxy other than nginx comes to, as a cell of the matrix says it: "503 3s SC--".
struct OnProxy {
  Position position;
  std::string text;
};

// What the file explains to people.
struct Explanation {
  std::string story;  // what happened, in a sentence or two
  std::string user_sees;
  std::string evidence;
  std::vector<std::string> helps;
  std::vector<std::string> does_not_help;
};

enum class ClockNeed { any, real, virtual_only };

struct Scenario {
  std::string file;
  std::string name;  // the path below the catalogue without ".toml", plus ":remedy" for a variant
  std::string title;
  std::string cause;              // "slow-application"
  std::vector<std::string> rows;  // of the catalogue of facts: "D1"
  std::vector<std::string> tags;
  Explanation explanation;
  std::map<std::string, Position> positions;  // of each key of the top level, for messages
  Position position;                          // the file's first line, or the remedy's header
  std::string remedy;                         // the variant's name; empty: the scenario itself
  std::string remedy_title;                   // what people do: "Raise proxy_read_timeout to 90 s"
  bool remedy_helps = false;

  ClockNeed clock = ClockNeed::any;
  net::Duration limit = std::chrono::hours(2);  // of modelled time, then the run is broken off
  proxy::Settings proxy;
  DirectiveBlock directives;   // of [proxy], as written; settings_of makes `proxy` of them …
  proxy::Settings proxy_base;  // … and of this: the groups, and where to pass requests
  std::vector<DirectiveBlock> groups;  // [group.NAME] as written; the argument is the name
  std::vector<BackendSpec> backends;
  std::vector<DnsSpec> dns;
  std::vector<Request> requests;
  std::optional<Load> load;
  std::vector<TimelineEvent> events;
  ExpectedRun expect;                 // of nginx, and of badgate's own proxy
  std::map<std::string, OnProxy> on;  // of others, by the names of their drivers
};

}  // namespace badgate::harness
