#include "harness/printable.h"

#include <doctest/doctest.h>

#include <string>

using namespace badgate::harness;
using namespace std::string_literals;

TEST_CASE("Text of unknown origin is made safe to show") {
  struct Case {
    std::string text;
    std::string shown;
  };
  const Case cases[] = {
      {"plain", "plain"},
      {"a\tb", "a    b"},
      {"a\x1b[31mb", "a<1B>[31mb"},
      {"a\nb\r", "a<0A>b<0D>"},
      {"nul \0 here"s, "nul <00> here"},
      {"caf\xc3\xa9", "café"},
      {"caf\xe9", "caf<E9>"},
      {"\xff\xfe", "<FF><FE>"},
      {"\xc0\xaf", "<C0><AF>"},                  // overlong
      {"\xed\xa0\x80", "<ED><A0><80>"},          // a surrogate
      {"\xf4\x90\x80\x80", "<F4><90><80><80>"},  // above U+10FFFF
      {"cut \xe2\x82", "cut <E2><82>"},
      {"\xe2\x80\xae", "<U+202E>"},  // right-to-left override
      {"\xc2\x85", "<U+0085>"},      // C1 control
      {"\xef\xbb\xbf", "<U+FEFF>"},  // byte order mark
  };
  for (const Case& c : cases)
    CHECK(printable(c.text) == c.shown);
}

TEST_CASE("Long text is cut") {
  CHECK(printable("abcdef", 6) == "abcdef");
  CHECK(printable("abcdefg", 6) == "abcdef…");
  CHECK(printable("漢字漢字", 5) == "漢字…");
}

TEST_CASE("Widths are those of a terminal") {
  CHECK(glyphs("a").at(0).width == 1);
  CHECK(glyphs("漢").at(0).width == 2);
  CHECK(glyphs("\t").at(0).width == 4);
  CHECK(glyphs("\xff").at(0).width == 4);
  CHECK(glyphs("e\xcc\x81").at(1).width == 0);
}

TEST_CASE("The first byte that is not UTF-8 is found") {
  CHECK(find_invalid_utf8("") == std::string::npos);
  CHECK(find_invalid_utf8("häßlich 漢字 🎉") == std::string::npos);
  CHECK(find_invalid_utf8("ab\xff") == 2);
  CHECK(find_invalid_utf8("ab\xe2\x82") == 2);
}
