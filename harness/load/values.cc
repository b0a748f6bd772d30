#include "harness/load/values.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>

#include "net/text.h"

namespace badgate::harness {
namespace {

constexpr auto kTime = "a time such as 60s, 500ms or 1m30s";
constexpr auto kSize = "a size such as 100, 8k or 1m";
constexpr auto kHeaders = "a table of header names and values, such as { Accept = \"text/html\" }";

// Text as the value functions of net/ read it; numbers may be written bare.
std::optional<std::string> number_text(Reader& reader, const Node& node,
                                       std::string_view expected) {
  if (node.is(Node::Kind::text)) return node.text;
  if (node.is(Node::Kind::integer) || node.is(Node::Kind::number)) return as_words(node);
  say_wrong_kind(reader, node, expected);
  return std::nullopt;
}

void not_valid(Reader& reader, const Node& node, std::string_view text, std::string_view expected) {
  if (text.starts_with('-')) {
    reader.add(node.place, fmt::format("{} is negative", in_quotes(text)), std::string(expected));
  } else {
    reader.add(node.place, fmt::format("{} is not valid here", in_quotes(text)),
               std::string(expected));
  }
}

template <typename T>
std::optional<T> read_parsed(Reader& reader, const Node& node,
                             net::Result<T> (*parse)(std::string_view), std::string_view expected) {
  const auto text = number_text(reader, node, expected);
  if (!text) return std::nullopt;
  const auto value = parse(*text);
  if (value) return *value;
  not_valid(reader, node, *text, expected);
  return std::nullopt;
}

template <typename T>
std::optional<T> read_bound(Reader& reader, const Node& node, std::string_view text,
                            net::Result<T> (*parse)(std::string_view), std::string_view expected) {
  const auto value = parse(text);
  if (value) return *value;
  not_valid(reader, node, text, expected);
  return std::nullopt;
}

// "LOW..HIGH", "LOW..", "..HIGH" or one value.
template <typename T>
std::optional<Range<T>> read_range(Reader& reader, const Node& node,
                                   net::Result<T> (*parse)(std::string_view),
                                   std::string_view expected) {
  const auto text = number_text(reader, node, expected);
  if (!text) return std::nullopt;
  const std::size_t dots = text->find("..");
  if (dots == std::string::npos) {
    const auto value = read_bound<T>(reader, node, *text, parse, expected);
    if (!value) return std::nullopt;
    return Range<T>{*value, *value, true};
  }
  const std::string low = text->substr(0, dots);
  const std::string high = text->substr(dots + 2);
  Range<T> range;
  if (low.empty() && high.empty()) {
    not_valid(reader, node, *text, expected);
    return std::nullopt;
  }
  if (!low.empty() && !(range.low = read_bound<T>(reader, node, low, parse, expected)))
    return std::nullopt;
  if (!high.empty() && !(range.high = read_bound<T>(reader, node, high, parse, expected)))
    return std::nullopt;
  if (range.low && range.high && *range.low > *range.high) {
    reader.add(
        node.place,
        fmt::format("the range {} is empty: its low end is above its high end", in_quotes(*text)),
        "LOW..HIGH, with LOW not above HIGH");
    return std::nullopt;
  }
  return range;
}

bool is_header_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return c > ' ' && c < 0x7F && c != ':';
  });
}

bool is_header_value(std::string_view value) {
  return value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

}  // namespace

void say_wrong_kind(Reader& reader, const Node& node, std::string_view expected) {
  reader.add(node.place, fmt::format("this is {}, which cannot stand here", kind_name(node.kind)),
             std::string(expected));
}

bool expect_kind(Reader& reader, const Node& node, Node::Kind kind, std::string_view expected) {
  if (node.is(kind)) return true;
  say_wrong_kind(reader, node, expected);
  return false;
}

