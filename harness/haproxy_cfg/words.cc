#include "harness/haproxy_cfg/words.h"

#include <fmt/core.h>

#include "net/ascii.h"

namespace badgate::harness::haproxy_cfg {
namespace {

// isspace() but for '\r', at which a line ends, quotes or not.
bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\v' || c == '\f';
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool begins_name(char c) {
  return is_letter(c) || c == '_' || c == '.';
}

class Splitter {
 public:
  explicit Splitter(std::string_view line) : line_(line.substr(0, line.find('\r'))) {}

  Words take() {
    while (out_.mistake.empty()) {
      while (at_ < line_.size() && is_space(line_[at_]))
        step();
      if (at_ == line_.size() || line_[at_] == '#') break;
      if (out_.words.size() == max_words) {
        refuse(fmt::format("too many words, more than {}", max_words));
        break;
      }
      word();
    }
    return std::move(out_);
  }

 private:
  char peek(std::size_t ahead) const {
    return at_ + ahead < line_.size() ? line_[at_ + ahead] : '\0';
  }

  // Continuations of UTF-8 are no characters of their own.
  void step(std::size_t bytes = 1) {
    for (; bytes > 0 && at_ < line_.size(); --bytes, ++at_)
      column_ += (static_cast<unsigned char>(line_[at_]) & 0xC0U) != 0x80U ? 1 : 0;
  }

  void refuse(std::string mistake, std::uint32_t column = 0) {
    out_.mistake = std::move(mistake);
    out_.column = column == 0 ? column_ : column;
  }

  void word() {
    const std::uint32_t column = column_;
    const std::size_t begin = at_;
    std::uint32_t quote_column = 0;
    char quote = '\0';
    std::string text;
    while (at_ < line_.size() && out_.mistake.empty()) {
      const char c = line_[at_];
      if (quote == '\0' && (is_space(c) || c == '#')) break;
      if ((c == '"' || c == '\'') && (quote == '\0' || quote == c)) {
        quote = quote == c ? '\0' : c;
        quote_column = column_;
        step();
      } else if (c == '\\' && quote != '\'') {
        escape(text);
      } else if (c == '$' && quote == '"') {
        variable(text);
      } else {
        text += c;
        step();
      }
    }
    if (quote != '\0' && out_.mistake.empty()) refuse("unmatched quote", quote_column);
    out_.words.push_back(
        {std::move(text), column, std::max(1U, column_ - column), begin, at_ - begin});
  }

  void escape(std::string& text) {
    switch (peek(1)) {
      case ' ':
      case '\\':
      case '"':
      case '\'':
      case '#':
      case '$':
        text += peek(1);
        return step(2);
      case 't':
        text += '\t';
        return step(2);
      case 'n':
        text += '\n';
        return step(2);
      case 'r':
        text += '\r';
        return step(2);
      case 'x':
        return hex(text);
      default:  // of a regular expression: "\."
        text += '\\';
        return step();
    }
  }

  void hex(std::string& text) {
    const int high = net::hex_value(peek(2));
    const int low = net::hex_value(peek(3));
    if (high < 0 || low < 0) return refuse("truncated or invalid hexadecimal sequence");
    text += static_cast<char>(high * 16 + low);
    step(4);
  }

  // "$NAME", "${NAME}", "${NAME[*]}", "${NAME-default}", within weak quotes.
  void variable(std::string& text) {
    const bool brace = peek(1) == '{';
    if (!begins_name(peek(brace ? 2 : 1)))
      return refuse("forbidden first char in environment variable name");
    if (!brace) {
      text += line_[at_];
      return step();
    }
    const auto end = line_.find('}', at_);
    if (end == line_.npos) return refuse("unmatched brace in environment variable name");
    text += line_.substr(at_, end + 1 - at_);
    step(end + 1 - at_);
  }

  std::string_view line_;
  std::size_t at_ = 0;
  std::uint32_t column_ = 1;
  Words out_;
};

}  // namespace

Words split(std::string_view line) {
  return Splitter(line).take();
}

std::string quoted(std::string_view text) {
  if (!text.empty() && text.find_first_of(" \t\v\f\r\n\"'\\#$") == text.npos)
    return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\n' || c == '\r' || c == '\t') {
      out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
      continue;
    }
    if (c == '"' || c == '\\' || c == '$') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace badgate::harness::haproxy_cfg
