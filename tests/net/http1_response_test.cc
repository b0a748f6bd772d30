#include <fmt/core.h>

#include "tests/net/http1_testing.h"

using namespace badgate::net;
using namespace badgate::net::http1;
using namespace badgate::net::http1::testing;
using namespace std::string_literals;

namespace {

const ResponseRules old_rules = ResponseRules::of(1022001);
const ResponseRules new_rules = ResponseRules::of(1028003);

struct Read {
  ResponseParser parser;
  std::string body;  // what is left after the head, or of no HTTP all of it
};

Read read(const Pieces& pieces, const ResponseRules& rules) {
  Read result{ResponseParser(rules), ""};
  for (const auto piece : pieces) {
    if (result.parser.state() != ResponseParser::State::need_more) {
      result.body += piece;
      continue;
    }
    const auto step = result.parser.feed(piece);
    if (step.state == ResponseParser::State::not_http) {
      result.body = result.parser.partial_status_line();
    }
    if (step.state != ResponseParser::State::invalid) result.body += piece.substr(step.consumed);
  }
  if (result.parser.state() == ResponseParser::State::invalid) result.body.clear();
  return result;
}

std::string outcome(const Read& read) {
  const auto& [parser, body] = read;
  const ResponseHead& head = parser.head();
  std::string text;
  for (const auto& note : parser.notes()) {
    text += fmt::format("{}: {}\n", to_string(note.level), note.text);
  }
  switch (parser.state()) {
    case ResponseParser::State::need_more:
      return text + "more";
    case ResponseParser::State::invalid:
      return text + "invalid " + parser.error().text;
    case ResponseParser::State::not_http:
      return text + "raw " + body;
    case ResponseParser::State::done:
      break;
  }
  const auto framing = head.framing(false);
  return text + fmt::format("{} '{}' v={} {} close={} framing={}/{} body={}", head.status,
                            head.status_line, head.version, describe(head.headers),
                            head.connection_close, static_cast<int>(framing.kind), framing.length,
                            body);
}

Read parse(std::string_view bytes, const ResponseRules& rules = old_rules) {
  read_all_ways(bytes, [&](const Pieces& pieces) { return outcome(read(pieces, rules)); });
  return read({bytes}, rules);
}

Read with(const std::string& headers, const ResponseRules& rules) {
  return parse("HTTP/1.1 200 OK\r\n" + headers + "\r\nbody", rules);
}

std::string error(const Read& read) {
  return read.parser.state() == ResponseParser::State::invalid ? read.parser.error().text
                                                               : outcome(read);
}

}  // namespace

TEST_CASE("a response head is read with its headers in order and their case") {
  const auto r = parse("HTTP/1.1 404 Not  Found \r\nX-A:  b  c \r\nContent-Length: 4\r\n\r\nbody");
  CHECK(
      outcome(r) ==
      "404 '404 Not  Found ' v=1001 X-A=b  c|Content-Length=4| close=false framing=1/4 body=body");
}

TEST_CASE("status lines that pass, and what nginx passes on of them") {
  struct Case {
    const char* line;
    int status;
    const char* status_line;
    int version;
  };
  const Case cases[] = {
      {"HTTP/1.1 200", 200, "200", 1001},
      {"HTTP/1.1 200 ", 200, "200 ", 1001},
      {"HTTP/1.1 000 x", 0, "000 x", 1001},
      {"HTTP/1.1 001 x", 1, "001 x", 1001},
      {"HTTP/1.1 600 x", 600, "600 x", 1001},
      {"HTTP/1.1 999 x", 999, "999 x", 1001},
      {"HTTP/3.0 200 x", 200, "200 x", 3000},
      {"HTTP/11.1 200 x", 200, "200 x", 11001},
      {"HTTP/100.100 200 x", 200, "200 x", 100100},
      {"HTTP/1.1 403.1 x", 403, "403.1 x", 1001},
      {"HTTP/1.1   200   OK", 200, "200   OK", 1001},
      {"HTTP/1.1 2 0 0 OK", 200, "0 0 OK", 1001},  // nginx counts back from the last digit
      {"HTTP/1.1 100 Continue", 100, "100 Continue", 1001},
  };
  for (const auto& c : cases) {
    for (const char* end : {"\r\n\r\n", "\n\n"}) {
      const auto r = parse(std::string(c.line) + end);
      CHECK_MESSAGE(r.parser.state() == ResponseParser::State::done, c.line);
      CHECK_MESSAGE(r.parser.head().status == c.status, c.line);
      CHECK_MESSAGE(r.parser.head().status_line == c.status_line, c.line);
      CHECK_MESSAGE(r.parser.head().version == c.version, c.line);
    }
  }
}