std::optional<std::string> as_words(const Node& node) {
  switch (node.kind) {
    case Node::Kind::text:
      return node.text;
    case Node::Kind::integer:
      return fmt::format("{}", node.integer);
    case Node::Kind::number:
      return fmt::format("{}", node.number);
    case Node::Kind::flag:
      return node.flag ? "on" : "off";
    case Node::Kind::list:
      break;
    default:
      return std::nullopt;
  }
  std::string out;
  for (const Node& item : node.items) {
    const auto word = item.is(Node::Kind::list) ? std::nullopt : as_words(item);
    if (!word) return std::nullopt;
    if (!out.empty()) out += ' ';
    out += *word;
  }
  return out;
}

std::optional<std::string> as_lines(const Node& node) {
  if (!node.is(Node::Kind::list)) return as_words(node);
  std::string out;
  for (const Node& item : node.items) {
    const auto line = as_words(item);
    if (!line) return std::nullopt;
    if (!out.empty()) out += '\n';
    out += *line;
  }
  return out;
}

std::optional<std::string> read_text(Reader& reader, const Node& node) {
  if (!expect_kind(reader, node, Node::Kind::text, "text in quotes")) return std::nullopt;
  return node.text;
}

std::optional<std::vector<std::string>> read_texts(Reader& reader, const Node& node) {
  if (node.is(Node::Kind::text)) return std::vector{node.text};
  constexpr auto expected = "text in quotes, or a list of such texts";
  if (!expect_kind(reader, node, Node::Kind::list, expected)) return std::nullopt;
  std::vector<std::string> out;
  for (const Node& item : node.items) {
    if (!expect_kind(reader, item, Node::Kind::text, "text in quotes")) return std::nullopt;
    out.push_back(item.text);
  }
  return out;
}

std::optional<bool> read_flag(Reader& reader, const Node& node) {
  if (node.is(Node::Kind::text) && (node.text == "on" || node.text == "off"))
    return node.text == "on";
  if (!expect_kind(reader, node, Node::Kind::flag, "true or false")) return std::nullopt;
  return node.flag;
}

std::optional<std::uint64_t> read_count(Reader& reader, const Node& node) {
  return read_parsed<std::uint64_t>(reader, node, net::parse_number, "a number, 0 or more");
}

