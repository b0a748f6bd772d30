// nginx's configuration language: what its lexer makes of a text, includes, `nginx -T`, mistakes.
#include "harness/nginx_conf/tree.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <string>
#include <vector>

namespace badgate::harness::nginx_conf {
namespace {

// "name[arg][arg]{name[arg]}", all of it in one line.
std::string shape(const std::vector<Directive>& directives) {
  std::string out;
  for (const Directive& directive : directives) {
    if (!out.empty()) out += ' ';
    out += directive.name;
    for (const Argument& argument : directive.arguments)
      out += "[" + argument.text + "]";
    if (directive.has_block) out += "{" + shape(directive.block) + "}";
  }
  return out;
}

std::string shape_of(std::string_view text) {
  const Tree tree = read_text(text, "nginx.conf");
  return tree.ok() ? shape(tree.directives) : to_text(tree.diagnostics);
}

TEST_CASE("Words end at spaces, ';' and '{', quotes keep them together") {
  struct Case {
    const char* text;
    const char* shape;
  };
  const Case cases[] = {
      {"a b;c;", "a[b] c"},
      {"a\tb\r\n c ;", "a[b][c]"},
      {"a \"b c\" 'd;e' f;", "a[b c][d;e][f]"},
      {"a b\"c d;", "a[b\"c][d]"},
      {"a {b c;} d;", "a{b[c]} d"},
      {"a{b{c;}}", "a{b{c}}"},
      {"a # b; {\nc;", "a[c]"},
      {"a b#c;", "a[b#c]"},
      {"a b}c;", "a[b}c]"},
      {"a ${b} \"${c}\" x${d}y{}", "a[${b}][${c}][x${d}y]{}"},
      {"a $b{c;}", "a[$b]{c}"},
      {"a ${{b}c;", "a[${{b}c]"},
      {"a \"\\\"\\'\\\\\\t\\n\\r\\.\" \\;b \\{;", "a[\"'\\\t\n\r\\.][\\;b][\\{]"},
      {"a '' \"\";", "a[][]"},
      {"if ($a = \"b\") { c; }", "if[($a][=][b][)]{c}"},
      {"location ~ \\.php$ {}", "location[~][\\.php$]{}"},
      {"x_by_lua_block { a = \"}\" -- }\n b = { [[}]] } } c;",
       "x_by_lua_block[ a = \"}\" -- }\n b "
       "= { [[}]] } ]{} c"},
      {"", ""},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    CHECK(shape_of(c.text) == c.shape);
  }
}

TEST_CASE("Positions count characters from one") {
  const Tree tree = read_text("a;\n  b \"é\" c {\n d; }", "/etc/nginx/x.conf");
  REQUIRE(tree.directives.size() == 2);
  const Directive& b = tree.directives[1];
  CHECK(b.position.file == "/etc/nginx/x.conf");
  CHECK(b.position.line == 2);
  CHECK(b.position.column == 3);
  CHECK(b.arguments[1].position.column == 9);
  CHECK(b.block[0].position.line == 3);
}

TEST_CASE("Mistakes are told in nginx's words, where they are, all at once") {
  const Tree tree = read_text("a \"b\"c;\nd };\n", "nginx.conf");
  REQUIRE(tree.diagnostics.size() == 3);
  CHECK(tree.diagnostics[0].message == "unexpected \"c\"");
  CHECK(tree.diagnostics[0].position.column == 6);
  CHECK(tree.diagnostics[1].message == "unexpected \"}\"");
  CHECK(tree.diagnostics[1].position.line == 2);
  CHECK(shape_of("http {\n a;") ==
        "nginx.conf:2:4: error: unexpected end of file, expecting \"}\"\n"
        "    2 |  a;\n"
        "      |    ^\n"
        "      = expected the end of \"http\" in line 1\n");
}

TEST_CASE("What nginx -T wrote holds its includes itself") {
  const Tree tree = read_text(
      "nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\n"
      "# configuration file /etc/nginx/nginx.conf:\n"
      "http {\n  include conf.d/*.conf;\n}\n\n"
      "# configuration file /etc/nginx/conf.d/b.conf:\nb;\n\n"
      "# configuration file /etc/nginx/conf.d/a.conf:\n\na;\n\n",
      "dump.txt");
  REQUIRE(tree.ok());
  CHECK(shape(tree.directives) == "http{a b}");
  CHECK(tree.file == "/etc/nginx/nginx.conf");
  CHECK(tree.directives[0].block[0].position.file == "/etc/nginx/conf.d/a.conf");
  CHECK(tree.directives[0].block[0].position.line == 2);
}

TEST_CASE("Includes that are not there, or include themselves, are told") {
  CHECK(shape_of("include mime.types; include other;")
            .find("open() \"other\" failed (2: No such file or directory)") != std::string::npos);
  CHECK(shape_of("# configuration file /a:\ninclude b;\n\n# configuration file /b:\ninclude a;\n")
            .find("\"/a\" includes itself") != std::string::npos);
}

TEST_CASE("What nginx's modules refuse is refused") {
  struct Case {
    const char* text;
    const char* message;  // empty: accepted
  };
  const Case cases[] = {
      {"http { proxy_read_timeout 60s; }", ""},
      {"http { proxy_read_timeout 60x; }", "\"proxy_read_timeout\" directive invalid value"},
      {"http { proxy_buffering yes; }", "invalid value \"yes\" in \"proxy_buffering\" directive"},
      {"http { proxy_read_timeout 6s\n proxy_send_timeout 6s; }",
       "invalid number of arguments in \"proxy_read_timeout\" directive"},
      {"http { proxy_read_timeout 6s; proxy_read_timeout 6s; }",
       "\"proxy_read_timeout\" directive is duplicate"},
      {"http { location / {} }", "\"location\" directive is not allowed here"},
      {"http { server { location / { proxy_pass http://a } } }", "unexpected \"}\""},
      {"http { server; }", "directive \"server\" has no opening \"{\""},
      {"http { proxy_buffering {} }", "directive \"proxy_buffering\" is not terminated by \";\""},
      {"http { upstream a { server b; } }", ""},
      {"http { map $a $b { default 1; server 2; } }", ""},
      {"http { no_such_directive a b { c; } }", ""},
      {"server { location / { proxy_pass http://a; } }", ""},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const Tree tree = read_text(c.text, "nginx.conf");
    const std::string found = to_text(tree.diagnostics);
    CAPTURE(found);
    if (std::string_view(c.message).empty()) {
      CHECK(found.empty());
    } else {
      CHECK(found.find(c.message) != std::string::npos);
    }
  }
}

TEST_CASE("Hostile texts are bounded") {
  std::string deep;
  for (int i = 0; i < 100'000; ++i)
    deep += "a{";
  CHECK(shape_of(deep).find("nested more than 100 deep") != std::string::npos);
  CHECK(
      shape_of("a " + std::string(1 << 20, 'x') + ";").find("too long parameter \"xxxxxxxxxx...") !=
      std::string::npos);
  CHECK(shape_of("a \"" + std::string(1 << 20, 'x')).find("missing terminating") !=
        std::string::npos);
  CHECK(shape_of(std::string("a\0b;", 4)).find("byte 2 is NUL") != std::string::npos);
  CHECK(shape_of("\xEF\xBB\xBFhttp {}").find("byte order mark") != std::string::npos);
  CHECK(shape_of("a \xFF\xC3;") == "a[\xFF\xC3]");
  CHECK(read_text(std::string(1 << 20, '}'), "n").diagnostics.size() <= 51);
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i)
    out += text;
  return out;
}

TEST_CASE("Small files that are included often are bounded") {
  const std::string part = "\n# configuration file /small:\n" + repeated("a;", 7500);
  const std::string dump =
      "# configuration file /main:\n" + repeated("include small;\n", 100) + part + "\n";
  const Tree tree = read_text(dump, "dump");
  CHECK(to_text(tree.diagnostics).find("more than 500000 directives") != std::string::npos);
  CHECK(tree.files.size() < 70);
  CHECK(read_text(repeated("a " + repeated("b ", 999) + ";", 1), "n").ok());
}

TEST_CASE("Includes and parts of a dump are counted, be there a file or not") {
  const std::string main = "# configuration file /main:\n" + repeated("include b*;\n", 5001);
  CHECK(shape_of(main).find("main:5001:1: error: more than 5000 includes") != std::string::npos);
  CHECK(read_text("# configuration file /main:\n" + repeated("include b*;\n", 5000), "n").ok());
  std::string parts;
  for (int i = 0; i < 5001; ++i)
    parts += fmt::format("# configuration file /{}:\n", i);
  CHECK(shape_of(parts).find("this is of more than 5000 files") != std::string::npos);
}

}  // namespace
}  // namespace badgate::harness::nginx_conf
