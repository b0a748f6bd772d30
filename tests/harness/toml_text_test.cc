// What is put into quotes is read back by the scenario reader as the same text.
#include "harness/toml_text.h"

#include <doctest/doctest.h>

#include "harness/load/document.h"
#include "harness/printable.h"
#include "net/rng.h"

namespace badgate::harness {
namespace {

std::string read_back(const std::string& file, std::string_view key) {
  Diagnostics diagnostics("test", file);
  const auto node = parse_document(file, diagnostics);
  CAPTURE(file);
  REQUIRE(node);
  REQUIRE(node->find(key) != nullptr);
  return node->find(key)->value.text;
}

// Nothing in it that an editor or a terminal would not show.
bool is_plain(const std::string& text) {
  return printable(text, text.size()) == text;
}

std::string utf8(std::uint32_t code) {
  const auto tail = [&](unsigned shift) {
    return static_cast<char>(0x80U | (code >> shift & 0x3FU));
  };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xC0U | code >> 6U), tail(0)};
  if (code < 0x10000) return {static_cast<char>(0xE0U | code >> 12U), tail(6), tail(0)};
  return {static_cast<char>(0xF0U | code >> 18U), tail(12), tail(6), tail(0)};
}

void check_round_trip(const std::string& text) {
  const std::string quoted = toml_string(text);
  CHECK(is_plain(quoted));
  CHECK(read_back("key = " + quoted, "key") == text);
  CHECK(read_back(toml_key(text) + " = \"value\"", text) == "value");
}

TEST_CASE("every character survives the quotes, and stands in them so that it is seen") {
  for (std::uint32_t code = 0; code < 0x3000; ++code)
    check_round_trip("a" + utf8(code) + "b");
  for (const std::uint32_t code : {0xD7FFU, 0xE000U, 0xFEFFU, 0xFFFDU, 0xFFFFU, 0x10000U, 0x1F600U,
                                   0xE0001U, 0xE007FU, 0x10FFFFU})
    check_round_trip(utf8(code));
  CHECK(toml_string("\"\\\n\t\x1b\x7f\xC2\x85") == R"("\"\\\n\u0009\u001B\u007F\u0085")");
  CHECK(toml_string(utf8(0xE0001)) == R"("\U000E0001")");
}

TEST_CASE("texts made by chance survive the quotes") {
  net::Rng rng(7);
  for (int i = 0; i < 500; ++i) {
    std::string text;
    for (std::uint64_t length = rng.below(40); length > 0; --length) {
      const auto code = static_cast<std::uint32_t>(rng.below(rng.below(2) == 0 ? 0x100 : 0x110000));
      if (code < 0xD800 || code >= 0xE000) text += utf8(code);
    }
    check_round_trip(text);
  }
}

TEST_CASE("bytes made by chance become a file that can be read") {
  net::Rng rng(8);
  for (int i = 0; i < 500; ++i) {
    std::string bytes;
    for (std::uint64_t length = rng.below(40); length > 0; --length)
      bytes += static_cast<char>(rng.below(256));
    const std::string quoted = toml_string(bytes);
    CHECK(is_plain(quoted));
    CHECK(find_invalid_utf8(read_back("key = " + quoted, "key")) == std::string::npos);
  }
  CHECK(read_back("key = " + toml_string("a\xFF\xC3z"), "key") == "a\xEF\xBF\xBD\xEF\xBF\xBDz");
}

TEST_CASE("keys are bare where they can be") {
  CHECK(toml_key("proxy_pass-1") == "proxy_pass-1");
  CHECK(toml_key("a.b") == "\"a.b\"");
  CHECK(toml_key("") == "\"\"");
}

}  // namespace
}  // namespace badgate::harness
