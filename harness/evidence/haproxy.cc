#include <algorithm>
#include <array>

#include "harness/evidence/fields.h"
#include "harness/evidence/readers.h"
#include "harness/text_fields.h"

namespace badgate::harness::evidence {
namespace {

// "0/0/-1/-1/3004" in its numbers; "+3004" is what `option logasap` writes. False: it is no such.
template <std::size_t N>
bool slashed(std::string_view text, std::array<int, N>& out) {
  for (std::size_t i = 0; i < N; ++i) {
    const auto slash = text.find('/');
    if ((slash == text.npos) != (i + 1 == N)) return false;
    auto word = text.substr(0, slash);
    if (word.starts_with('+')) word.remove_prefix(1);
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), out[i]);
    if (error != std::errc() || end != word.data() + word.size()) return false;
    text.remove_prefix(slash == text.npos ? text.size() : slash + 1);
  }
  return true;
}

std::optional<net::Duration> reached(int milliseconds) {
  if (milliseconds < 0) return std::nullopt;
  return std::chrono::milliseconds(milliseconds);
}

bool is_termination(std::string_view word) {
  constexpr std::string_view kFirst = "-CSPLRQKkDUIcst";
  constexpr std::string_view kSecond = "-RQCHDLT";
  return word.size() == 4 && kFirst.find(word[0]) != kFirst.npos &&
         kSecond.find(word[1]) != kSecond.npos;
}

// The five timers with a space on both sides: the heart of the line, whatever stands around it.
std::size_t find_timers(std::string_view line, std::array<int, 5>& timers) {
  for (std::size_t from = 0; from < line.size();) {
    const auto end = std::min(line.find(' ', from), line.size());
    if (from > 0 && slashed(line.substr(from, end - from), timers)) return from;
    from = end + 1;
  }
  return line.npos;
}

// "… 127.0.0.1:58026 [23/Nov/2026:04:15:25.123] front app/s0".
void take_head(std::string_view head, Evidence& e) {
  if (const auto open = head.find(" ["); open != head.npos) {
    e.time = parse_log_time(head.substr(open + 2));
    auto client = head.substr(0, open);
    client.remove_prefix(client.find_last_of(' ') + 1);
    e.client = without_port(client);
    head.remove_prefix(std::min(head.find(']', open) + 1, head.size()));
    while (head.starts_with(' '))
      head.remove_prefix(1);
  } else {
    const auto client = next_field(head);
    e.client = without_port(client);
  }
  const auto frontend = next_field(head);
  e.server = frontend.substr(0, frontend.find('~'));
  e.upstream_address = next_field(head);
}

}  // namespace

std::optional<Evidence> read_haproxy(std::string_view line) {
  std::array<int, 5> timers{};
  const auto at = find_timers(line, timers);
  if (at == line.npos || at == 0) return std::nullopt;
  auto rest = line.substr(at);
  next_field(rest);
  const auto words = first_fields<5>(rest);  // status, bytes, two cookies, termination
  // A cookie may have been left out of the format.
  const auto state = std::ranges::find_if(words, is_termination);
  if (state == words.end()) return std::nullopt;
  Evidence e;
  e.source = Source::haproxy;
  take_head(line.substr(0, at - 1), e);
  e.status = number_in<int>(words[0]);
  e.bytes_sent = number_in<std::uint64_t>(words[1]);
  e.code = *state;
  e.timers = Evidence::Timers{reached(timers[1]), reached(timers[2]), reached(timers[3]),
                              reached(timers[4])};
  e.request_time = reached(timers[4]);
  if (const auto quote = line.find('"', at); quote != line.npos) {
    const auto end = line.rfind('"');
    take_request(e, line.substr(quote + 1, end > quote ? end - quote - 1 : line.npos));
  }
  return e;
}

}  // namespace badgate::harness::evidence
