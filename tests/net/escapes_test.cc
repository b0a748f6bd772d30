#include "net/escapes.h"

#include <doctest/doctest.h>

#include <string>

using namespace badgate;
using namespace std::string_literals;

TEST_CASE("bytes are written as C writes them") {
  CHECK(net::escape("a\r\n\t\\'\"\x01\xff\0"s) == R"(a\r\n\x09\\\x27\x22\x01\xff\x00)");
  CHECK(net::unescape(R"(a\r\n\t\\\x00\xFf'")").value() == "a\r\n\t\\\0\xff'\""s);
}

TEST_CASE("every byte comes back") {
  std::string all;
  for (int byte = 0; byte < 256; ++byte)
    all += static_cast<char>(byte);
  CHECK(net::unescape(net::escape(all)).value() == all);
}

TEST_CASE("what is no escape is refused, and named") {
  for (const std::string text : {R"(\)", R"(\q)", R"(\x)", R"(\x1)", R"(\xg0)", R"(a\x1g)"}) {
    CAPTURE(text);
    const auto result = net::unescape(text);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().message.find("is none of") != std::string::npos);
  }
}
