#include <algorithm>

#include "harness/evidence/fields.h"
#include "harness/evidence/readers.h"
#include "harness/text_fields.h"

namespace badgate::harness::evidence {
namespace {

// The text between "[" and "]" at the front, taken away with the space behind it.
std::optional<std::string_view> take_brackets(std::string_view& text) {
  if (!text.starts_with('[')) return std::nullopt;
  const auto end = text.find(']');
  if (end == text.npos) return std::nullopt;
  const auto inside = text.substr(1, end - 1);
  text.remove_prefix(end + 1);
  while (text.starts_with(' '))
    text.remove_prefix(1);
  return inside;
}

// "AH00957: " at the front.
std::string_view take_code(std::string_view& text) {
  constexpr std::size_t kSize = 7;
  if (!text.starts_with("AH") || text.size() < kSize || text.substr(kSize, 2) != ": ") return {};
  const auto code = text.substr(0, kSize);
  if (!std::ranges::all_of(code.substr(2), [](char c) { return c >= '0' && c <= '9'; })) return {};
  text.remove_prefix(kSize + 2);
  return code;
}

// "(111)Connection refused: " at the front.
void take_errno(std::string_view& text, Evidence& e) {
  if (!text.starts_with('(')) return;
  const auto close = text.find(')');
  const auto colon = text.find(": ", close);
  if (close == text.npos || colon == text.npos) return;
  e.error_number = number_in<int>(text.substr(1));
  e.details = text.substr(close + 1, colon - close - 1);
  text.remove_prefix(colon + 2);
}

// "[date] [module:level] [pid …]" in any order, as long as there are brackets.
bool take_head(std::string_view& text, Evidence& e) {
  while (text.starts_with('[')) {
    const auto inside = take_brackets(text);
    if (!inside) return false;
    if (inside->starts_with("client ")) {
      e.client = without_port(inside->substr(7));
    } else if (inside->starts_with("pid ") || inside->starts_with("remote ")) {
      continue;
    } else if (const auto colon = inside->find(':'); colon != inside->npos) {
      const auto behind = inside->substr(colon + 1);
      const bool is_date = !behind.empty() && behind.front() >= '0' && behind.front() <= '9';
      if (is_date && inside->size() > 4) {
        e.time = parse_log_time(inside->substr(4));
      } else {
        e.level = behind;
      }
    }
  }
  return true;
}

// Where the words of mod_proxy name the server: "… to 127.0.0.1:9000 (127.0.0.1) failed".
std::string_view server_in(std::string_view message) {
  for (const std::string_view before :
       {"attempt to connect to ", "connection to backend: ", "remote server ", "failed to ",
        "for worker ", "error reading response from "}) {
    const auto at = message.find(before);
    if (at == message.npos) continue;
    const auto rest = message.substr(at + before.size());
    return rest.substr(0, rest.find_first_of(" ,("));
  }
  return {};
}

}  // namespace

std::optional<Evidence> read_apache_error(std::string_view line) {
  Evidence e;
  e.source = Source::apache_error;
  // The default has the error's number between module and client; the client may come first.
  if (!line.starts_with('[') || !take_head(line, e) || e.level.empty()) return std::nullopt;
  take_errno(line, e);
  take_head(line, e);
  e.code = take_code(line);
  take_errno(line, e);
  if (e.code.empty()) e.code = take_code(line);
  if (const auto referer = line.rfind(", referer: "); referer != line.npos) {
    e.referrer = line.substr(referer + 11);
    line = line.substr(0, referer);
  }
  e.message = line;
  e.upstream_address = server_in(line);
  if (const auto by = line.find("returned by "); by != line.npos) e.uri = line.substr(by + 12);
  return e;
}

}  // namespace badgate::harness::evidence