TEST_CASE("no status line: everything is passed raw") {
  for (const auto& line :
       {"HTTP/2 200"s, "http/1.1 200 x"s, "\r\nHTTP/1.1 200 x"s, " HTTP/1.1 200 x"s,
        "HTTP/1.1\t200 x"s, "HTTP/1.1 20 x"s, "HTTP/1.1 2000 x"s, "HTTP/1.1 2x0 x"s,
        "HTTP/0.9 200 x"s, "HTTP/1.1 200\tOK"s, "HTTP/1.1 200 O\rK"s, "HTTP/1000.1 200 x"s,
        "HTTP/1.1000 200 x"s, "SSH-2.0-OpenSSH"s, "\x15\x03\x01\x00\x02"s, "HTTP/.1 200 x"s}) {
    const auto r = parse(line + "\r\n\r\nbody");
    CHECK_MESSAGE(outcome(r) == "raw " + line + "\r\n\r\nbody", line);
    CHECK(r.parser.error() == LogNote{LogLevel::error, "upstream sent no valid HTTP/1.0 header"});
    CHECK(r.parser.head().version == version_9);
    CHECK(r.parser.head().connection_close);
  }
  CHECK(read({"HTTX"}, old_rules).parser.state() == ResponseParser::State::not_http);
  CHECK(read({"HTTP/1.1 20"}, old_rules).parser.state() == ResponseParser::State::need_more);
}

TEST_CASE("header lines that nginx refuses, with the byte it blames") {
  const std::pair<std::string, std::string> cases[] = {
      {"Content-Length : 1\r\n", "Content-Length\\x20..."},
      {"a b: 1\r\n", "a\\x20..."},
      {" fold\r\n", "\\x20..."},
      {"\tfold\r\n", "\\x09..."},
      {": 1\r\n", "\\x3a..."},
      {"a\0: x\r\n"s, "a\\x00..."},
      {"a\x7f: x\r\n", "a\\x7f..."},
      {"a: x\0y\r\n"s, "a: x\\x00..."},
      {"a: x\ry\r\n", "a: x\\x0d..."},
      {"a: x \ry\r\n", "a: x\\x20..."},
      {"\rX", "\\x0d..."},
      {"a: x \0y\r\n"s, "a: x \\x00..."},
  };
  for (const auto& rules : {old_rules, new_rules}) {
    for (const auto& [line, words] : cases) {
      const auto r = with("A: b\r\n" + line, rules);
      CHECK_MESSAGE(error(r) == "upstream sent invalid header: \"" + words + "\"", line);
      CHECK(r.parser.error().level == LogLevel::error);
    }
  }
}

TEST_CASE("header lines that are odd and pass") {
  const std::pair<std::string, std::string> cases[] = {
      {"garbage\r\n", "garbage=|"},
      {"a_b: c\r\n", "a_b=c|"},
      {"a@: c\r\n", "a@=c|"},
      {"a\xc3: \x01\xff\r\n", "a\xc3=\x01\xff|"},
      {"a: b\r\r\n", "a=b|"},
      {"a:\tb\n", "a=\tb|"},
      {"@@: b\r\n", "@@=b!|"},
      {"_: b\r\n", "_=b|"},
      {"HTTP/1.1 200 OK\r\nX: y\r\n", "X=y|"},  // IIS
      {"HTTP: a\r\n", "HTTP=a|"},
      {"http/1: a\r\n", "http/1=a|"},
  };
  for (const auto& [line, expected] : cases) {
    CHECK_MESSAGE(describe(with(line, old_rules).parser.head().headers) == expected, line);
  }
}

TEST_CASE("bad framing: refused since 1.23, taken as it comes before") {
  struct Case {
    std::string headers;
    std::string refusal;
    Framing before;
  };
  using Kind = Framing::Kind;
  const Case cases[] = {
      {"Content-Length: abc\r\n",
       "upstream sent invalid \"Content-Length\" header: \"Content-Length: abc\"",
       {Kind::until_close}},
      {"Content-Length: -1\r\n",
       "upstream sent invalid \"Content-Length\" header: \"Content-Length: -1\"",
       {Kind::until_close}},
      {"content-length:\r\n",
       "upstream sent invalid \"Content-Length\" header: \"content-length: \"",
       {Kind::until_close}},
      {"Content-Length: 2\r\ncontent-length: 3\r\n",
       "upstream sent duplicate header line: \"content-length: 3\", "
       "previous value: \"Content-Length: 2\"",
       {Kind::length, 3}},
      {"Content-Length: 2\r\nContent-Length: x\r\n",
       "upstream sent duplicate header line: \"Content-Length: x\", "
       "previous value: \"Content-Length: 2\"",
       {Kind::until_close}},
      {"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
       "upstream sent \"Content-Length\" and \"Transfer-Encoding\" headers at the same time",
       {Kind::chunked}},
      {"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n",
       "upstream sent \"Content-Length\" and \"Transfer-Encoding\" headers at the same time",
       {Kind::chunked}},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
       "upstream sent duplicate header line: \"Transfer-Encoding: chunked\", "
       "previous value: \"Transfer-Encoding: chunked\"",
       {Kind::chunked}},
      {"Transfer-Encoding: gzip, chunked\r\n",
       "upstream sent unknown \"Transfer-Encoding\": \"gzip, chunked\"",
       {Kind::chunked}},
      {"Transfer-Encoding: identity\r\n",
       "upstream sent unknown \"Transfer-Encoding\": \"identity\"",
       {Kind::until_close}},
  };
  for (const auto& c : cases) {
    CHECK(error(with(c.headers, new_rules)) == c.refusal);
    const auto before = with(c.headers, old_rules);
    CHECK_MESSAGE(before.parser.state() == ResponseParser::State::done, c.headers);
    CHECK_MESSAGE(before.parser.head().framing(false) == c.before, c.headers);
    CHECK(before.parser.notes().empty());
  }
  CHECK(with("Transfer-Encoding: Chunked\r\n", new_rules).parser.head().chunked);
}

