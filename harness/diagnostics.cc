#include "harness/diagnostics.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "harness/printable.h"

namespace badgate::harness {
namespace {

constexpr std::size_t kLineWidth = 100;  // of the file's text, in columns

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// The offset of the character number `index`, in UTF-8.
std::size_t offset_of(std::string_view line, std::size_t index) {
  std::size_t at = 0;
  while (at < line.size() && index > 0) {
    ++at;
    while (at < line.size() && continues_character(line[at]))
      ++at;
    --index;
  }
  return at;
}

// Part of a line, as it is shown.
struct Shown {
  std::vector<Glyph> glyphs;
  std::size_t caret = 0;  // index into glyphs
  bool more_before = false;
  bool more_after = false;
};

std::size_t width_of(const std::vector<Glyph>& line, std::size_t from, std::size_t to) {
  std::size_t width = 0;
  for (std::size_t i = from; i < to; ++i)
    width += line[i].width;
  return width;
}

// The neighbourhood of the caret: so few bytes that the longest line costs nothing.
Shown neighbourhood(std::string_view line, std::size_t column) {
  constexpr std::size_t reach = 4 * kLineWidth;
  const std::size_t caret = offset_of(line, column);
  std::size_t from = caret > reach ? caret - reach : 0;
  while (from < caret && continues_character(line[from]))
    ++from;
  std::size_t to = std::min(line.size(), caret + reach);
  while (to > caret && to < line.size() && continues_character(line[to]))
    --to;
  Shown shown;
  shown.glyphs = glyphs(line.substr(from, to - from));
  shown.caret = glyphs(line.substr(from, caret - from)).size();
  shown.more_before = from > 0;
  shown.more_after = to < line.size();
  return shown;
}

// Narrows it to what fits, the caret in the middle if need be.
Shown fitted(Shown shown) {
  std::vector<Glyph>& line = shown.glyphs;
  std::size_t from = shown.caret;
  while (from > 0 && width_of(line, from, shown.caret) < kLineWidth / 2)
    --from;
  std::size_t to = from;
  while (to < line.size() && width_of(line, from, to) < kLineWidth)
    ++to;
  while (from > 0 && width_of(line, from, to) < kLineWidth)
    --from;
  shown.more_before = shown.more_before || from > 0;
  shown.more_after = shown.more_after || to < line.size();
  shown.caret -= from;
  line = std::vector<Glyph>(line.begin() + static_cast<std::ptrdiff_t>(from),
                            line.begin() + static_cast<std::ptrdiff_t>(to));
  return shown;
}

std::string marks(const Shown& shown, std::size_t length) {
  const std::size_t indent = width_of(shown.glyphs, 0, shown.caret) + (shown.more_before ? 1 : 0);
  const std::size_t end = std::min(shown.caret + length, shown.glyphs.size());
  const std::size_t under = width_of(shown.glyphs, shown.caret, end);
  return std::string(indent, ' ') + '^' + std::string(under > 1 ? under - 1 : 0, '~');
}

std::string excerpt(std::string_view line, const Place& place) {
  const Shown shown = fitted(neighbourhood(line, place.column > 0 ? place.column - 1 : 0));
  std::string text = shown.more_before ? "…" : "";
  for (const Glyph& glyph : shown.glyphs)
    text += glyph.shown;
  if (shown.more_after) text += "…";
  return fmt::format("{:>5} | {}\n      | {}\n", place.line, text, marks(shown, place.length));
}

}  // namespace

Diagnostic about_file(std::string file, std::string message) {
  Diagnostic diagnostic;
  diagnostic.position.file = std::move(file);
  diagnostic.message = std::move(message);
  return diagnostic;
}

std::string to_text(const Diagnostic& diagnostic) {
  const Position& at = diagnostic.position;
  std::string out = printable(at.file);
  if (at.line > 0) out += fmt::format(":{}:{}", at.line, at.column);
  out += fmt::format(": error: {}\n", printable(diagnostic.message));
  out += diagnostic.excerpt;
  if (!diagnostic.expected.empty()) {
    out += fmt::format("      = expected {}\n", printable(diagnostic.expected, 2000));
  }
  if (!diagnostic.suggestion.empty()) {
    out += fmt::format("      = did you mean `{}`?\n", printable(diagnostic.suggestion));
  }
  return out;
}

std::string to_text(std::span<const Diagnostic> diagnostics) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics)
    out += to_text(diagnostic);
  return out;
}

std::string in_quotes(std::string_view text) {
  return '"' + printable(text, 60) + '"';
}

Diagnostics::Diagnostics(std::string file, std::string_view source)
    : file_(std::move(file)), source_(source) {
  line_starts_.push_back(0);
  for (std::size_t at = source.find('\n'); at != std::string_view::npos;
       at = source.find('\n', at + 1)) {
    line_starts_.push_back(at + 1);
  }
}

std::string_view Diagnostics::line_text(std::uint32_t line) const {
  if (line == 0 || line > line_starts_.size()) return {};
  const std::string_view rest = source_.substr(line_starts_[line - 1]);
  std::string_view text = rest.substr(0, rest.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

bool Diagnostics::known(const Place& place, const std::string& message) const {
  return std::any_of(found_.begin(), found_.end(), [&](const Diagnostic& d) {
    return d.position.line == place.line && d.position.column == place.column &&
           d.message == message;
  });
}

void Diagnostics::add(Place place, std::string message, std::string expected,
                      std::string suggestion) {
  if (!wants_more()) {
    ++dropped_;
    return;
  }
  if (known(place, message)) return;
  const bool own = std::find(own_places_.begin(), own_places_.end(), place) != own_places_.end();
  if (!remedy_.empty() && !own) {
    message += fmt::format(" (with the remedy {})", in_quotes(remedy_));
    if (known(place, message)) return;
  }
  found_.push_back({position(place), place.length, std::move(message), std::move(expected),
                    std::move(suggestion), ""});
}

void Diagnostics::under_remedy(std::string name, std::vector<Place> own_places) {
  remedy_ = std::move(name);
  own_places_ = std::move(own_places);
}

std::vector<Diagnostic> Diagnostics::take() {
  std::stable_sort(found_.begin(), found_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.position.line, a.position.column) <
           std::tie(b.position.line, b.position.column);
  });
  std::vector<Diagnostic> out = std::exchange(found_, {});
  if (out.size() > max_shown) {
    dropped_ += out.size() - max_shown;
    out.resize(max_shown);
  }
  if (dropped_ > 0) {
    out.push_back(about_file(file_, fmt::format("… and {} more", dropped_)));
  }
  std::set<std::string> lists;  // a long list of what is expected is shown once a file
  for (Diagnostic& diagnostic : out) {
    if (diagnostic.expected.size() > 100 && !lists.insert(diagnostic.expected).second)
      diagnostic.expected.clear();
    const Position& at = diagnostic.position;
    if (at.line > 0)
      diagnostic.excerpt = excerpt(line_text(at.line), {at.line, at.column, diagnostic.length});
  }
  dropped_ = 0;
  return out;
}

}  // namespace badgate::harness
