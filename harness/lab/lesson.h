// Lesson: one lesson of the lab as plain data, and what a learner has done in it so far. A lesson
// is a scenario without requests, buttons that break it, buttons that send requests, directives
// that can be changed, and steps, each with a goal that is checked on what really happened.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/load/document.h"
#include "harness/scenario.h"
#include "net/time.h"

namespace badgate::harness::lab {

// A directive, or a property of the servers, that the learner may change.
struct Control {
  std::string id;
  std::string directive;  // the key that is set: "proxy_read_timeout"
  std::string label;
  std::string what;                 // what it does, a sentence
  std::string kind;                 // time, number, size, choice, switch
  std::string fallback;             // the value that the lesson begins with
  std::vector<std::string> values;  // the stops of a slider, in order; `fallback` is one of them
  std::string where = "proxy";      // the table of the scenario: "group.app", "upstream.app" …
};

struct Break {
  std::string id;
  std::string label;
  std::string what;          // what it does to the servers, a sentence
  std::vector<Node> events;  // [[event]] tables without their time
  std::vector<Node> heals;   // … and what undoes them
};

struct SampleRequest {
  std::string id;
  std::string label;
  Node table;  // the keys of its [[request]], but for name and pause

  std::string method() const;  // "GET", if nothing is said
  std::string path() const;    // "/"
};

// One thing that a learner or a walk does.
struct Action {
  enum class Kind { send, break_it, heal, wait } kind = Kind::send;
  std::string id;        // of the request, or of the break
  net::Duration time{};  // for `wait`

  bool operator==(const Action&) const = default;
};

using Settings = std::vector<std::pair<std::string, std::string>>;  // control id → value

// Everything that a learner has done: the state of the page, and the whole of it.
struct PlayState {
  Settings
      settings;  // in force from the beginning, also for what was sent before they were changed
  std::vector<Action> actions;
  std::uint64_t seed = 1;
};

// What has to be true of one request that was sent (of `times` of them), and of the whole play.
// Whatever is not set is not judged.
struct Goal {
  std::string sent;     // the request's id; empty: any
  std::string broken;   // this break was in force when it was sent
  bool healed = false;  // something had been broken, and nothing was any more
  std::optional<Range<std::uint64_t>>
      times;                  // how many sent requests are so; not set: at least one
  std::optional<int> status;  // of all its responses
  std::string completeness;   // of all its responses
  bool left = false;          // the client gave up
  std::optional<Range<net::Duration>> elapsed;  // of its longest response
  std::string tries;          // $upstream_status of its first response: "502, 200"
  std::optional<int> logged;  // $status of its first response in the access log
  std::optional<Range<std::uint64_t>> body_bytes;  // of its first response, as the client got it
  std::map<std::string, Range<std::uint64_t>> statuses;     // how many of its responses ended so
  std::vector<std::string> log;                             // each is in some line of the error log
  std::vector<std::string> no_log;                          // … and these are in none
  std::map<std::string, Range<std::uint64_t>> executed;     // by backend, in the whole play
  std::map<std::string, Range<std::uint64_t>> connections;  // by backend, in the whole play
  std::map<std::string, std::string> settings;              // control id → the value it must have
};

struct Step {
  std::string id;
  std::string text;
  std::string hint;
  Goal goal;
  // What leads there from where the step before it has left off: the settings that it changes, and
  // the actions that it adds; with `afresh` it begins with no actions.
  bool afresh = false;
  Settings walk_settings;
  std::vector<Action> walk;
};

struct Lesson {
  std::string id;  // its file's name: "02-nobody-listens"
  unsigned number = 0;
  std::string title;
  std::string family;  // a folder of scenarios/
  std::string summary;
  unsigned minutes = 5;
  std::vector<std::string> story;
  std::vector<std::string> debrief;
  std::vector<std::string> helps;
  std::vector<std::string> does_not_help;
  std::vector<std::string> scenarios;  // of the catalogue, that show the same
  Node scenario;                       // proxy, group, upstream, backend, dns: no requests
  std::vector<Break> breaks;
  std::vector<SampleRequest> requests;
  std::vector<Control> controls;
  std::vector<Step> steps;
};

}  // namespace badgate::harness::lab
