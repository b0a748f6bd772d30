// The report for people at a terminal: one line a scenario, the whole story of a failure, a
// summary.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "harness/verdict.h"

namespace badgate::harness::reports {

struct Style {
  bool colour = false;     // ANSI colours
  bool progress = false;   // a line that is rewritten in place
  bool timelines = false;  // of passed scenarios too
  // From the terminal, NO_COLOR and TERM.
  static Style detect(std::FILE* out);
};

// "    60.000  proxy   has answered 504", `who` padded to `width`; log lines stand out in colour.
std::string fact_line(const Fact& fact, std::size_t width, bool colour);

class Terminal {
 public:
  Terminal(std::FILE* out, Style style, std::size_t total)
      : out_(out), style_(style), total_(total) {}

  // Call in the order in which they should be shown. `rates` says how often what came out of a
  // scenario that ran several times.
  void add(const Verdict& verdict, std::string_view rates = {});
  // The last lines. `wall` is how long the whole run took.
  void finish(net::Duration wall, std::uint64_t seed);

 private:
  std::string paint(std::string_view text, const char* colour) const;
  void clear_progress();
  void show_progress();
  void headline(const Verdict& verdict);
  void mismatch(const Mismatch& mismatch);
  void timeline(const Verdict& verdict);
  void backends(const Verdict& verdict);
  void recap();

  std::FILE* out_;
  Style style_;
  std::size_t total_;
  std::size_t seen_ = 0;
  std::size_t passed_ = 0;
  std::size_t failed_ = 0;
  std::size_t skipped_ = 0;
  std::size_t broken_ = 0;
  std::size_t expectations_ = 0;
  std::size_t remedies_ = 0;
  net::Duration modelled_{};
  std::string hashes_;
  std::vector<std::string> bad_;  // what failed or broke, with its file
  bool progress_shown_ = false;
  bool gap_ = false;  // a blank line is due before the next scenario
};

}  // namespace badgate::harness::reports
