#include "harness/nginx_conf/lexer.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "harness/printable.h"

namespace badgate::harness::nginx_conf {
namespace {

constexpr std::size_t kMostErrors = 100;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// "\"", "\'", "\\", "\t", "\r" and "\n"; other backslashes stay.
std::string unescaped(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const char next = raw[i] == '\\' && i + 1 < raw.size() ? raw[i + 1] : '\0';
    switch (next) {
      case '"':
      case '\'':
      case '\\':
        out += next;
        ++i;
        break;
      case 't':
        out += '\t';
        ++i;
        break;
      case 'r':
        out += '\r';
        ++i;
        break;
      case 'n':
        out += '\n';
        ++i;
        break;
      default:
        out += raw[i];
    }
  }
  return out;
}

std::uint32_t characters(std::string_view text) {
  std::uint32_t count = 0;
  for (const char c : text)
    count += continues_character(c) ? 0 : 1;
  return count;
}

// The end of "[[", "[=[" … at `at`, or npos: none begins there.
std::size_t end_of_long_bracket(std::string_view text, std::size_t at) {
  std::size_t level = at + 1;
  while (level < text.size() && text[level] == '=')
    ++level;
  if (level >= text.size() || text[level] != '[') return text.npos;
  const std::string close = "]" + std::string(level - at - 1, '=') + "]";
  const std::size_t end = text.find(close, level);
  return end == text.npos ? text.size() : end + close.size();
}

std::size_t end_of_lua_string(std::string_view text, std::size_t at) {
  const char quote = text[at++];
  while (at < text.size() && text[at] != quote && text[at] != '\n')
    at += text[at] == '\\' ? 2 : 1;
  return std::min(at + 1, text.size());
}

// What Lua does not read as code: a string or a comment that begins at `at`; its end, or `at`.
std::size_t after_lua_text(std::string_view text, std::size_t at) {
  const char c = text[at];
  if (c == '"' || c == '\'') return end_of_lua_string(text, at);
  if (c == '[') {
    const std::size_t end = end_of_long_bracket(text, at);
    return end == text.npos ? at : end;
  }
  if (c != '-' || at + 1 >= text.size() || text[at + 1] != '-') return at;
  if (at + 2 < text.size() && text[at + 2] == '[') {
    const std::size_t end = end_of_long_bracket(text, at + 2);
    if (end != text.npos) return end;
  }
  return std::min(text.find('\n', at), text.size());
}

}  // namespace

char Lexer::take() {
  const char c = text_[at_++];
  if (c == '\n') {
    ++line_;
    column_ = 1;
  } else if (at_ >= text_.size() || !continues_character(text_[at_])) {
    ++column_;
  }
  return c;
}

void Lexer::add_error(Place place, std::string message, std::string expected) {
  if (errors_.size() < kMostErrors)
    errors_.push_back({place, std::move(message), std::move(expected)});
}

// nginx's buffer has no room for a byte that follows so many.
bool Lexer::too_long(std::size_t start, const Place& place, char quote) {
  if (at_ - start < longest_word || at_ >= text_.size()) return false;
  add_error(
      place,
      quote != '\0'
          ? fmt::format("too long parameter, probably missing terminating \"{}\" character", quote)
          : fmt::format("too long parameter \"{}...\" started", printable(text_.substr(start, 10))),
      "at most 4095 bytes");
  stopped_ = true;
  return true;
}

bool Lexer::skip_comment() {
  const std::size_t start = at_;
  const Place place = here();
  while (at_ < text_.size()) {
    if (too_long(start, place, '\0')) return false;
    if (take() == '\n') break;
  }
  return true;
}

void Lexer::skip_space() {
  while (at_ < text_.size()) {
    if (is_space(text_[at_])) {
      take();
    } else if (text_[at_] == '#') {
      if (!skip_comment()) return;
    } else {
      return;
    }
  }
}

