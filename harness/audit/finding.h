// Finding: something in a configuration that does harm when servers fail, where it is said, and the
// change that cures it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/audit/trial.h"
#include "harness/nginx_conf/site.h"

namespace badgate::harness::audit {

// In rising order.
enum class Severity : std::uint8_t { low, medium, high };
std::string_view to_string(Severity severity);

// One directive to be written.
struct Fix {
  enum class Where : std::uint8_t {
    location,     // in the location, or around it
    group,        // in the upstream block
    server_line,  // a parameter of each of its `server` lines
    prose,        // `value` is all there is to say
  };
  Where where = Where::location;
  std::string directive;
  std::string value;

  bool operator==(const Fix&) const = default;
};

// As a line of nginx.conf.
std::string to_text(const Fix& fix);

struct Finding {
  std::string id;  // "stuck-server"
  Severity severity = Severity::low;
  std::string title;   // in plain words, one line
  std::string detail;  // what happens and why, a few sentences
  Position at;
  std::vector<Position> others;  // where the same is said again
  std::string said;              // the directive at that place, or nginx's default
  bool is_default = false;       // `at` is then whom the location passes to: where it can be said
  std::vector<Fix> fixes;
  std::vector<std::string> places;  // "shop.example location /api/"
  nginx_conf::LocationRef ref;      // the first of them
  std::string shown_by;             // a scenario of the catalogue that shows the cause
  change::Answer healthy{};         // when all is well
  bool counts_connections = false;  // they are what the trial shows
  std::optional<Trial> trial;       // what shows it here; it is played again with the fixes

  // Once that was played:
  std::string before;    // what users see, in words
  std::string after;     // … with the fixes
  std::string scenario;  // the file that proves both; empty: there is none
};

}  // namespace badgate::harness::audit
