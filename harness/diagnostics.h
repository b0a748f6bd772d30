// Diagnostics: the mistakes found in a scenario file, each with its place, and how they are shown.
// A Diagnostic owns all that is shown, so it outlives the file's text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario.h"

namespace badgate::harness {

// A stretch of one line; line and column count from 1, columns and length in characters. Line 0 is
// the file as a whole.
struct Place {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t length = 1;

  bool operator==(const Place&) const = default;
};

struct Diagnostic {
  Position position;
  std::uint32_t length = 1;
  std::string message;
  std::string expected;    // what should stand there: "a time such as 60s"; may be empty
  std::string suggestion;  // the nearest valid name; may be empty
  std::string excerpt;     // the line and the caret below it, ready to show; may be empty
};

// A mistake of the file as a whole.
Diagnostic about_file(std::string file, std::string message);

// "file:line:column: error: message", the line, the caret, what was expected, the nearest name;
// ends with a newline. Bytes that a terminal must not see are shown as <1B>, long lines are cut
// around the caret.
std::string to_text(const Diagnostic& diagnostic);
std::string to_text(std::span<const Diagnostic> diagnostics);

// "…" around text of a file, made safe to show and cut to a readable length.
std::string in_quotes(std::string_view text);

// Collects the mistakes of one file. At most `max_shown` come out, the rest is counted.
class Diagnostics {
 public:
  static constexpr std::size_t max_shown = 50;
  static constexpr std::size_t max_kept = 1000;  // before they are sorted

  // `source` is the text of the file and must outlive this.
  Diagnostics(std::string file, std::string_view source);

  void add(Place place, std::string message, std::string expected = {},
           std::string suggestion = {});

  // Mistakes that come up only under a remedy say so where they mark lines that are not the
  // remedy's own. An empty name ends it.
  void under_remedy(std::string name, std::vector<Place> own_places);

  Position position(Place place) const { return {file_, place.line, place.column}; }
  const std::string& file() const { return file_; }
  bool empty() const { return found_.empty(); }
  std::size_t count() const { return found_.size() + dropped_; }
  bool wants_more() const { return found_.size() < max_kept; }  // otherwise they are only counted

  // In the order of the file, with "… and N more" at the end if there were too many.
  std::vector<Diagnostic> take();

 private:
  std::string_view line_text(std::uint32_t line) const;
  bool known(const Place& place, const std::string& message) const;

  std::string file_;
  std::string_view source_;
  std::vector<std::size_t> line_starts_;
  std::vector<Diagnostic> found_;
  std::size_t dropped_ = 0;
  std::string remedy_;
  std::vector<Place> own_places_;
};

}  // namespace badgate::harness
