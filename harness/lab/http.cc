#include "harness/lab/http.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

namespace badgate::harness::lab {
namespace {

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return lower(x) == lower(y);
  });
}

std::optional<char> decoded_byte(std::string_view two) {
  unsigned value = 0;
  if (two.size() != 2) return std::nullopt;
  const auto end = two.data() + two.size();
  const auto [at, error] = std::from_chars(two.data(), end, value, 16);
  if (error != std::errc() || at != end) return std::nullopt;
  return static_cast<char>(value);
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = text[i] == '%' ? decoded_byte(text.substr(i + 1, 2)) : std::nullopt;
    out += byte.value_or(text[i] == '+' ? ' ' : text[i]);
    if (byte) i += 2;
  }
  return out;
}

}  // namespace

std::size_t count_headers(const HttpRequest& request, std::string_view name) {
  return static_cast<std::size_t>(std::ranges::count_if(
      request.headers, [&](const auto& entry) { return same_name(entry.first, name); }));
}

std::optional<std::string_view> header(const HttpRequest& request, std::string_view name) {
  if (count_headers(request, name) != 1) return std::nullopt;
  return std::ranges::find_if(request.headers,
                              [&](const auto& entry) { return same_name(entry.first, name); })
      ->second;
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const auto pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const auto equals = std::min(pair.find('='), pair.size());
    if (pair.substr(0, equals) != name) continue;
    return decoded(pair.substr(std::min(pair.size(), equals + 1)));
  }
  return std::nullopt;
}

std::string_view reason_phrase(int status) {
  static constexpr std::array<std::pair<int, std::string_view>, 13> phrases{
      {{200, "OK"},
       {201, "Created"},
       {204, "No Content"},
       {400, "Bad Request"},
       {403, "Forbidden"},
       {404, "Not Found"},
       {405, "Method Not Allowed"},
       {413, "Content Too Large"},
       {415, "Unsupported Media Type"},
       {421, "Misdirected Request"},
       {422, "Unprocessable Content"},
       {500, "Internal Server Error"},
       {503, "Service Unavailable"}}};
  const auto at = std::ranges::find(phrases, status, &std::pair<int, std::string_view>::first);
  return at == phrases.end() ? "Unknown" : at->second;
}

HttpAnswer refused(int status, std::string_view words) {
  const nlohmann::json body = {{"error", words}};
  return {status, "application/json",
          body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

}  // namespace badgate::harness::lab