TEST_CASE("duplicates that count once: ignored with a warning since 1.23, silent before") {
  for (const char* name : {"Date", "Server", "ETag", "Content-Type", "Location", "Expires",
                           "Last-Modified", "Refresh", "X-Accel-Redirect"}) {
    const auto headers = fmt::format("{0}: a\r\n{0}: b\r\n", name);
    const auto r = with(headers, new_rules);
    REQUIRE(r.parser.notes().size() == 1);
    CHECK(r.parser.notes()[0] ==
          LogNote{LogLevel::warn, fmt::format("upstream sent duplicate header line: \"{0}: b\", "
                                              "previous value: \"{0}: a\", ignored",
                                              name)});
    CHECK(describe(r.parser.head().headers) == fmt::format("{0}=a|{0}=b!|", name));
    const auto before = with(headers, old_rules);
    CHECK(before.parser.notes().empty());
    CHECK(describe(before.parser.head().headers) == fmt::format("{0}=a|{0}=b|", name));
  }
  CHECK(
      with("Set-Cookie: a\r\nSet-Cookie: b\r\nX: 1\r\nX: 2\r\n", new_rules).parser.notes().empty());
}

TEST_CASE("body and keepalive by status, method and length") {
  auto head = [](const std::string& text) { return parse(text).parser.head(); };
  const auto length = head("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  CHECK(length.framing(false) == Framing{Framing::Kind::length, 5});
  CHECK(length.framing(true) == Framing{});
  CHECK_FALSE(length.keepalive_without_body(false));
  CHECK(length.keepalive_without_body(true));
  for (const char* status : {"204", "304"}) {
    const auto none = head("HTTP/1.1 "s + status + " x\r\nContent-Length: 5\r\n\r\n");
    CHECK(none.framing(false) == Framing{});
    CHECK(none.keepalive_without_body(false));
  }
  const auto zero = head("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  CHECK(zero.framing(false) == Framing{Framing::Kind::length, 0});
  CHECK(zero.keepalive_without_body(false));
  CHECK(head("HTTP/1.1 100 Continue\r\n\r\n").framing(false).kind == Framing::Kind::until_close);
  CHECK_FALSE(head("HTTP/1.1 101 x\r\nContent-Length: 0\r\n\r\n").keepalive_without_body(false));
  CHECK(head("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n").connection_close);
  CHECK(head("HTTP/1.1 200 OK\r\nConnection: x, CLOSE\r\n\r\n").connection_close);
  CHECK_FALSE(head("HTTP/1.1 200 OK\r\n\r\n").connection_close);
}

TEST_CASE("103 is the response, or read over since 1.29") {
  const std::string hints = "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n";
  const std::string both = hints + "HTTP/1.1 200 OK\r\nX: y\r\n\r\nbody";
  CHECK(parse(both, new_rules).parser.head().status == 103);
  const auto since = ResponseRules::of(1031005);
  const auto r = parse(hints + both, since);
  CHECK(r.parser.head().status == 200);
  CHECK(r.parser.early_hints() == 2);
  CHECK(describe(r.parser.head().headers) == "X=y|");
  CHECK(r.body == "body");
  CHECK(error(parse("HTTP/1.0 103 x\r\n\r\n", since)) ==
        "upstream sent HTTP/1.0 response with early hints");
}

TEST_CASE("random responses: no crash, and cutting changes nothing") {
  Rng rng(2);
  const std::string bases[] = {
      "HTTP/1.1 200 OK\r\nX-A: b  c \r\nContent-Length: 4\r\nDate: x\r\nDate: y\r\n\r\nbody",
      "HTTP/1.0 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 103 x\r\nA: b\r\nHTTP/1.1 x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
  };
  const ResponseRules rules[] = {old_rules, new_rules, ResponseRules::of(1031005)};
  int refused = 0;
  for (int i = 0; i < 4000; ++i) {
    const auto r = parse(mutate(bases[rng.below(std::size(bases))], rng), rules[rng.below(3)]);
    refused += r.parser.state() != ResponseParser::State::done;
  }
  CHECK(refused > 500);
  for (int i = 0; i < 500; ++i)
    parse(rng.bytes(rng.below(200)));
}
