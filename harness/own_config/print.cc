#include "harness/own_config/print.h"

#include <utility>

namespace badgate::harness::own_config {

using nginx_conf::Directive;

namespace {

// In a `map` the first word may need quotes, too.
std::string head_of(const Directive& directive) {
  std::string out = to_text(nginx_conf::Argument{.text = directive.name});
  for (const auto& argument : directive.arguments)
    out += ' ' + to_text(argument);
  return out;
}

std::string lua_of(const Directive& directive) {
  std::string code(directive.argument(directive.arguments.size() - 1));
  std::string out = directive.name;
  for (std::size_t i = 0; i + 1 < directive.arguments.size(); ++i)
    out += ' ' + to_text(directive.arguments[i]);
  return out + " {" + code + "}\n";
}

}  // namespace

std::string printed(const std::vector<Directive>& directives, std::size_t depth) {
  const std::string indent(depth * 2, ' ');
  std::string out;
  for (const Directive& directive : directives) {
    out += indent;
    if (directive.has_block && directive.name.ends_with("_by_lua_block") &&
        !directive.arguments.empty()) {
      out += lua_of(directive);
    } else if (directive.has_block) {
      out += head_of(directive) + " {\n" + printed(directive.block, depth + 1) + indent + "}\n";
    } else {
      out += head_of(directive) + ";\n";
    }
  }
  return out;
}

Directive made(std::string name, std::vector<std::string> arguments) {
  Directive directive;
  directive.name = std::move(name);
  for (auto& text : arguments)
    directive.arguments.push_back({.text = std::move(text)});
  return directive;
}

}  // namespace badgate::harness::own_config
