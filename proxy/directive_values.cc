#include "proxy/directive_values.h"

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

}  // namespace badgate::proxy
