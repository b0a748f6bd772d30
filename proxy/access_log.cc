#include "proxy/access_log.h"

#include <fmt/core.h>

#include <algorithm>
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

bool needs_escape(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte >= 0x7f || c == '"' || c == '\\';
}

// What was appended to `line` from `start` on.
void escape_from(std::string& line, std::size_t start) {
  const auto value = std::string_view(line).substr(start);
  if (std::none_of(value.begin(), value.end(), needs_escape)) return;
  const std::string copy(value);
  line.resize(start);
  append_escaped(line, copy);
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

void LogFormat::append(std::string& line, const AccessRecord& record, bool join_headers) const {
  for (const auto& part : parts_) {
    if (part.getter == nullptr) {
      line += part.text;
      continue;
    }
    const auto start = line.size();
    if (part.getter(line, record, part.text, join_headers)) {
      escape_from(line, start);
    } else {
      line.resize(start);
      line += '-';
    }
  }
}

std::string LogFormat::evaluate(const AccessRecord& record, bool join_headers) const {
  std::string text;
  for (const auto& part : parts_) {
    if (part.getter == nullptr) {
      text += part.text;
    } else if (const auto start = text.size();
               !part.getter(text, record, part.text, join_headers)) {
      text.resize(start);
    }
  }
  return text;
}

AccessLog::AccessLog(LogSink& sink, LogFormat format, bool join_headers)
    : sink_(sink), format_(std::move(format)), join_headers_(join_headers) {}

void AccessLog::write(const AccessRecord& record) {
  line_.clear();
  format_.append(line_, record, join_headers_);
  sink_.access_entry(record, line_);
}

void append_escaped(std::string& out, std::string_view value) {
  while (!value.empty()) {
    const auto at = std::find_if(value.begin(), value.end(), needs_escape);
    out.append(value.begin(), at);
    if (at == value.end()) return;
    out += fmt::format("\\x{:02X}", static_cast<unsigned char>(*at));
    value.remove_prefix(static_cast<std::size_t>(at - value.begin()) + 1);
  }
}

}  // namespace badgate::proxy
