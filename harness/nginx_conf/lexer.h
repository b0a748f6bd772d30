// Lexer: the text of one nginx configuration file, taken apart into statements as
// ngx_conf_read_token (ngx_conf_file.c) does it. Owns nothing of the text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/diagnostics.h"

namespace badgate::harness::nginx_conf {

struct Word {
  std::string text;     // without its quotes, \" and \n replaced
  bool quoted = false;  // by " or '
  Place place;
};

// Words up to ';' or '{'; or a '}', or the end of the file, where there are none.
struct Statement {
  enum class End : std::uint8_t { semicolon, block, block_end, file_end };
  std::vector<Word> words;
  End end = End::file_end;
  Place place;  // of what ends it
};

// What nginx refuses, in its words.
struct LexerError {
  Place place;
  std::string message;
  std::string expected;  // may be empty
};

class Lexer {
 public:
  // ngx_conf_file.c, NGX_CONF_BUFFER: words, and comments, are shorter.
  static constexpr std::size_t longest_word = 4096;

  // `text` must outlive this.
  explicit Lexer(std::string_view text) : text_(text) {}

  // After a mistake it goes on where the next statement seems to begin; each call moves on.
  Statement next();

  // The text up to the '}' that ends a *_by_lua_block whose '{' was just read, without it. Strings
  // and comments of Lua may have braces of their own.
  std::string_view lua_block();

  const std::vector<LexerError>& errors() const { return errors_; }

 private:
  char take();
  Place here() const { return {line_, column_, 1}; }
  void skip_space();
  bool skip_comment();
  Word quoted_word(char quote);
  Word plain_word();
  void after_quotes();
  bool too_long(std::size_t start, const Place& place, char quote);
  std::optional<Statement::End> ending(Statement& statement);
  void add_error(Place place, std::string message, std::string expected = {});

  std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1;
  std::uint32_t column_ = 1;
  bool stopped_ = false;           // nothing more can be understood
  std::optional<Place> unclosed_;  // a quote that nothing closes
  std::vector<LexerError> errors_;
};

}  // namespace badgate::harness::nginx_conf
