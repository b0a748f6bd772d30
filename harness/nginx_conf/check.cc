#include "harness/nginx_conf/check.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "harness/nginx_conf/known.h"
#include "net/text.h"

namespace badgate::harness::nginx_conf {
namespace {

// "invalid number of arguments" is mostly a ';' that is missing at the end of the line.
std::string expected_of(const Directive& directive, std::string_view mistake) {
  const bool arguments = mistake.starts_with("invalid number") || mistake.ends_with("by \";\"");
  if (!arguments || directive.arguments.empty()) return {};
  const auto next = std::ranges::find_if(directive.arguments, [&](const Argument& argument) {
    return argument.position.line != directive.position.line;
  });
  return next == directive.arguments.end() || !is_known(next->text)
             ? ""
             : fmt::format("\";\" before \"{}\" in line {}", next->text, next->position.line);
}

// The top of a file that is a part of a configuration.
Context context_at_top(const Directive& directive, bool whole) {
  if (whole || is_allowed(directive.name, in_main)) return in_main;
  for (const Context context : {in_http, in_server, in_location}) {
    if (is_allowed(directive.name, context)) return context;
  }
  return in_main;
}

class Checker {
 public:
  explicit Checker(Reports& reports) : reports_(reports) {}

  void check_top(const std::vector<Directive>& directives) {
    const bool whole = std::ranges::any_of(
        directives, [](const Directive& directive) { return directive.name == "http"; });
    for (const Directive& directive : directives)
      check_one(directive, context_at_top(directive, whole));
  }

 private:
  void check_block(const std::vector<Directive>& directives, Context context) {
    std::set<std::string_view> seen;
    for (const Directive& directive : directives) {
      const bool again = !seen.insert(directive.name).second;
      if (again && is_single(directive.name, context))
        add(directive, fmt::format("\"{}\" directive is duplicate", directive.name));
      check_one(directive, context);
    }
  }

  void check_one(const Directive& directive, Context context) {
    if (const std::string mistake = mistake_of(directive, context); !mistake.empty())
      return add(directive, mistake);
    if (directive.has_block) check_block(directive.block, context_of(directive, context));
  }

  void add(const Directive& directive, const std::string& mistake) {
    const Position& at = directive.position;
    const auto length = static_cast<std::uint32_t>(directive.name.size());
    reports_.add(at.file, {at.line, at.column, length}, mistake, expected_of(directive, mistake));
  }

  Reports& reports_;
};

}  // namespace

void check(const Tree& tree, Reports& into) {
  // What a lost brace or quote makes of the rest says nothing.
  if (into.empty()) Checker(into).check_top(tree.directives);
}

}  // namespace badgate::harness::nginx_conf