Word Lexer::quoted_word(char quote) {
  Word word;
  word.quoted = true;
  word.place = here();
  const std::size_t opening = at_;
  take();
  const std::size_t start = at_;
  while (at_ < text_.size()) {
    if (too_long(start, word.place, quote)) break;
    const char c = take();
    if (c == quote) {
      word.text = unescaped(text_.substr(start, at_ - 1 - start));
      word.place.length = characters(text_.substr(opening, at_ - opening));
      too_long(start, word.place, '\0');
      return word;
    }
    if (c == '\\' && at_ < text_.size()) take();
  }
  unclosed_ = word.place;
  word.text = unescaped(text_.substr(start, at_ - start));
  return word;
}

// "${name}" has a '{' that opens no block.
Word Lexer::plain_word() {
  Word word;
  word.place = here();
  const std::size_t start = at_;
  bool variable = false;
  while (at_ < text_.size() && !too_long(start, word.place, '\0')) {
    const char c = text_[at_];
    const bool brace = c == '{' && !(variable && at_ > start);
    if (is_space(c) || c == ';' || brace) break;
    if (c != '{') variable = c == '$';
    take();
    if (c == '\\' && at_ < text_.size()) take();
  }
  const std::string_view raw = text_.substr(start, at_ - start);
  word.text = unescaped(raw);
  word.place.length = characters(raw);
  return word;
}

// A space, ';' or '{' must follow; a ')' may, as in `if ($a = "b")`.
void Lexer::after_quotes() {
  if (at_ >= text_.size()) return;
  const char c = text_[at_];
  if (is_space(c) || c == ';' || c == '{' || c == '}' || c == ')') return;
  add_error(here(), fmt::format("unexpected \"{}\"", printable(text_.substr(at_, 1))),
            "a space or \";\" after the closing quote");
}

std::optional<Statement::End> Lexer::ending(Statement& statement) {
  const char c = text_[at_];
  if (c != ';' && c != '{' && c != '}') return std::nullopt;
  statement.place = here();
  if (c == '}') {
    if (statement.words.empty()) {
      take();
      return Statement::End::block_end;
    }
    // The ';' before it is missing: the next statement is this '}'.
    add_error(statement.place, "unexpected \"}\"", "\";\" before it");
    return Statement::End::semicolon;
  }
  take();
  if (statement.words.empty())
    add_error(statement.place, fmt::format("unexpected \"{}\"", c), "a directive's name");
  return c == ';' ? Statement::End::semicolon : Statement::End::block;
}

Statement Lexer::next() {
  Statement statement;
  while (true) {
    skip_space();
    if (stopped_ || at_ >= text_.size()) break;
    if (const auto end = ending(statement)) {
      statement.end = *end;
      return statement;
    }
    const char c = text_[at_];
    if (c == '"' || c == '\'') {
      statement.words.push_back(quoted_word(c));
      if (!stopped_) after_quotes();
    } else {
      statement.words.push_back(plain_word());
    }
  }
  statement.place = here();
  if (!statement.words.empty() && !stopped_) {
    add_error(statement.place, "unexpected end of file, expecting \";\" or \"}\"",
              unclosed_ ? fmt::format("the end of the text in quotes that begins in line {}",
                                      unclosed_->line)
                        : "");
  }
  statement.words.clear();
  stopped_ = true;
  return statement;
}

std::string_view Lexer::lua_block() {
  const std::size_t start = at_;
  const Place opening = here();
  std::size_t depth = 1;
  while (at_ < text_.size()) {
    const std::size_t end = after_lua_text(text_, at_);
    if (end > at_) {
      while (at_ < end)
        take();
      continue;
    }
    const char c = take();
    if (c == '{') ++depth;
    if (c == '}' && --depth == 0) return text_.substr(start, at_ - 1 - start);
  }
  add_error(opening, "unexpected end of file, expecting \"}\"", "the end of this Lua block");
  stopped_ = true;
  return text_.substr(start);
}

}  // namespace badgate::harness::nginx_conf
