// How the values of directives are parsed and stored: one function template for each kind of
// value, to be named in a table of net::Field. Only directives.cc needs it.
#pragma once

#include <fmt/core.h>

#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/result.h"
#include "net/text.h"
#include "proxy/settings.h"

namespace badgate::proxy {

// Bounds that nginx does not have, so that sums of times and sizes cannot overflow.
inline constexpr net::Duration kLongest = std::chrono::hours(24 * 3650);
inline constexpr std::uint64_t kLargestBuffer = std::uint64_t{1} << 30;
inline constexpr std::uint64_t kMostBuffers = 1'000'000;

template <typename Member, typename T>
net::Result<void> store(Member& member, net::Result<T> value) {
  if (!value) return tl::unexpected(std::move(value.error()));
  member = static_cast<Member>(*std::move(value));
  return {};
}

net::Result<net::Duration> parse_time(std::string_view text);
net::Result<std::uint64_t> parse_buffer_size(std::string_view text);  // at least 1
net::Result<unsigned> parse_count(std::string_view text);             // 0 is one
net::Result<Buffers> parse_buffers(std::string_view text);            // "8 4k"
std::vector<std::string_view> words_of(std::string_view text);        // between spaces

// What `parse` makes of the text.
template <auto member, auto parse, typename T>
net::Result<void> set_parsed(T& into, std::string_view text) {
  return store(into.*member, parse(text));
}

template <auto member, typename T>
net::Result<void> set_time(T& into, std::string_view text) {
  return store(into.*member, parse_time(text));
}

template <auto member, typename T>
net::Result<void> set_size(T& into, std::string_view text) {
  return store(into.*member, net::parse_size(text));
}

template <auto member, typename T>
net::Result<void> set_buffer_size(T& into, std::string_view text) {
  return store(into.*member, parse_buffer_size(text));
}

template <auto member, typename T>
net::Result<void> set_buffers(T& into, std::string_view text) {
  return store(into.*member, parse_buffers(text));
}

template <auto member, typename T>
net::Result<void> set_count(T& into, std::string_view text) {
  return store(into.*member, parse_count(text));
}

template <auto member, typename T>
net::Result<void> set_flag(T& into, std::string_view text) {
  return store(into.*member, net::parse_flag(text));
}

// The arguments of a directive, with nginx's quotes and backslashes (ngx_conf_read_token).
net::Result<std::vector<std::string>> arguments_of(std::string_view text);
// The directives of a text that holds several: its lines.
std::vector<std::string_view> lines_of(std::string_view text);

net::Result<std::vector<HeaderSetting>> parse_headers(std::string_view text, bool may_be_always);

template <auto member, typename T>
net::Result<void> set_headers(T& into, std::string_view text) {
  return store(into.*member, parse_headers(text, false));
}
template <auto member, typename T>
net::Result<void> add_headers(T& into, std::string_view text) {
  return store(into.*member, parse_headers(text, true));
}

// The names of headers, one a line.
net::Result<std::vector<std::string>> parse_names(std::string_view text);

template <auto member, typename T>
net::Result<void> set_names(T& into, std::string_view text) {
  return store(into.*member, parse_names(text));
}

// One text a line.
template <auto member, typename T>
net::Result<void> set_lines(T& into, std::string_view text) {
  std::vector<std::string> lines;
  for (const auto line : lines_of(text))
    lines.emplace_back(line);
  into.*member = std::move(lines);
  return {};
}

// One word without spaces or control characters.
template <auto member, typename T>
net::Result<void> set_word(T& into, std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f)
      return net::fail(fmt::format("\"{}\" is not one word without spaces", text));
  }
  if (text.empty()) return net::fail("expected a word, not an empty text");
  into.*member = std::string(text);
  return {};
}

}  // namespace badgate::proxy
