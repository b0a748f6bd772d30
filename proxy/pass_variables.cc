#include "proxy/pass_variables.h"

#include <fmt/core.h>

#include <algorithm>

#include "net/text.h"

namespace badgate::proxy {
namespace {

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// "$name" or "${name}" at the front of `text`, which is moved behind it. Empty: there is none.
std::string_view take_variable(std::string_view& text) {
  const bool bracket = text.substr(1).starts_with('{');
  const std::size_t begin = bracket ? 2 : 1;
  std::size_t end = begin;
  while (end < text.size() && is_name_char(text[end]))
    ++end;
  const auto name = text.substr(begin, end - begin);
  if (bracket && (end == text.size() || text[end] != '}')) return {};
  text.remove_prefix(bracket ? end + 1 : end);
  return name;
}

}  // namespace

net::Result<PassVariables> PassVariables::compile(const Location& location) {
  PassVariables out;
  for (const auto& [name, value] : location.set) {
    auto parts = out.split(value);
    if (!parts) return tl::unexpected(parts.error());
    out.names_.push_back(name);
    out.sets_.push_back(std::move(*parts));
  }
  out.fastcgi_ = !location.fastcgi_pass.empty();
  auto pass = out.split(location.pass_text());
  if (!pass) return tl::unexpected(pass.error());
  out.pass_ = std::move(*pass);
  return out;
}

net::Result<PassVariables::Parts> PassVariables::split(std::string_view text) const {
  Parts parts;
  while (!text.empty()) {
    const auto dollar = std::min(text.find('$'), text.size());
    if (dollar > 0) parts.push_back({.text = std::string(text.substr(0, dollar))});
    text.remove_prefix(dollar);
    if (text.empty()) break;
    const auto whole = text;
    const auto name = take_variable(text);
    if (name.empty()) return net::fail(fmt::format("invalid variable name in \"{}\"", whole));
    auto part = variable(name);
    if (!part) return tl::unexpected(part.error());
    parts.push_back(std::move(*part));
  }
  return parts;
}

net::Result<PassVariables::Part> PassVariables::variable(std::string_view name) const {
  // Of a variable that is set several times, the last value so far.
  const auto own = std::find(names_.rbegin(), names_.rend(), name);
  if (own != names_.rend()) return Part{.set = static_cast<std::size_t>(names_.rend() - own) - 1};
  auto value = ComplexValue::compile(fmt::format("${{{}}}", name));
  if (!value) {
    const std::vector<std::string_view> own_names(names_.begin(), names_.end());
    const auto near = net::nearest(name, own_names);
    if (near.empty()) return tl::unexpected(value.error());
    return net::fail(fmt::format("unknown \"{}\" variable; did you mean \"${}\"?", name, near));
  }
  return Part{.value = std::move(*value)};
}

net::Result<ProxyPass> PassVariables::evaluate(const AccessRecord& record,
                                               bool join_headers) const {
  std::vector<std::string> values;
  const auto text_of = [&](const Parts& parts) {
    std::string out;
    for (const Part& part : parts)
      out += part.set     ? values.at(*part.set)
             : part.value ? part.value->evaluate(record, join_headers)
                          : part.text;
    return out;
  };
  for (const Parts& parts : sets_)
    values.push_back(text_of(parts));
  if (fastcgi_) return parse_fastcgi_pass(text_of(pass_));
  auto pass = parse_proxy_pass(text_of(pass_));
  if (pass) pass->whole_uri = pass->uri.has_value();
  return pass;
}

}  // namespace badgate::proxy
