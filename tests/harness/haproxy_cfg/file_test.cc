// HAProxy's configuration language: words, quotes, sections, and the mistakes in them.
#include "harness/haproxy_cfg/file.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "harness/temp_folder.h"

namespace badgate::harness::haproxy_cfg {
namespace {

// "[word][word]", or what is wrong with it.
std::string words_of(std::string_view line) {
  const Words split = haproxy_cfg::split(line);
  if (!split.mistake.empty()) return split.mistake + " at " + std::to_string(split.column);
  std::string out;
  for (const Word& word : split.words)
    out += "[" + word.text + "]";
  return out;
}

std::string mistakes(std::string_view text) {
  return to_text(read_text(text, "haproxy.cfg").diagnostics);
}

bool has(const std::string& text, std::string_view part) {
  INFO(text);
  return text.find(part) != text.npos;
}

// A configuration in which only the lines are wrong, if at all.
std::string with(const std::string& lines) {
  return "defaults\n  mode http\n  timeout client 1s\nfrontend web\n  bind :80\n" + lines + "\n";
}

// As HAProxy 2.6.12 takes lines apart.
TEST_CASE("Words end at blanks, quotes and backslashes keep them together") {
  struct Case {
    const char* line;
    const char* words;
  };
  const Case cases[] = {
      {"", ""},
      {"  # a comment", ""},
      {"\tmode  http\t", "[mode][http]"},
      {"mode http# comment", "[mode][http]"},
      {R"(mode http\#x)", "[mode][http#x]"},
      {R"(log-format "%ci # %ST")", "[log-format][%ci # %ST]"},
      {R"(acl a path '/a b' "/c d" e\ f)", "[acl][a][path][/a b][/c d][e f]"},
      {R"(a x"y z"w)", "[a][xy zw]"},
      {R"(a "it's" '"')", "[a][it's][\"]"},
      {R"(a \"x\' \\)", "[a][\"x'][\\]"},
      {R"(acl a path_reg ^/x\.y$)", R"([acl][a][path_reg][^/x\.y$])"},
      {R"(a '\x41' "\x41")", R"([a][\x41][A])"},
      {"a \"${HOST}:8080\" \"$PORT\" $PLAIN", "[a][${HOST}:8080][$PORT][$PLAIN]"},
      {R"(a "\$1" '$1')", "[a][$1][$1]"},
      {"a \"\"", "[a][]"},
      {"\vlua-load\fx", "[lua-load][x]"},
      {"maxconn 1\r lua-load x", "[maxconn][1]"},
      {"\r lua-load x", ""},
      {"a \"b\rc\"", "unmatched quote at 3"},
      {"a \"b", "unmatched quote at 3"},
      {"a 'b", "unmatched quote at 3"},
      {R"(a \x4)", "truncated or invalid hexadecimal sequence at 3"},
      {"a \"^/b$\"", "forbidden first char in environment variable name at 7"},
      {"a \"${B\"", "unmatched brace in environment variable name at 4"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.line);
    CHECK(words_of(c.line) == c.words);
  }
  std::string many;
  for (std::size_t i = 0; i <= max_words; ++i)
    many += "w ";
  CHECK(words_of(many) == "too many words, more than 64 at 129");
}

TEST_CASE("What is written with quotes is read back as it was") {
  for (const std::string text : {"plain", "", "a b", "it's", "\"", "back\\slash", "#", "$HOME",
                                 "tab\tnewline\n", "%[src]", "v\vf\fr\r"}) {
    CAPTURE(text);
    const auto split = haproxy_cfg::split("x " + haproxy_cfg::quoted(text));
    REQUIRE(split.mistake.empty());
    REQUIRE(split.words.size() == 2);
    CHECK(split.words[1].text == text);
  }
}

TEST_CASE("Sections have kinds, names, and the defaults that they are from") {
  const File file = read_text(
      "# head\nglobal\n  daemon\ndefaults base\n  mode http\ndefaults other from base\n"
      "defaults from base\nlisten all from other\n  bind :80\nresolvers dns\n",
      "haproxy.cfg");
  REQUIRE(file.ok());
  REQUIRE(file.sections.size() == 7);
  CHECK(file.sections[0].kind.empty());
  CHECK(file.sections[0].lines[0].text == "# head");
  CHECK(file.sections[1].kind == "global");
  CHECK(file.sections[2].name == "base");
  CHECK(file.sections[3].from == "base");
  CHECK(file.sections[4].name.empty());
  CHECK(file.sections[4].from == "base");
  CHECK(file.sections[5].name == "all");
  CHECK(file.sections[5].from == "other");
  CHECK(file.sections[5].lines[0].word(1) == ":80");
  CHECK(file.sections[5].lines[0].position.line == 9);
  CHECK(file.sections[5].lines[0].position.column == 3);
  CHECK(file.sections[6].kind == "resolvers");
}

TEST_CASE("A line ends where HAProxy ends it") {
  const File file = read_text("defaults\r\n  mode http\r lua-load x\r\n", "haproxy.cfg");
  REQUIRE(file.ok());
  REQUIRE(file.sections.size() == 2);
  CHECK(file.sections[1].lines.front().text == "  mode http");
  CHECK(file.sections[1].lines.front().raw(1) == "http");
}

TEST_CASE("The first branch of a condition is read") {
  const File file = read_text(
      with(".if defined(X)\n  maxconn 1\n.elif 0\n  frob\n.else\n  maxcon 2\n.endif\n  maxconn 3"),
      "haproxy.cfg");
  REQUIRE(file.ok());
  std::string active;
  for (const Line& line : file.sections.back().lines)
    if (line.active && !line.words.empty()) active += line.text + ";";
  CHECK(active == "  bind :80;  maxconn 1;  maxconn 3;");
  CHECK(has(mistakes(".endif\n"), "haproxy.cfg:1:1: error: lone '.endif' with no matching '.if'"));
  CHECK(has(mistakes(".if 1\n"), "missing '.endif'"));
}

TEST_CASE("Mistakes are told with their place and what was meant") {
  struct Case {
    std::string text;
    const char* place;
    const char* part;
  };
  const Case cases[] = {
      {"mode http\n", "haproxy.cfg:1:1: ", "unknown keyword \"mode\" out of section"},
      {"frontned web\n", "haproxy.cfg:1:1: ", "frontend"},
      {with("  bnd :81"), "haproxy.cfg:6:3: ", "bind"},
      {with("  timeout clinet 3s"), "haproxy.cfg:6:11: ", "client"},
      {with("  timeout client 3x"), "haproxy.cfg:6:18: ", "\"3x\" is no time"},
      {with("  timeout client"), "haproxy.cfg:6:11: ", "without a time"},
      {with("  timeout client 3s 4s"), "haproxy.cfg:6:21: ", "unexpected argument \"4s\""},
      {with("  option htpclog"), "haproxy.cfg:6:10: ", "httplog"},
      {with("  no retries 3"), "haproxy.cfg:6:6: ", "'no' is for `option` and `log`"},
      {with("  maxconn many"), "haproxy.cfg:6:11: ", "'maxconn' expects a number"},
      {with("  log-format \"abc"), "haproxy.cfg:6:14: ", "unmatched quote"},
      {with("  default_backend shp\nbackend shop"), "haproxy.cfg:6:19: ", "shop"},
      {with("  use_backend nope if TRUE"), "haproxy.cfg:6:15: ", "there is no backend \"nope\""},
      {with("backend b\n  server s"),
       "haproxy.cfg:7:3: ", "'server' expects a name and an address"},
      {with("backend"), "haproxy.cfg:6:1: ", "'backend' expects a name"},
      {with("backend a b"), "haproxy.cfg:6:11: ", "unexpected \"b\""},
      {with("backend a from bsae\ndefaults base"), "haproxy.cfg:6:16: ", "base"},
      {with("listen web"),
       "haproxy.cfg:6:8: ", "has the same name as the frontend of haproxy.cfg:4"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const auto told = mistakes(c.text);
    CAPTURE(told);
    CHECK(told.starts_with(std::string(c.place) + "error: "));
    CHECK(has(told, c.part));
  }
}

TEST_CASE("What a newer HAProxy may know, and what only the machine knows, is no mistake") {
  for (const char* lines :
       {"  quic-initial reject", "  option something-entirely-new", "  timeout client \"$T\"",
        "  maxconn \"${MAX}\"", "  use_backend %[req.hdr(host)]", "  use_backend \"be_%[path]\"",
        "  clitcpka-intvl 5s\n  srvtcpka-idle 5s\n  srvtcpka-intvl 5s", "  no option httplog",
        "  default option dontlognull", "backend web\n  retries 1"}) {
    CAPTURE(lines);
    CHECK(mistakes(with(lines)) == "");
  }
}

TEST_CASE("A folder is its *.cfg in the order of their names, each begun outside of sections") {
  const auto folder = TempFolder::make();
  REQUIRE(folder);
  const auto write = [&](const char* name, const char* text) {
    std::ofstream(folder->path() + "/" + name) << text;
  };
  write("20-web.cfg", "frontend web\n  bind :80\n");
  write("10-base.cfg", "defaults\n  mode http\n");
  write(".hidden.cfg", "rubbish\n");
  write("notes.txt", "rubbish\n");
  const File file = read(folder->path());
  REQUIRE(file.ok());
  CHECK(file.sections[1].kind == "defaults");
  CHECK(file.sections[3].name == "web");
  CHECK(file.sections[3].header.position.file == folder->path() + "/20-web.cfg");
  write("30-lost.cfg", "  maxconn 3\n");
  CHECK(has(to_text(read(folder->path()).diagnostics),
            "30-lost.cfg:1:3: error: unknown keyword \"maxconn\" out of section"));
}

TEST_CASE("Hostile files end in words") {
  CHECK(has(to_text(read("/nonexistent/haproxy.cfg").diagnostics), "No such file"));
  CHECK(has(mistakes(std::string("defaults\n a\0b\n", 14)), "NUL"));
  CHECK(has(mistakes("\x7F"
                     "ELF\x02\x01"),
            "out of section"));
  std::string lines;
  for (std::size_t i = 0; i <= max_lines; ++i)
    lines += "\n";
  CHECK(has(mistakes(lines), "too many lines"));
  CHECK(read_text("defaults\n  description " + std::string(1'000'000, 'x') + "\n", "f").ok());
  std::string nested;
  for (int i = 0; i < 1000; ++i)
    nested += ".if 1\n";
  CHECK(has(mistakes(nested), "too many nested '.if'"));
}

}  // namespace
}  // namespace badgate::harness::haproxy_cfg
