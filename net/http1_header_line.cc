#include "net/http1_header_line.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace badgate::net::http1 {

namespace {

constexpr std::size_t kUsualLine = 127;  // few are longer

enum class NameChar : std::uint8_t { usual, underscore, other, refused };

// What a byte means within a header's name.
constexpr std::array<NameChar, 256> name_chars = [] {
  std::array<NameChar, 256> table{};
  table.fill(NameChar::other);
  for (std::size_t c = 0; c <= ' '; ++c)
    table[c] = NameChar::refused;
  table[0x7f] = NameChar::refused;
  for (std::size_t c = '0'; c <= '9'; ++c)
    table[c] = NameChar::usual;
  for (std::size_t c = 'a'; c <= 'z'; ++c)
    table[c] = NameChar::usual;
  for (std::size_t c = 'A'; c <= 'Z'; ++c)
    table[c] = NameChar::usual;
  table['-'] = NameChar::usual;
  table['_'] = NameChar::underscore;
  return table;
}();

NameChar name_char(char c) {
  return name_chars[static_cast<unsigned char>(c)];
}

bool ends_value_run(char c) {
  return c == ' ' || c == '\r' || c == '\n' || c == '\0';
}

}  // namespace

HeaderLineScanner::Step HeaderLineScanner::scan(std::string_view bytes) {
  std::size_t consumed = 0;
  while (consumed < bytes.size()) {
    if (place_ == Place::start) begin_line();
    const std::string_view rest = bytes.substr(consumed);
    const std::size_t lf = rest.find('\n');
    const std::size_t from = line_.size();
    line_.append(rest.substr(0, lf == std::string_view::npos ? lf : lf + 1));
    if (from == 0 && take_usual_line()) return {State::line, consumed + line_.size()};
    Verdict verdict = Verdict::more;
    const std::size_t end = walk(from, verdict);
    consumed += end - from;
    if (verdict == Verdict::more) continue;  // the bytes are over, or a line was skipped
    line_.resize(end);
    if (verdict == Verdict::invalid) return {State::invalid, consumed};
    place_ = Place::start;
    return {verdict == Verdict::line ? State::line : State::end, consumed};
  }
  return {State::need_more, consumed};
}

void HeaderLineScanner::reset() {
  place_ = Place::start;
  begin_line();
}

std::string HeaderLineScanner::offence() const {
  const auto blamed = static_cast<unsigned char>(line_[value_end_]);
  return fmt::format("{}\\x{:02x}...", content(), blamed);
}

void HeaderLineScanner::begin_line() {
  line_.clear();
  if (line_.capacity() < kUsualLine) line_.reserve(kUsualLine);  // at once, not byte by byte
  name_end_ = value_start_ = value_end_ = 0;
  unusual_ = hashed_ = false;
}

// Nearly all lines are whole, and there is nothing to decide about any byte of theirs:
// "Name: value" CRLF. False: this one is not, or has not come completely.
bool HeaderLineScanner::take_usual_line() {
  const std::string_view line(line_);
  if (!line.ends_with("\r\n")) return false;
  const auto colon = std::find_if(line.begin(), line.end(),
                                  [](char c) { return name_char(c) != NameChar::usual; });
  if (colon == line.begin() || *colon != ':') return false;
  const auto name = static_cast<std::size_t>(colon - line.begin());
  std::size_t end = line.size() - 2;
  const std::size_t start = std::min(line.find_first_not_of(' ', name + 1), end);
  const std::string_view value = line.substr(start, end - start);
  if (value.find('\r') != value.npos || value.find('\0') != value.npos) return false;
  while (end > start && line[end - 1] == ' ')
    --end;
  name_end_ = name;
  value_start_ = start;
  value_end_ = end;
  hashed_ = true;
  return true;
}

// Reads line_ from `at` on, which holds no line end but maybe as its last byte. Returns where it
// stopped.
std::size_t HeaderLineScanner::walk(std::size_t at, Verdict& verdict) {
  for (;;) {
    at = skip_usual(at);
    if (at == line_.size()) return at;
    verdict = step(static_cast<unsigned char>(line_[at]), at);
    ++at;
    if (verdict != Verdict::more) return at;
  }
}

