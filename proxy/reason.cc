#include "proxy/reason.h"

#include <fmt/core.h>

#include <array>

#include "net/text.h"

namespace badgate::proxy {
namespace {

struct Entry {
  Reason reason;
  std::string_view name;
  int status;     // for the client
  int of_status;  // the server's own status that is this reason; 0: none
};

constexpr std::array<Entry, 12> kEntries{{
    {Reason::error, "error", 502, 0},
    {Reason::timeout, "timeout", 504, 0},
    {Reason::invalid_header, "invalid_header", 502, 0},
    {Reason::http_500, "http_500", 500, 500},
    {Reason::http_502, "http_502", 502, 502},
    {Reason::http_503, "http_503", 503, 503},
    {Reason::http_504, "http_504", 504, 504},
    {Reason::http_403, "http_403", 403, 403},
    {Reason::http_404, "http_404", 404, 404},
    {Reason::http_429, "http_429", 429, 429},
    {Reason::non_idempotent, "non_idempotent", 502, 0},
    {Reason::no_live, "no_live", 502, 0},
}};

const Entry& entry(Reason reason) {
  return kEntries.at(static_cast<std::size_t>(reason));
}

constexpr std::string_view kWords =
    "error, timeout, invalid_header, http_500, http_502, http_503, http_504, http_403, http_404, "
    "http_429, non_idempotent or off";

net::Result<ReasonSet> parse_word(std::string_view word) {
  std::array<std::string_view, kEntries.size()> names;
  for (std::size_t i = 0; i < kEntries.size(); ++i) {
    names[i] = kEntries[i].reason == Reason::no_live ? "off" : kEntries[i].name;
    if (names[i] == word && word != "off") return bit(kEntries[i].reason);
  }
  const auto near = net::nearest(word, names);
  if (near.empty()) return net::fail(fmt::format("\"{}\" is not one of {}", word, kWords));
  return net::fail(
      fmt::format("\"{}\" is not one of {}; did you mean \"{}\"?", word, kWords, near));
}

}  // namespace

std::string_view to_string(Reason reason) {
  return entry(reason).name;
}

std::string to_string(ReasonSet reasons) {
  std::string out;
  for (const auto& e : kEntries) {
    if ((reasons & bit(e.reason)) == 0) continue;
    if (!out.empty()) out += ' ';
    out += e.name;
  }
  return out.empty() ? "off" : out;
}

net::Result<ReasonSet> parse_reasons(std::string_view text) {
  ReasonSet reasons = 0;
  bool off = false;
  bool any = false;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    const auto word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) continue;
    any = true;
    if (word == "off") {
      off = true;
      continue;
    }
    const auto one = parse_word(word);
    if (!one) return one;
    reasons |= *one;
  }
  if (!any) return net::fail(fmt::format("\"\" names no reason; expected {}", kWords));
  return off ? 0 : reasons;
}

int status_of(Reason reason) {
  return entry(reason).status;
}

std::optional<Reason> reason_of_status(int status) {
  for (const auto& e : kEntries) {
    if (status != 0 && e.of_status == status) return e.reason;
  }
  return std::nullopt;
}

}  // namespace badgate::proxy
