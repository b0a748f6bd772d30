#include "harness/reports/text_forms.h"

#include <fmt/core.h>

#include <chrono>
#include <cstdint>

#include "harness/printable.h"

namespace badgate::harness::reports {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// What XML 1.0 (section 2.2) can write, of what is UTF-8.
bool is_of_xml(std::uint32_t code) {
  if (code < 0x20) return code == '\t' || code == '\n' || code == '\r';
  return code != 0xFFFE && code != 0xFFFF;
}

// YAML 1.2, section 5.1, without line ends and tabs.
bool is_printable_in_yaml(std::uint32_t code) {
  if (code < 0x20 || (code >= 0x7F && code < 0xA0)) return false;
  return code != 0xFFFE && code != 0xFFFF && code != 0xFEFF && code != 0x2028 && code != 0x2029;
}

// Calls `add(code, bytes)` for each character; code 0xFFFD for what is none.
template <typename Add>
void for_each_character(std::string_view text, Add add) {
  while (!text.empty()) {
    const Character c = first_character(text);
    if (c.length == 0) {
      add(std::uint32_t{0xFFFD}, kReplacement);
      text.remove_prefix(1);
    } else {
      add(c.code, text.substr(0, c.length));
      text.remove_prefix(c.length);
    }
  }
}

// A reader makes a line feed of a carriage return that is not escaped (XML 1.0, section 2.11).
std::string_view escaped_in_text(std::uint32_t code) {
  switch (code) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '\r':
      return "&#13;";
    default:
      return {};
  }
}

// ... and a space of white space in attributes (section 3.3.3).
std::string_view escaped_in_attribute(std::uint32_t code) {
  switch (code) {
    case '"':
      return "&quot;";
    case '\n':
      return "&#10;";
    case '\t':
      return "&#9;";
    default:
      return escaped_in_text(code);
  }
}

std::string xml(std::string_view text, std::string_view (*escaped)(std::uint32_t)) {
  std::string out;
  for_each_character(text, [&](std::uint32_t code, std::string_view bytes) {
    const auto form = is_of_xml(code) ? escaped(code) : kReplacement;
    out += form.empty() ? bytes : form;
  });
  return out;
}

std::string escaped_in_yaml(std::uint32_t code) {
  switch (code) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return is_printable_in_yaml(code) ? std::string() : fmt::format("\\u{:04X}", code);
  }
}

}  // namespace

std::string valid_utf8(std::string_view text) {
  std::string out;
  for_each_character(text, [&](std::uint32_t, std::string_view bytes) { out += bytes; });
  return out;
}

std::string xml_attribute(std::string_view text) {
  return xml(text, escaped_in_attribute);
}

std::string xml_text(std::string_view text) {
  return xml(text, escaped_in_text);
}

std::string yaml_quoted(std::string_view text) {
  std::string out = "\"";
  for_each_character(text, [&](std::uint32_t code, std::string_view bytes) {
    const auto form = escaped_in_yaml(code);
    out += form.empty() ? bytes : form;
  });
  return out + "\"";
}

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (c == '\r') continue;
    line += c == '\n' ? ' ' : c;
  }
  return line;
}

std::string in_seconds(net::Duration d) {
  return fmt::format("{:.3f}", std::chrono::duration<double>(d).count());
}

}  // namespace badgate::harness::reports
