// Cell: what one scenario came to with one proxy, as the matrix shows it. Made from an Outcome,
// sent by workers as JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/outcome.h"
#include "net/result.h"

namespace badgate::harness::matrix {

// Responses that are alike.
struct Answer {
  int status = 0;  // 0: there was no status line
  Completeness completeness = Completeness::empty;
  bool client_left = false;
  std::uint64_t times = 0;
  net::Duration shortest{};
  net::Duration longest{};
  std::optional<unsigned> share;  // of all answers, in percent: where only that was written down

  bool same_kind(const Answer& other) const {
    return status == other.status && completeness == other.completeness &&
           client_left == other.client_left;
  }
};

struct Cell {
  std::vector<Answer> answers;     // in the order in which the first of each came
  std::uint64_t connections = 0;   // that servers saw
  std::uint64_t executed = 0;      // requests that applications worked on
  std::vector<std::string> codes;  // the proxy's own words for it, without those that mean success
  std::string start_error;         // it refused its configuration
  std::string skipped;             // why it was not played
  std::string broken;              // what failed in badgate, or in the proxy
  std::vector<Fact> timeline;

  bool played() const { return skipped.empty() && broken.empty(); }
};

Cell cell_of(const Outcome& outcome);

// "504 1m", "200 ×2, 502", "200 cut", "no answer 1m", "-": what clients got, in few letters.
std::string answers_text(const Cell& cell);
// The same with the proxy's own words behind it: "503 3s SC--".
std::string text_of(const Cell& cell);
// What such a text says: answers and codes. The Error says what cannot be read.
net::Result<Cell> parse_cell(std::string_view text);
// Whether clients got the same answers, as often and about as fast.
bool same_answers(const Cell& a, const Cell& b);
// Whether the proxy had the same words for it, in whatever order.
bool same_codes(const Cell& a, const Cell& b);

std::string to_json(const Cell& cell);
net::Result<Cell> cell_from_json(std::string_view json);

}  // namespace badgate::harness::matrix