// Names and values are mostly runs of bytes that change nothing.
std::size_t HeaderLineScanner::skip_usual(std::size_t at) {
  if (place_ == Place::name) {
    while (at < line_.size() && name_char(line_[at]) == NameChar::usual) {
      hashed_ = true;
      ++at;
    }
  } else if (place_ == Place::value) {
    while (at < line_.size() && !ends_value_run(line_[at]))
      ++at;
  }
  return at;
}

HeaderLineScanner::Verdict HeaderLineScanner::step(unsigned char c, std::size_t at) {
  switch (place_) {
    case Place::start:
      return first_byte(c, at);
    case Place::name:
      return name_byte(c, at);
    case Place::before_value:
      return before_value_byte(c, at);
    case Place::value:
      return value_byte(c, at);
    case Place::after_value:
      return after_value_byte(c, at);
    case Place::skipped:
      if (c == '\n') place_ = Place::start;
      return Verdict::more;
    case Place::after_cr:  // nginx takes any number of CRs here, and blames the value's end
      if (c == '\n') return Verdict::line;
      return c == '\r' ? Verdict::more : Verdict::invalid;
    case Place::end_after_cr:
      return c == '\n' ? Verdict::end : Verdict::invalid;
  }
  return Verdict::invalid;
}

HeaderLineScanner::Verdict HeaderLineScanner::first_byte(unsigned char c, std::size_t at) {
  if (c == '\n') return Verdict::end;
  if (c == '\r') {
    place_ = Place::end_after_cr;
    return Verdict::more;
  }
  if (c == ':') return refuse(at);
  place_ = Place::name;
  return name_byte(c, at);
}

HeaderLineScanner::Verdict HeaderLineScanner::name_byte(unsigned char c, std::size_t at) {
  if (c == ':' || c == '\r' || c == '\n') {
    // A line without a colon is a header without a value.
    name_end_ = value_start_ = value_end_ = at;
    if (c == '\n') return Verdict::line;
    place_ = c == ':' ? Place::before_value : Place::after_cr;
    return Verdict::more;
  }
  if (c == '/' && rules_.skip_status_lines && at == 4 && line_.starts_with("HTTP")) {
    place_ = Place::skipped;
    return Verdict::more;
  }
  switch (name_chars[c]) {
    case NameChar::refused:
      return refuse(at);
    case NameChar::usual:
      hashed_ = true;
      break;
    case NameChar::underscore:
      if (rules_.underscores) {
        hashed_ = true;
      } else {
        unusual_ = true;
      }
      break;
    case NameChar::other:
      unusual_ = true;
      break;
  }
  return Verdict::more;
}

HeaderLineScanner::Verdict HeaderLineScanner::before_value_byte(unsigned char c, std::size_t at) {
  if (c == ' ') return Verdict::more;
  value_start_ = value_end_ = at;
  place_ = Place::value;
  return value_byte(c, at);
}

HeaderLineScanner::Verdict HeaderLineScanner::value_byte(unsigned char c, std::size_t at) {
  if (c == '\0') return refuse(at);
  if (c == ' ' || c == '\r' || c == '\n') value_end_ = at;
  if (c == '\n') return Verdict::line;
  if (c == '\r') place_ = Place::after_cr;
  if (c == ' ') place_ = Place::after_value;
  return Verdict::more;
}

HeaderLineScanner::Verdict HeaderLineScanner::after_value_byte(unsigned char c, std::size_t at) {
  if (c == '\0') return refuse(at);
  if (c == '\n') return Verdict::line;
  if (c == '\r') {
    place_ = Place::after_cr;
  } else if (c != ' ') {
    place_ = Place::value;
  }
  return Verdict::more;
}

HeaderLineScanner::Verdict HeaderLineScanner::refuse(std::size_t at) {
  value_end_ = at;
  return Verdict::invalid;
}

}  // namespace badgate::net::http1
