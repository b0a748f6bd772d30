// A cell as people write it down: "200 ×2, 502 1.2s SH--".
#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <optional>

#include "harness/matrix/cell.h"
#include "harness/text_fields.h"
#include "net/text.h"

namespace badgate::harness::matrix {
namespace {

constexpr std::string_view kTimes = "×";

std::string_view take(std::string_view& text, std::string_view separator) {
  const auto at = text.find(separator);
  const auto part = text.substr(0, at);
  text.remove_prefix(at == text.npos ? text.size() : at + separator.size());
  return part;
}

bool is_digits(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) != 0; });
}

// "no answer", "left", "raw bytes", "503", at the front of `words`, which is moved behind it.
bool take_kind(std::string_view& words, Answer& answer) {
  answer.completeness = Completeness::whole;
  for (const std::string_view name : {"no answer", "raw bytes", "left"}) {
    if (!words.starts_with(name)) continue;
    words.remove_prefix(std::min(words.size(), name.size() + 1));
    answer.client_left = name == "left";
    answer.completeness = name == "raw bytes" ? Completeness::raw : Completeness::empty;
    return true;
  }
  const auto status = take(words, " ");
  answer.status = number_in<int>(status);
  return status.size() == 3 && is_digits(status);
}

// "1m1s", "1.2s", as format_duration writes them.
std::optional<net::Duration> parse_time(std::string_view word) {
  const auto dot = word.find('.');
  if (dot == word.npos) {
    const auto whole = net::parse_duration(word);
    return whole ? std::optional(*whole) : std::nullopt;
  }
  if (!word.ends_with('s') || !is_digits(word.substr(0, dot))) return std::nullopt;
  const auto digits = word.substr(dot + 1, word.size() - dot - 2);
  if (!is_digits(digits) || digits.size() > 3) return std::nullopt;
  const std::string padded = std::string(digits) + std::string(3 - digits.size(), '0');
  return std::chrono::seconds(number_in<int>(word.substr(0, dot))) +
         std::chrono::milliseconds(number_in<int>(padded));
}

// What may follow; false: it is none of these, but the proxy's own word.
bool take_detail(std::string_view word, Answer& answer) {
  if (word == "cut" || word == "empty") {
    answer.completeness = word == "cut" ? Completeness::cut : Completeness::empty;
    return true;
  }
  if (word.starts_with(kTimes) && is_digits(word.substr(kTimes.size()))) {
    answer.times = number_in<std::uint64_t>(word.substr(kTimes.size()));
    return true;
  }
  if (word.ends_with('%') && is_digits(word.substr(0, word.size() - 1))) {
    answer.share = number_in<unsigned>(word);
    return true;
  }
  if (std::isdigit(static_cast<unsigned char>(word.front())) == 0) return false;
  const auto time = parse_time(word);
  if (time) answer.shortest = answer.longest = *time;
  return time.has_value();
}

}  // namespace

net::Result<Cell> parse_cell(std::string_view text) {
  Cell cell;
  std::string_view rest = text;
  while (!rest.empty()) {
    Answer answer{.times = 1};
    auto words = take(rest, ", ");
    if (!take_kind(words, answer))
      return net::fail(fmt::format("\"{}\" does not say what clients got", text));
    while (!words.empty()) {
      const auto word = take(words, " ");
      if (word.empty()) continue;
      if (!take_detail(word, answer)) cell.codes.emplace_back(word);
    }
    cell.answers.push_back(answer);
  }
  if (cell.answers.empty()) return net::fail("expected what clients got, not an empty text");
  return cell;
}

}  // namespace badgate::harness::matrix
