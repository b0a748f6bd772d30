// Rules: which lines speak of which causes. Tables of data; the first rule that fits counts, as in
// the decision tables. Hints then order the suspects of that rule.
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "harness/diagnosis/signs.h"

namespace badgate::harness::diagnosis {

// What a line means for the lines around it.
enum class Role : unsigned char {
  plain,
  refused,           // a connection was refused
  died,              // the upstream closed or reset in place of an answer
  timed_out,         // the upstream was too slow
  too_big,           // its header was too big
  disabled,          // "temporarily disabled": a consequence of the line beside it
  no_live,           // "no live upstreams": a consequence of the failures before it
  auth_status,       // "auth request unexpected status": of its subrequest's line
  script_words,      // "FastCGI sent in stderr"
  no_output,         // … and what came of it
  not_resolved,      // a name was not resolved in time
  resolver_refused,  // what the resolver said before
  wrong_ident,
  short_answer,
  format_error,
  children_busy,  // what PHP-FPM says
  script_ended,
  child_died,
};

struct Rule {
  // How the message or code begins; '*' is anything. Empty: any.
  std::string_view message;
  std::string_view action;                      // how the action begins
  std::array<Sign, 5> when{};                   // all of them must hold
  std::string_view means;                       // what the line says, in plain words
  std::array<std::string_view, 14> suspects{};  // ids of known causes, the likeliest first
  Role role = Role::plain;

  // `text` is the line's message, or its code, or both ("AH00957: attempt …").
  bool fits(std::string_view text, const Case& c) const;
};

// What speaks for or against one suspect beside the rule.
struct Hint {
  std::string_view id;
  Sign sign;
  int weight;              // a step in the order is 10; kImpossible removes the suspect
  std::string_view words;  // why, if it is positive
};
inline constexpr int kImpossible = -1000;

// nginx's error log, in four files by the way of a request; asked in this order.
std::span<const Rule> error_rules_connecting();
std::span<const Rule> error_rules_tls();
std::span<const Rule> error_rules_answer();
std::span<const Rule> error_rules_local();

std::span<const Rule> access_rules();
std::span<const Rule> haproxy_rules();
std::span<const Rule> envoy_rules();
std::span<const Rule> apache_rules();
std::span<const Rule> php_fpm_rules();

// Those of a log, in the order in which they are asked.
std::vector<std::span<const Rule>> rules_of(evidence::Source source);
// The first that fits; null: none.
const Rule* find_rule(const Case& c);

std::span<const Hint> hints();

// Whether `text` begins with the pattern; '*' stands for anything.
bool begins_like(std::string_view text, std::string_view pattern);

}  // namespace badgate::harness::diagnosis
