#include "proxy/access_log.h"

#include <fmt/core.h>

#include <utility>

#include "proxy/log_variables.h"

namespace badgate::proxy {
namespace {

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Takes "$name" or "${name}" from the front of `text`: nginx's ngx_http_log_compile_format.
net::Result<std::string_view> take_variable(std::string_view& text) {
  const auto whole = text;
  text.remove_prefix(1);
  const bool bracket = text.starts_with('{');
  if (bracket) text.remove_prefix(1);
  std::size_t length = 0;
  while (length < text.size() && is_name_char(text[length]))
    ++length;
  const auto name = text.substr(0, length);
  text.remove_prefix(length);
  if (bracket && !text.starts_with('}')) {
    return net::fail(fmt::format("the closing bracket in \"{}\" variable is missing", name));
  }
  if (bracket) text.remove_prefix(1);
  if (name.empty()) return net::fail(fmt::format("invalid parameter \"{}\"", whole));
  return name;
}

}  // namespace

net::Result<LogFormat> LogFormat::compile(std::string_view text) {
  LogFormat format;
  while (!text.empty()) {
    const auto dollar = std::min(text.find('$'), text.size());
    if (dollar > 0) format.parts_.push_back({std::string(text.substr(0, dollar)), nullptr});
    text.remove_prefix(dollar);
    if (text.empty()) break;
    const auto name = take_variable(text);
    if (!name) return tl::unexpected(name.error());
    auto variable = find_log_variable(*name);
    if (!variable) return tl::unexpected(variable.error());
    format.parts_.push_back({std::move(variable->header), variable->getter});
  }
  return format;
}

std::string LogFormat::format(const AccessRecord& record, bool join_headers) const {
  std::string line;
  std::string value;
  for (const auto& part : parts_) {
    if (part.getter == nullptr) {
      line += part.text;
      continue;
    }
    value.clear();
    if (part.getter(value, record, part.text, join_headers))
      append_escaped(line, value);
    else
      line += '-';
  }
  return line;
}

AccessLog::AccessLog(LogSink& sink, LogFormat format, bool join_headers)
    : sink_(sink), format_(std::move(format)), join_headers_(join_headers) {}

void AccessLog::write(const AccessRecord& record) {
  sink_.access_entry(record, format_.format(record, join_headers_));
}

void append_escaped(std::string& out, std::string_view value) {
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7f || c == '"' || c == '\\')
      out += fmt::format("\\x{:02X}", byte);
    else
      out += c;
  }
}

}  // namespace badgate::proxy
