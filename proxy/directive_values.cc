#include "proxy/directive_values.h"

#include "proxy/complex_value.h"

namespace badgate::proxy {

net::Result<net::Duration> parse_time(std::string_view text) {
  auto time = net::parse_duration(text);
  if (time && *time > kLongest)
    return net::fail(fmt::format("\"{}\" is too long a time; expected at most 10y", text));
  return time;
}

net::Result<std::uint64_t> parse_buffer_size(std::string_view text) {
  auto size = net::parse_size(text);
  if (size && (*size == 0 || *size > kLargestBuffer))
    return net::fail(fmt::format("\"{}\" is no size for a buffer; expected 1 to 1g", text));
  return size;
}

net::Result<unsigned> parse_count(std::string_view text) {
  const auto number = net::parse_number(text);
  if (!number) return tl::unexpected(number.error());
  if (*number > std::numeric_limits<std::int32_t>::max())
    return net::fail(fmt::format("\"{}\" is too large; expected at most 2147483647", text));
  return static_cast<unsigned>(*number);
}

net::Result<Buffers> parse_buffers(std::string_view text) {
  const auto wrong = [text] {
    return net::fail(
        fmt::format("\"{}\" is not a number of buffers and their size; write it as 8 4k", text));
  };
  const auto space = text.find(' ');
  if (space == text.npos) return wrong();
  const auto size_at = std::min(text.find_first_not_of(' ', space), text.size());
  const auto number = net::parse_number(text.substr(0, space));
  const auto size = parse_buffer_size(text.substr(size_at));
  if (!number || *number == 0 || *number > kMostBuffers || !size) return wrong();
  return Buffers{static_cast<unsigned>(*number), static_cast<std::size_t>(*size)};
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    if (end > at) words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

namespace {

// One argument from the front of `text`.
net::Result<std::string> take_argument(std::string_view& text) {
  std::string out;
  const char quote = text.front() == '"' || text.front() == '\'' ? text.front() : ' ';
  std::size_t at = quote == ' ' ? 0 : 1;
  for (; at < text.size() && text[at] != quote; ++at) {
    const bool escaped = text[at] == '\\' && at + 1 < text.size() &&
                         std::string_view("\\\"\'").find(text[at + 1]) != std::string_view::npos;
    if (escaped) ++at;
    out += text[at];
  }
  if (quote != ' ') {
    if (at == text.size()) return net::fail("the closing quote is missing");
    ++at;
    if (at < text.size() && text[at] != ' ')
      return net::fail(fmt::format("a space is missing behind \"{}\"", out));
  }
  text.remove_prefix(at);
  return out;
}

}  // namespace

net::Result<std::vector<std::string>> arguments_of(std::string_view text) {
  std::vector<std::string> out;
  for (;;) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    if (text.empty()) return out;
    auto argument = take_argument(text);
    if (!argument) return tl::unexpected(argument.error());
    out.push_back(std::move(*argument));
  }
}

net::Result<std::vector<HeaderSetting>> parse_headers(std::string_view text, bool may_be_always) {
  std::vector<HeaderSetting> headers;
  for (const auto line : lines_of(text)) {
    auto words = arguments_of(line);
    if (!words) return tl::unexpected(words.error());
    const bool always = may_be_always && words->size() == 3 && words->back() == "always";
    if (words->size() != (always ? 3U : 2U) || words->front().empty())
      return net::fail(
          fmt::format("\"{}\" is not a name and a value; write it as X-Name value", line));
    if (auto value = ComplexValue::compile((*words)[1]); !value)
      return tl::unexpected(value.error());
    headers.push_back({std::move((*words)[0]), std::move((*words)[1]), always});
  }
  return headers;
}

net::Result<std::vector<std::string>> parse_names(std::string_view text) {
  std::vector<std::string> names;
  for (const auto line : lines_of(text)) {
    for (const auto word : words_of(line))
      names.emplace_back(word);
  }
  if (names.empty()) return net::fail("expected the name of a header");
  return names;
}

}  // namespace badgate::proxy