std::optional<unsigned> read_positive(Reader& reader, const Node& node) {
  constexpr auto expected = "a number from 1 to 100000";
  const auto value = read_parsed<std::uint64_t>(reader, node, net::parse_number, expected);
  if (!value) return std::nullopt;
  if (*value >= 1 && *value <= 100'000) return static_cast<unsigned>(*value);
  reader.add(node.place, fmt::format("{} is out of range", *value), expected);
  return std::nullopt;
}

std::optional<double> read_rate(Reader& reader, const Node& node) {
  constexpr auto expected = "a number of requests a second, above 0 and at most 1000000";
  if (!node.is(Node::Kind::integer) && !node.is(Node::Kind::number)) {
    say_wrong_kind(reader, node, expected);
    return std::nullopt;
  }
  const double value =
      node.is(Node::Kind::integer) ? static_cast<double>(node.integer) : node.number;
  if (value > 0 && value <= 1e6) return value;
  reader.add(node.place, fmt::format("a rate of {} is impossible", value), expected);
  return std::nullopt;
}

std::optional<double> read_ratio(Reader& reader, const Node& node) {
  return read_parsed<double>(reader, node, net::parse_ratio,
                             "a share from 0 to 1, or from 0% to 100%");
}

std::optional<net::Duration> read_time(Reader& reader, const Node& node) {
  return read_parsed<net::Duration>(reader, node, net::parse_duration, kTime);
}

std::optional<net::Duration> read_positive_time(Reader& reader, const Node& node) {
  const auto value = read_time(reader, node);
  if (value && *value > net::Duration::zero()) return value;
  if (value) reader.add(node.place, "the time must be longer than 0", kTime);
  return std::nullopt;
}

std::optional<net::TimePoint> read_moment(Reader& reader, const Node& node) {
  const auto value = read_time(reader, node);
  if (!value) return std::nullopt;
  return net::TimePoint(*value);
}

std::optional<std::uint64_t> read_size(Reader& reader, const Node& node) {
  return read_parsed<std::uint64_t>(reader, node, net::parse_size, kSize);
}

std::optional<std::uint64_t> read_byte_rate(Reader& reader, const Node& node) {
  const auto value = read_size(reader, node);
  if (value && *value > 0) return value;
  if (value) reader.add(node.place, "a rate of 0 bytes a second never ends", kSize);
  return std::nullopt;
}

std::optional<int> read_status(Reader& reader, const Node& node) {
  constexpr auto expected = "a status code from 100 to 999";
  if (node.is(Node::Kind::text)) {
    say_wrong_kind(reader, node, "a status code from 100 to 999, without quotes");
    return std::nullopt;
  }
  if (!expect_kind(reader, node, Node::Kind::integer, expected)) return std::nullopt;
  if (node.integer >= 100 && node.integer <= 999) return static_cast<int>(node.integer);
  reader.add(node.place, fmt::format("there is no status {}", node.integer), expected);
  return std::nullopt;
}

std::optional<Headers> read_headers(Reader& reader, const Node& node) {
  if (!expect_kind(reader, node, Node::Kind::table, kHeaders)) return std::nullopt;
  Headers out;
  for (const Member& member : node.members) {
    const auto value = number_text(reader, member.value, "the header's value, in quotes");
    if (!value) continue;
    if (!is_header_name(member.key)) {
      reader.add(member.place, fmt::format("{} cannot name a header", in_quotes(member.key)),
                 "visible characters without spaces and colons");
    } else if (!is_header_value(*value)) {
      reader.add(member.value.place, "a header's value cannot hold a line end or NUL");
    } else {
      out.emplace_back(member.key, *value);
    }
  }
  return out;
}

std::optional<Range<std::uint64_t>> read_count_range(Reader& reader, const Node& node) {
  return read_range<std::uint64_t>(reader, node, net::parse_number,
                                   "a number or a range such as \"1..3\"");
}

std::optional<Range<std::uint64_t>> read_size_range(Reader& reader, const Node& node) {
  return read_range<std::uint64_t>(reader, node, net::parse_size,
                                   "a size such as 100 or 8k, or a range such as \"1k..2k\"");
}

std::optional<Range<net::Duration>> read_time_range(Reader& reader, const Node& node) {
  return read_range<net::Duration>(reader, node, net::parse_duration,
                                   "a time such as 60s or 500ms, or a range such as \"59s..61s\"");
}

std::optional<Range<double>> read_ratio_range(Reader& reader, const Node& node) {
  return read_range<double>(reader, node, net::parse_ratio,
                            "a share from 0% to 100%, or a range such as \"0.5%..1.5%\"");
}

std::string listed(std::span<const std::string_view> words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
    out += words[i];
  }
  return out;
}

namespace {

// A word in the wrong case is nearer than any other.
std::string_view nearest_word(std::string_view text, std::span<const std::string_view> words) {
  const auto same = [](unsigned char a, unsigned char b) {
    return std::tolower(a) == std::tolower(b);
  };
  for (const std::string_view word : words) {
    if (std::equal(word.begin(), word.end(), text.begin(), text.end(), same)) return word;
  }
  return net::nearest(text, words);
}

}  // namespace

std::optional<std::string> read_word(Reader& reader, const Node& node,
                                     std::span<const std::string_view> words) {
  const std::string expected = "one of " + listed(words);
  if (!expect_kind(reader, node, Node::Kind::text, expected)) return std::nullopt;
  if (std::find(words.begin(), words.end(), node.text) != words.end()) return node.text;
  reader.add(node.place, fmt::format("{} is not valid here", in_quotes(node.text)), expected,
             std::string(nearest_word(node.text, words)));
  return std::nullopt;
}

}  // namespace badgate::harness
