#include "harness/nginx_conf/tree.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <memory>
#include <utility>

#include "harness/nginx_conf/check.h"
#include "harness/nginx_conf/lexer.h"
#include "harness/nginx_conf/reports.h"
#include "harness/nginx_conf/sources.h"

namespace badgate::harness::nginx_conf {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Files that come with nginx: what is in them is known, or does not matter.
bool comes_with_nginx(std::string_view path) {
  constexpr std::array<std::string_view, 8> kNames{"mime.types",  "fastcgi_params", "fastcgi.conf",
                                                   "scgi_params", "uwsgi_params",   "koi-utf",
                                                   "koi-win",     "win-utf"};
  const auto name = path.substr(path.find_last_of('/') + 1);
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

class Parser {
 public:
  Parser(Sources& sources, Reports& reports, Tree& tree)
      : sources_(sources), reports_(reports), tree_(tree) {}

  void parse_main() {
    if (const auto text = sources_.text(sources_.main())) parse(sources_.main(), *text);
  }

 private:
  void parse(const std::string& path, std::string_view text) {
    parse(path, text, tree_.directives);
  }
  void parse(const std::string& path, std::string_view text, std::vector<Directive>& into);
  bool check_text(const std::string& path, std::string_view text);
  void read_block(Lexer& lexer, const std::string& path, const Directive* block,
                  std::vector<Directive>& into);
  void add(Lexer& lexer, const std::string& path, Statement statement,
           std::vector<Directive>& into);
  void include(const Directive& directive, std::vector<Directive>& into);
  void include_file(const Directive& directive, const std::string& path,
                    std::vector<Directive>& into);
  bool goes_deeper(const Position& position);
  bool is_too_much(const Directive& directive);
  void stop(const Position& position, std::string message);

  Sources& sources_;
  Reports& reports_;
  Tree& tree_;
  std::vector<std::string> open_;  // files that are being read
  std::size_t depth_ = 0;
  std::size_t size_ = 0;
  std::size_t includes_ = 0;
  std::size_t directives_ = 0;
  std::size_t arguments_ = 0;
  bool stopped_ = false;
};

Directive directive_of(const std::string& path, Statement& statement) {
  Directive directive;
  const auto position = [&](const Word& word) {
    return Position{path, word.place.line, word.place.column};
  };
  directive.name = std::move(statement.words.front().text);
  directive.position = position(statement.words.front());
  for (std::size_t i = 1; i < statement.words.size(); ++i) {
    Word& word = statement.words[i];
    directive.arguments.push_back({std::move(word.text), word.quoted, position(word)});
  }
  return directive;
}

bool Parser::check_text(const std::string& path, std::string_view text) {
  size_ += text.size();
  tree_.files.push_back(path);
  if (const auto nul = text.find('\0'); nul != text.npos) {
    reports_.add({path, 0, 0}, fmt::format("this is no text: byte {} is NUL", nul + 1),
                 "a configuration of nginx");
  } else if (text.starts_with(kByteOrderMark)) {
    reports_.add({path, 1, 1}, "unknown directive \"\xEF\xBB\xBF\": a byte order mark",
                 "the file saved as UTF-8 without one");
  } else {
    return true;
  }
  return false;
}

void Parser::parse(const std::string& path, std::string_view text, std::vector<Directive>& into) {
  if (!check_text(path, text)) return;
  Lexer lexer(text);
  open_.push_back(path);
  read_block(lexer, path, nullptr, into);
  open_.pop_back();
  for (const LexerError& error : lexer.errors())
    reports_.add(path, error.place, error.message, error.expected);
}

bool Parser::goes_deeper(const Position& position) {
  if (stopped_) return false;
  if (depth_ < max_depth) return true;
  stop(position, fmt::format("blocks and includes are nested more than {} deep", max_depth));
  return false;
}

void Parser::stop(const Position& position, std::string message) {
  stopped_ = true;
  reports_.add(position, std::move(message));
}

// A small file that is included often makes many.
bool Parser::is_too_much(const Directive& directive) {
  ++directives_;
  arguments_ += directive.arguments.size();
  if (directives_ <= max_directives && arguments_ <= max_arguments) return false;
  stop(directive.position,
       fmt::format("more than {} directives, or {} arguments", max_directives, max_arguments));
  return true;
}

// `block`: whose '{' was just read; null: the top of a file.
void Parser::read_block(Lexer& lexer, const std::string& path, const Directive* block,
                        std::vector<Directive>& into) {
  ++depth_;
  while (!stopped_) {
    Statement statement = lexer.next();
    if (statement.end == Statement::End::block_end) {
      if (block != nullptr) break;
      reports_.add(path, statement.place, "unexpected \"}\"", "a block that it ends");
    } else if (statement.end == Statement::End::file_end) {
      if (block != nullptr && lexer.errors().empty()) {
        reports_.add(
            path, statement.place, "unexpected end of file, expecting \"}\"",
            fmt::format("the end of \"{}\" in line {}", block->name, block->position.line));
      }
      break;
    } else if (!statement.words.empty()) {
      add(lexer, path, std::move(statement), into);
    } else if (statement.end == Statement::End::block) {
      std::vector<Directive> dropped;  // a block without a name, which was told
      const Directive nameless{.name = "{", .position = {path, statement.place.line, 0}};
      if (goes_deeper(nameless.position)) read_block(lexer, path, &nameless, dropped);
    }
  }
  --depth_;
}

void Parser::add(Lexer& lexer, const std::string& path, Statement statement,
                 std::vector<Directive>& into) {
  Directive directive = directive_of(path, statement);
  directive.has_block = statement.end == Statement::End::block;
  if (is_too_much(directive)) return;
  if (directive.name == "include" && !directive.has_block) return include(directive, into);
  if (directive.has_block && directive.name.ends_with("_by_lua_block")) {
    directive.arguments.push_back({std::string(lexer.lua_block()), true, directive.position});
  } else if (directive.has_block) {
    if (!goes_deeper(directive.position)) return;
    read_block(lexer, path, &directive, directive.block);
  }
  into.push_back(std::move(directive));
}

// ngx_conf_include
void Parser::include(const Directive& directive, std::vector<Directive>& into) {
  if (directive.arguments.size() != 1) {
    return reports_.add(directive.position, "invalid number of arguments in \"include\" directive");
  }
  if (++includes_ > max_files)
    return stop(directive.position, fmt::format("more than {} includes", max_files));
  for (const std::string& path : sources_.included(directive.argument(0))) {
    if (stopped_) return;
    include_file(directive, path, into);
  }
}

void Parser::include_file(const Directive& directive, const std::string& path,
                          std::vector<Directive>& into) {
  const Position& at = directive.arguments.front().position;
  if (std::find(open_.begin(), open_.end(), path) != open_.end())
    return reports_.add(at, fmt::format("\"{}\" includes itself", path));
  const auto text = sources_.text(path);
  if (!text && text.error().code == ENOENT && comes_with_nginx(path))
    return into.push_back(directive);
  if (!text) {
    return reports_.add(at, text.error().message,
                        text.error().code == ENOENT
                            ? "the file; or one file with the output of `nginx -T`, which has all"
                            : "");
  }
  if (tree_.files.size() >= max_files || size_ + text->size() > max_total_size) {
    return stop(at, fmt::format("more than {} files, or {} MB, are included", max_files,
                                max_total_size >> 20));
  }
  if (goes_deeper(at)) parse(path, *text, into);
}

Tree parsed(Sources sources) {
  Tree tree;
  tree.file = sources.main();
  Reports reports(sources);
  Parser(sources, reports, tree).parse_main();
  check(tree, reports);
  tree.diagnostics = reports.take();
  return tree;
}

Tree parsed_or_told(net::Result<Sources> sources, const std::string& path) {
  if (sources) return parsed(std::move(*sources));
  Tree tree;
  tree.file = path;
  tree.diagnostics.push_back(about_file(path, sources.error().message));
  return tree;
}

bool needs_quotes(std::string_view text) {
  return text.empty() || text.find_first_of(" \t\r\n;{}\"'\\#") != text.npos;
}

}  // namespace

Tree read(const std::string& path) {
  return parsed_or_told(Sources::from_disk(path), path);
}

Tree read_text(std::string_view text, const std::string& path) {
  return parsed_or_told(Sources::from_text(text, path, false), path);
}

std::string to_text(const Argument& argument) {
  if (!needs_quotes(argument.text)) return argument.text;
  std::string out = "\"";
  for (const char c : argument.text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string to_text(const Directive& directive) {
  std::string out = directive.name;
  for (const Argument& argument : directive.arguments)
    out += ' ' + to_text(argument);
  return out;
}

}  // namespace badgate::harness::nginx_conf
