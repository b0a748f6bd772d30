#include <algorithm>

#include "harness/evidence/fields.h"
#include "harness/evidence/readers.h"
#include "harness/text_fields.h"

namespace badgate::harness::evidence {
namespace {

bool is_number(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; });
}

// "UF", "UF,URX", "-", or the long names that newer versions can write.
bool are_flags(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == ',' || c == '-' || c == '_' ||
           (c >= '0' && c <= '9');
  }) && !is_number(word);
}

// A word, or what stands in quotes, from the front.
std::string_view next_word(std::string_view& text) {
  if (!text.starts_with('"')) return next_field(text);
  const auto end = text.find('"', 1);
  const auto word = text.substr(1, end == text.npos ? end : end - 1);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  if (text.starts_with(' ')) text.remove_prefix(1);
  return word;
}

// Istio's has details, a termination detail and the transport's failure before the numbers.
void take_details(std::string_view& rest, Evidence& e) {
  for (int i = 0; i < 3 && !rest.empty(); ++i) {
    auto copy = rest;
    const auto word = next_word(copy);
    if (is_number(word)) return;
    if (word != "-") e.details += (e.details.empty() ? "" : " ") + std::string(word);
    rest = copy;
  }
}

// The words in quotes that follow the numbers: client, agent, id, authority, upstream host.
void take_quoted(std::string_view rest, Evidence& e) {
  constexpr int kAuthority = 3;
  constexpr int kUpstream = 4;
  for (int i = 0; i <= kUpstream && rest.starts_with('"'); ++i) {
    const auto word = next_word(rest);
    if (word == "-") continue;
    if (i == 0) e.client = word.substr(0, word.find(','));
    if (i == kAuthority) e.host = word;
    if (i == kUpstream) e.upstream_address = word;
  }
}

}  // namespace

std::optional<Evidence> read_envoy(std::string_view line) {
  const auto open = line.find("[20");
  const auto close = line.find("] \"", open == line.npos ? 0 : open);
  if (open == line.npos || close == line.npos) return std::nullopt;
  Evidence e;
  e.source = Source::envoy;
  e.time = parse_log_time(line.substr(open + 1, close - open - 1));
  if (!e.time) return std::nullopt;
  line.remove_prefix(close + 2);
  take_request(e, next_word(line));
  const auto status = next_field(line);
  const auto flags = next_field(line);
  if (!is_number(status) || !are_flags(flags)) return std::nullopt;
  e.status = number_in<int>(status);
  if (flags != "-") e.code = flags;
  take_details(line, e);
  next_field(line);  // bytes received
  e.bytes_sent = number_in<std::uint64_t>(next_field(line));
  if (const auto duration = next_field(line); is_number(duration))
    e.request_time = std::chrono::milliseconds(number_in<std::uint32_t>(duration));
  next_field(line);  // the upstream's own time
  take_quoted(line, e);
  return e;
}

}  // namespace badgate::harness::evidence
