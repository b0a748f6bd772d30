// Trial: what is played against a location: servers that fail in some way, and requests. As text, a
// scenario file; played, what clients got.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/change/seen.h"
#include "harness/nginx_conf/to_scenario.h"
#include "harness/run.h"
#include "net/result.h"

namespace badgate::harness::audit {

struct TrialRequest {
  std::string method = "GET";
  std::string path = "/";
  std::string host{};  // empty: any
  bool reuse = false;  // over the connection of the one before
  std::string name{};  // empty: none
  std::string more{};  // further lines in TOML: "upgrade = \"websocket\"\n"
};

enum class Whom : std::uint8_t { nobody, first, first_group };  // … of the location's own group

struct Trial {
  std::string fault;  // in TOML; empty: all is well
  Whom whom = Whom::first;
  bool spares_backups = false;
  bool upgrades = false;  // its requests ask for a WebSocket
  std::vector<nginx_conf::Line>
      server_lines{};  // what all servers of the location's group are like
  std::vector<TrialRequest> requests;
};

// Without expectations.
std::string scenario_text(const nginx_conf::Skeleton& skeleton, const Trial& trial,
                          const std::string& title);

// The same with the servers' faults as lines of the skeleton.
nginx_conf::Skeleton with_faults(nginx_conf::Skeleton skeleton, const Trial& trial);

// Whether it is not the page, but is sent as a success. `healthy` is what comes when all is well.
bool is_masked(const change::Answer& answer, const change::Answer& healthy);
// … because it is only the page's beginning, which is sent as if it were all of it. Else it is an
// error page.
bool is_short(const change::Answer& answer, const change::Answer& healthy);

// [[request]], or with a prefix [[remedy.fix.request]], each with what came of it as expectation
// where `seen` is not null.
std::string requests_text(const Trial& trial, const std::string& prefix, const change::Seen* seen,
                          const change::Answer& healthy = {});

struct Played : change::Seen {
  std::uint64_t connections = 0;  // that the location's servers accepted
};

struct PlayTrials {
  RunOptions run;
  unsigned jobs = 1;
};

// What comes of each text; the same text is played once. What cannot be loaded is `broken`, with
// the loader's words. An Error: interrupted, or no process could be made.
net::Result<std::vector<Played>> play(const std::vector<std::string>& texts,
                                      const PlayTrials& options);

}  // namespace badgate::harness::audit
