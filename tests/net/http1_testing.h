// For the tests of the codec: every input is read whole, byte by byte and in random pieces, and all
// must come to the same.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "net/http1.h"
#include "net/rng.h"

namespace badgate::net::http1::testing {

using Pieces = std::vector<std::string_view>;

inline std::vector<Pieces> cuttings(std::string_view bytes, Rng& rng) {
  std::vector<Pieces> all{{bytes}, {}};
  for (std::size_t i = 0; i < bytes.size(); ++i)
    all[1].push_back(bytes.substr(i, 1));
  Pieces random;
  for (std::size_t at = 0; at < bytes.size(); at += random.back().size()) {
    random.push_back(bytes.substr(at, 1 + rng.below(20)));
  }
  all.push_back(std::move(random));
  return all;
}

// `read` makes a string of what it reads from pieces. Returns what all cuttings came to.
template <typename Read>
std::string read_all_ways(std::string_view bytes, Read read) {
  Rng rng(bytes.size());
  std::string whole;
  bool first = true;
  for (const Pieces& pieces : cuttings(bytes, rng)) {
    const std::string outcome = read(pieces);
    if (first) whole = outcome;
    CHECK_MESSAGE(outcome == whole, "cut into ", pieces.size(), ": ", std::string(bytes));
    first = false;
  }
  return whole;
}

// One to three random edits of a valid message, with the bytes that mean something to a parser.
inline std::string mutate(std::string text, Rng& rng) {
  using namespace std::string_view_literals;
  constexpr std::string_view specials = "\r\n \t\0:_@\x80\x7f/%?#.;0f1-\x01"sv;
  for (std::uint64_t edits = 1 + rng.below(3); edits > 0 && !text.empty(); --edits) {
    const std::size_t at = rng.below(text.size());
    const char c = specials[rng.below(specials.size())];
    switch (rng.below(3)) {
      case 0:
        text.insert(at, 1, c);
        break;
      case 1:
        text[at] = c;
        break;
      default:
        text.erase(at, 1 + rng.below(3));
        break;
    }
  }
  return text;
}

inline std::string describe(const HeaderList& headers) {
  std::string text;
  for (const Header& header : headers) {
    text += header.name + "=" + header.value + (header.dropped ? "!" : "") + "|";
  }
  return text;
}

}  // namespace badgate::net::http1::testing
