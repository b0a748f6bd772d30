#include "harness/reports/text_forms.h"

#include <fmt/core.h>

#include <chrono>

#include "harness/printable.h"

namespace badgate::harness::reports {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
// The two code points of the basic plane that XML and YAML forbid although UTF-8 can write them.
constexpr std::string_view kFffe = "\xEF\xBF\xBE";
constexpr std::string_view kFfff = "\xEF\xBF\xBF";

bool is_nonchar(std::string_view text, std::size_t at) {
  const auto three = text.substr(at, 3);
  return three == kFffe || three == kFfff;
}

// The C1 controls U+0080 to U+009F have two bytes.
bool is_c1(std::string_view text, std::size_t at) {
  return text[at] == '\xC2' && at + 1 < text.size() &&
         static_cast<unsigned char>(text[at + 1]) < 0xA0;
}

bool forbidden_in_xml(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

// `escaped` says how a byte is written, empty: as it is.
template <typename Escaped>
std::string xml(std::string_view raw, Escaped escaped) {
  const std::string text = valid_utf8(raw);
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (forbidden_in_xml(text[i])) {
      out += kReplacement;
    } else if (text[i] == '\xEF' && is_nonchar(text, i)) {
      out += kReplacement;
      i += 2;
    } else if (const std::string_view form = escaped(text[i]); !form.empty()) {
      out += form;
    } else {
      out += text[i];
    }
  }
  return out;
}

// A reader makes a line feed of a carriage return that is not escaped (XML 1.0, section 2.11).
std::string_view escaped_text(char c) {
  switch (c) {
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
std::string_view escaped_attribute(char c) {
  switch (c) {
    case '"':
      return "&quot;";
    case '\n':
      return "&#10;";
    case '\t':
      return "&#9;";
    default:
      return escaped_text(c);
  }
}

std::string yaml_escape(char c) {
  switch (c) {
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
      return fmt::format("\\u{:04X}", static_cast<unsigned char>(c));
  }
}

bool plain_in_yaml(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte != 0x7F && c != '"' && c != '\\';
}

}  // namespace

std::string valid_utf8(std::string_view text) {
  std::string out;
  while (true) {
    const auto bad = find_invalid_utf8(text);
    out += text.substr(0, bad);
    if (bad == text.npos) return out;
    out += kReplacement;
    text.remove_prefix(bad + 1);
  }
}

std::string xml_attribute(std::string_view text) {
  return xml(text, escaped_attribute);
}

std::string xml_text(std::string_view text) {
  return xml(text, escaped_text);
}

std::string yaml_quoted(std::string_view raw) {
  const std::string text = valid_utf8(raw);
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\xEF' && is_nonchar(text, i)) {
      out += text.substr(i, 3) == kFffe ? "\\uFFFE" : "\\uFFFF";
      i += 2;
    } else if (is_c1(text, i)) {
      out += yaml_escape(text[++i]);
    } else if (plain_in_yaml(text[i])) {
      out += text[i];
    } else {
      out += yaml_escape(text[i]);
    }
  }
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
