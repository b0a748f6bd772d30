// Tree: nginx's configuration as it is written, directives with their arguments and blocks, the
// files of `include` in their places. Plain data; what it means is site.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/diagnostics.h"
#include "harness/scenario.h"

namespace badgate::harness::nginx_conf {

// `text` is without quotes, \" and \n replaced; variables as they are written.
struct Argument {
  std::string text;
  bool quoted = false;
  Position position;
};

// Unknown directives are directives, too. A *_by_lua_block has its Lua as its only argument. An
// `include` is left only of files that come with nginx and are not there: fastcgi_params …
struct Directive {
  std::string name;
  std::vector<Argument> arguments;
  std::vector<Directive> block;
  bool has_block = false;
  Position position;

  // The text of an argument, from 0; empty: there are not so many.
  std::string_view argument(std::size_t n) const {
    return n < arguments.size() ? std::string_view(arguments[n].text) : std::string_view();
  }
};

struct Tree {
  std::string file;                     // the main one, as it was named
  std::vector<Directive> directives;    // of the main file's top
  std::vector<std::string> files;       // all that were read, in order
  std::vector<Diagnostic> diagnostics;  // empty: nginx would accept its syntax

  bool ok() const { return diagnostics.empty(); }
};

// What is read at most; a mistake is told beyond.
inline constexpr std::size_t max_file_size = std::size_t{16} << 20;
inline constexpr std::size_t max_total_size = std::size_t{64} << 20;
inline constexpr std::size_t max_files = 5000;  // inclusions, be there a file or not
inline constexpr std::size_t max_directives = 500'000;
inline constexpr std::size_t max_arguments = 2'000'000;  // of all directives
inline constexpr std::size_t max_depth = 100;            // of blocks and includes together

// Reads a configuration file and all that it includes; relative names start from its folder, as
// with nginx, or from the one above with the nginx.conf, if it is a part of that. A file with the
// output of `nginx -T` holds all of them itself: they are looked for there, and have their names
// from there. "-" is standard input. Wrong directives are told where they are known (known.h), all
// at once.
Tree read(const std::string& path);

// The same of a text that stands in `path`; includes are followed only if it is from `nginx -T`.
Tree read_text(std::string_view text, const std::string& path);

// As it is written in a configuration: quoted where it must be.
std::string to_text(const Argument& argument);
// "name argument …", without the block and what ends it.
std::string to_text(const Directive& directive);

}  // namespace badgate::harness::nginx_conf
