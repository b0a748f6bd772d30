// File: a configuration of HAProxy as it is written, sections with their lines. Plain data; what it
// means is site.h.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "harness/diagnostics.h"
#include "harness/haproxy_cfg/words.h"
#include "harness/scenario.h"

namespace badgate::harness::haproxy_cfg {

struct Line {
  std::vector<Word> words;  // empty: a comment, or nothing
  std::string text;         // as it is written, without its end, which a '\r' is, too
  Position position;        // of its first word
  // False: it is in a branch of `.if` that is not taken here, or one of those macros itself. The
  // first branch is always taken: conditions are the machine's.
  bool active = true;

  // The text of a word, from 0; empty: there are not so many.
  std::string_view word(std::size_t n) const {
    return n < words.size() ? std::string_view(words[n].text) : std::string_view();
  }
  // The same as it is written, with its quotes.
  std::string_view raw(std::size_t n) const {
    return n < words.size() ? std::string_view(text).substr(words[n].begin, words[n].bytes)
                            : std::string_view();
  }
};

struct Section {
  std::string kind;  // "frontend"; empty: what stands in front of the first one
  std::string name;  // may be empty
  std::string from;  // the `defaults` that it is said to be from; empty: the last ones
  Line header;
  std::vector<Line> lines;

  Position position() const { return header.position; }
};

struct File {
  std::string path;  // as it was named: a file, or a folder of *.cfg
  std::vector<Section> sections;
  std::vector<Diagnostic> diagnostics;  // empty: nothing that HAProxy would refuse was seen

  bool ok() const { return diagnostics.empty(); }
};

// What is read at most; a mistake is told beyond.
inline constexpr std::size_t max_file_size = std::size_t{16} << 20;  // of all files together
inline constexpr std::size_t max_files = 500;
inline constexpr std::size_t max_lines = 300'000;

// Reads a file, "-" for standard input, or all *.cfg of a folder in the order of their names, as
// `haproxy -f` does. Mistakes are told all at once, what is known of keywords included (check.h).
File read(const std::string& path);

// The same of a text that stands in `path`.
File read_text(std::string_view text, const std::string& path);

}  // namespace badgate::harness::haproxy_cfg
