// What requests and responses have in common: header fields, log notes, body framing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace badgate::net::http1 {

// HTTP versions as nginx numbers them: major * 1000 + minor; HTTP/0.9 has no version on the wire.
inline constexpr int version_9 = 9;
inline constexpr int version_10 = 1000;
inline constexpr int version_11 = 1001;

// One header field, its name in the case it was sent in.
struct Header {
  std::string name;
  std::string value;
  // nginx keeps the field but never passes it on: a duplicate that was "ignored", or a name without
  // a single letter, digit, '-' or '_', whose hash is 0 (ngx_http_header_filter).
  bool dropped = false;

  bool operator==(const Header&) const = default;
};

using HeaderList = std::vector<Header>;

// Names compare without regard to (ASCII) case, RFC 9110 section 5.1.
bool equal_letters(const char* a, const char* b, std::size_t size);
inline bool iequals(std::string_view a, std::string_view b) {
  return a.size() == b.size() && equal_letters(a.data(), b.data(), a.size());
}
bool icontains(std::string_view text, std::string_view part);
const Header* find_header(const HeaderList& headers, std::string_view name);  // first, or nullptr

// Decimal digits only, as ngx_atoof: no sign, no space, not empty, no overflow.
std::optional<std::int64_t> parse_length(std::string_view digits);

enum class LogLevel { info, warn, error };
std::string_view to_string(LogLevel level);  // "info", "warn", "error"

// A line that nginx writes to its error log because of what was read: the text before " while ".
// Like nginx's it holds the peer's bytes unescaped. The log cuts a whole line at 2048 bytes.
struct LogNote {
  LogLevel level = LogLevel::info;
  std::string text;

  bool operator==(const LogNote&) const = default;
};

// How the end of a body is found, RFC 9112 section 6.3.
struct Framing {
  enum class Kind { none, length, chunked, until_close };
  Kind kind = Kind::none;
  std::int64_t length = 0;  // of Kind::length

  bool operator==(const Framing&) const = default;
};

// FNV-1a, 64 bits, running: tells bodies apart without storing them.
class Fnv1a {
 public:
  void add(std::string_view bytes) {
    for (const char c : bytes)
      value_ = (value_ ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325U;
};

}  // namespace badgate::net::http1
