#include <fmt/core.h>

#include "tests/net/http1_testing.h"

using namespace badgate::net;
using namespace badgate::net::http1;
using namespace badgate::net::http1::testing;
using namespace std::string_literals;

namespace {

struct Read {
  RequestParser parser;
  std::size_t consumed = 0;
};

Read read(const Pieces& pieces, const RequestRules& rules = {}) {
  Read result{RequestParser(rules)};
  for (const auto piece : pieces) {
    if (result.parser.state() != RequestParser::State::need_more) break;
    result.consumed += result.parser.feed(piece).consumed;
  }
  return result;
}

// "400 client sent …", or "" for a request that is not over, or "ok …" with what was read.
std::string outcome(const Read& read) {
  const auto& [parser, consumed] = read;
  const RequestHead& head = parser.head();
  std::string text;
  for (const auto& note : parser.notes()) {
    text += fmt::format("{}: {}\n", to_string(note.level), note.text);
  }
  if (parser.state() == RequestParser::State::need_more) return text;
  if (parser.state() == RequestParser::State::error) {
    return text + fmt::format("{} {}", parser.error().status, parser.error().note.text);
  }
  return text + fmt::format("ok {} {} {} args={} raw={} host={} {} ka={} n={} used={}", head.method,
                            head.version, head.path, head.args, head.raw_uri, head.host,
                            describe(head.headers), head.keepalive, head.length, consumed);
}

// Reads all ways, which must agree also in what the outcome leaves out.
Read parse(std::string_view bytes, const RequestRules& rules = {}) {
  read_all_ways(bytes, [&](const Pieces& pieces) {
    const Read r = read(pieces, rules);
    const bool refused_line = r.parser.action() == "reading client request line" &&
                              r.parser.state() == RequestParser::State::error;
    return outcome(r) + (refused_line ? "" : r.parser.head().request_line);
  });
  return read({bytes}, rules);
}

std::string refusal(std::string_view bytes, const RequestRules& rules = {}) {
  const Read r = parse(bytes, rules);
  if (r.parser.state() != RequestParser::State::error) return outcome(r);
  return fmt::format("{} {}", r.parser.error().status, r.parser.error().note.text);
}

std::string get(std::string_view uri, std::string_view headers = "Host: a\r\n") {
  return fmt::format("GET {} HTTP/1.1\r\n{}\r\n", uri, headers);
}

std::string with(std::string_view headers) {
  return get("/", "Host: a\r\n" + std::string(headers));
}

// A header line of `size` bytes with its line end.
std::string line_of(std::size_t size) {
  return "X: " + std::string(size - 5, 'y') + "\r\n";
}

const std::string invalid_request = "400 client sent invalid request";
const std::string invalid_method = "400 client sent invalid method";

}  // namespace

TEST_CASE("a request is read with its headers in order and their case") {
  const auto r = parse(
      "\r\nPOST /a%20b?x=%20 HTTP/1.1\r\nHost: Ex.Ample.:81\r\nX-A:  b  c  \r\n"
      "Content-Length: 3\r\nExpect: 100-Continue\r\nUpgrade:\r\n\r\nabcGET");
  const RequestHead& head = r.parser.head();
  CHECK(outcome(r) ==
        "ok POST 1001 /a b args=x=%20 raw=/a%20b?x=%20 host=ex.ample "
        "Host=Ex.Ample.:81|X-A=b  c|Content-Length=3|Expect=100-Continue|Upgrade=| "
        "ka=true n=115 used=117");
  CHECK(head.request_line == "POST /a%20b?x=%20 HTTP/1.1");
  CHECK(head.host_header == "Ex.Ample.:81");
  CHECK(head.framing() == Framing{Framing::Kind::length, 3});
  CHECK(head.expect_continue);
  CHECK(head.upgrade);
}

TEST_CASE("URIs are normalised as ngx_http_parse_complex_uri does") {
  const std::pair<const char*, const char*> cases[] = {
      {"/a/../b", "/b"},
      {"/a/%2e%2E/b", "/b"},
      {"/a//b", "/a/b"},
      {"/a%2fb/..", "/a/"},
      {"/a/b/..?q", "/a/"},
      {"/%23%3f%25", "/#?%"},
      {"/.", "/"},
      {"/...", "/..."},
      {"/a/.", "/a/"},
      {"/a./..b", "/a./..b"},
      {"/a#b?c", "/a"},
      {"/a?b#c", "/a"},
      {"/x\x80\xff", "/x\x80\xff"},
      {"/%41%5a?%41", "/AZ"},
      {"/%25/..", "/"},
      {"/+/../x", "/x"},
      {"//", "/"},
      {"/a?b/../%00", "/a"},
      {"http://h", "/"},
      {"http://h?x", "/"},
      {"http://h:8/x", "/x"},
  };
  for (const auto& [uri, path] : cases) {
    const auto r = parse(get(uri));
    CHECK_MESSAGE(r.parser.state() == RequestParser::State::done, uri);
    CHECK_MESSAGE(r.parser.head().path == path, uri);
  }
  CHECK(parse(get("/a?b#c")).parser.head().args == "b");
  CHECK(parse(get("/a#b?c")).parser.head().args == "");
  CHECK(parse(get("http://h?x")).parser.head().empty_path);
  CHECK(parse(get("http://h?x")).parser.head().raw_uri == "?x");
  CHECK(parse(get("http://h")).parser.head().raw_uri == "/");
  const std::pair<const char*, const char*> unmerged[] = {
      {"/a//b", "/a//b"}, {"/a//../b", "/a/b"}, {"/a/.//b", "/a//b"}, {"/a/./b", "/a/b"}};
  for (const auto& [uri, path] : unmerged) {
    CHECK_MESSAGE(parse(get(uri), {.merge_slashes = false}).parser.head().path == path, uri);
  }
}

TEST_CASE("URIs that leave the root or are not URIs are refused") {
  for (const char* uri :
       {"/..", "/a/../../x", "/%2e%2e/", "/%00", "/%zz", "/%4", "/%", "/a\x7f", "/a\tb", "*", "foo",
        "http:/x", "http://h_x/", "http://[:", "http://[a]x/", "h:443", "http://h:8a/"}) {
    CHECK_MESSAGE(refusal(get(uri)) == invalid_request, uri);
  }
  for (const char* uri : {"http:///x", "http://a..b/", "http://."}) {
    CHECK_MESSAGE(refusal(get(uri)) == "400 client sent invalid host in request line", uri);
  }
}

TEST_CASE("an absolute URI's host wins over the Host header") {
  const auto r = parse(get("http://H.ost.:80/x", "Host: other\r\n"));
  CHECK(r.parser.head().host == "h.ost");
  CHECK(r.parser.head().host_header == "other");
  CHECK(parse(get("http://[::1]:8/x")).parser.head().host == "[::1]");
}

TEST_CASE("request lines: methods, versions and what nginx lets pass") {
  const std::pair<std::string, std::string> refused[] = {
      {"get / HTTP/1.1\r\n", invalid_method},
      {"GET\t/ HTTP/1.1\r\n", invalid_method},
      {"\x16\x03\x01", invalid_method},
      {"GET / http/1.1\r\n", invalid_request},
      {"GET / HTTP/1\r\n", invalid_request},
      {"GET / HTTP/0.9\r\n", invalid_request},
      {"GET / HTTP/1.1\rX", invalid_request},
      {"GET / HTTP/1.1 x", invalid_request},
      {"GET / HTTP/1.10000\r\n", invalid_request},
      {"GET / HTTP/2.0\r\n", "505 client sent invalid version"},
      {"GET / HTTP/10.0\r\n", "505 client sent invalid version"},
      {"POST /\r\n", "400 client sent invalid method in HTTP/0.9 request"},
      {"CONNECT h:443 HTTP/1.1\r\n", invalid_request},
      {"CONNECT / HTTP/1.0\r\n\r\n", "405 client sent CONNECT method"},
      {"TRACE / HTTP/1.0\r\n\r\n", "405 client sent TRACE method"},
      {"GET / HTTP/1.1\r\n\r\n", "400 client sent HTTP/1.1 request without \"Host\" header"},
      {"GET / HTTP/1.2\r\n\r\n", "400 client sent HTTP/1.1 request without \"Host\" header"},
  };
  for (const auto& [bytes, expected] : refused) {
    CHECK_MESSAGE(refusal(bytes) == expected, bytes);
  }
  CHECK(parse("GET / HTTP/1.100\r\nHost: a\r\n\r\n").parser.head().version == 1100);
  CHECK(parse("GET / HTTP/1.01\nHost: a\n\n").parser.head().version == version_11);
  CHECK(parse("F-O_O   /   HTTP/1.0  \r\n\r\n").parser.head().request_line ==
        "F-O_O   /   HTTP/1.0  ");
  CHECK(outcome(parse("GET /x?y\r\nrest")) ==
        "ok GET 9 /x args=y raw=/x?y host=  ka=false n=10 used=10");
}

TEST_CASE("a refused request line is logged with all that had come of it") {
  CHECK(read({"GET /\x01 HTTP/1.1\r\nHost: a\r\n"}).parser.head().request_line ==
        "GET /\x01 HTTP/1.1");
  CHECK(read({"GET /", "\x01", " HTTP/1.1\r\n"}).parser.head().request_line == "GET /\x01");
}

TEST_CASE("an error is told at the byte that makes it, not at the line's end") {
  CHECK(read({"\x16"}).parser.state() == RequestParser::State::error);
  CHECK(read({"GET / HTTP/1.1\r\na b"}).parser.state() == RequestParser::State::error);
}

TEST_CASE("header lines that nginx refuses, with the byte it blames") {
  const std::pair<std::string, std::string> cases[] = {
      {"a b: 1\r\n", "a\\x20..."},
      {"a : 1\r\n", "a\\x20..."},
      {" a: 1\r\n", "\\x20..."},
      {": 1\r\n", "\\x3a..."},
      {"a: x\0y\r\n"s, "a: x\\x00..."},
      {"a: \0y\r\n"s, "a: \\x00..."},
      {"a\0: x\r\n"s, "a\\x00..."},
      {"a: b c\rd\r\n", "a: b c\\x0d..."},
      {"a: b \rd\r\n", "a: b\\x20..."},
      {"ab\rc\r\n", "ab\\x0d..."},
      {"\rX", "\\x0d..."},
      {"a\x01: b\r\n", "a\\x01..."},
      {"\tfold\r\n", "\\x09..."},
  };
  for (const auto& [line, words] : cases) {
    CHECK_MESSAGE(refusal(with(line)) == "400 client sent invalid header line: \"" + words + "\"",
                  line);
  }
}

TEST_CASE("header lines that are odd and pass") {
  const std::pair<std::string, std::string> cases[] = {
      {"garbage\r\n", "garbage="},
      {"a: b\r\r\r\n", "a=b"},
      {"a:\tb\t \r\n", "a=\tb\t"},
      {"a:\r\n", "a="},
      {"a:   \r\n", "a="},
      {"a: b\n", "a=b"},
      {"a:: \x01\x7f\xff\r\n", "a=: \x01\x7f\xff"},
  };
  for (const auto& [line, expected] : cases) {
    const auto r = parse(with(line));
    CHECK_MESSAGE(describe(r.parser.head().headers) == "Host=a|" + expected + "|", line);
  }
}

TEST_CASE("headers with unusual names are left out and noted") {
  for (const char* line : {"a_b:  1", "_b: 1", "a@b: 1", "HTTP/1.1: 200", "a\xc3: b"}) {
    const auto r = parse(with(line + "  \r\n"s));
    CHECK(describe(r.parser.head().headers) == "Host=a|");
    REQUIRE(r.parser.notes().size() == 1);
    CHECK(r.parser.notes()[0].level == LogLevel::info);
  }
  const auto noted = parse(with("a_b:  1  \r\n"));
  CHECK(noted.parser.notes()[0].text == "client sent invalid header line: \"a_b:  1\"");
  const auto kept = parse(with("a_b: 1\r\n"), {.underscores_in_headers = true});
  CHECK(describe(kept.parser.head().headers) == "Host=a|a_b=1|");
  const auto all = parse(with("a@b: 1\r\n@: 2\r\n"), {.ignore_invalid_headers = false});
  CHECK(describe(all.parser.head().headers) == "Host=a|a@b=1|@=2!|");
}

TEST_CASE("Host is checked") {
  CHECK(refusal(with("hOst: b\r\n")) ==
        "400 client sent duplicate host header: \"hOst: b\", previous value: \"Host: a\"");
  for (const char* host : {"", "a/b", "a..b", ".", ":80", "a b", "a\tb"}) {
    CHECK_MESSAGE(refusal(get("/", fmt::format("Host: {}\r\n", host))) ==
                      "400 client sent invalid host header",
                  host);
  }
  CHECK(parse(get("/", "Host: a.:80.\r\n")).parser.head().host == "a.");
  CHECK(parse(get("/", "Host: [::1]:80\r\n")).parser.head().host == "[::1]");
  CHECK(refusal(get("/", ""), {.check_host = false}).starts_with("ok "));
}

TEST_CASE("headers that may come once, and the framing of the body") {
  const std::pair<std::string, std::string> refused[] = {
      {"Content-Length: 1\r\ncontent-length: 1\r\n",
       "400 client sent duplicate header line: \"content-length: 1\", "
       "previous value: \"Content-Length: 1\""},
      {"Expect: a\r\nExpect: b\r\n",
       "400 client sent duplicate header line: \"Expect: b\", previous value: \"Expect: a\""},
      {"Content-Length: abc\r\n", "400 client sent invalid \"Content-Length\" header"},
      {"Content-Length: -1\r\n", "400 client sent invalid \"Content-Length\" header"},
      {"Content-Length:\r\n", "400 client sent invalid \"Content-Length\" header"},
      {"Content-Length: 1\t\r\n", "400 client sent invalid \"Content-Length\" header"},
      {"Content-Length: 9223372036854775808\r\n",
       "400 client sent invalid \"Content-Length\" header"},
      {"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
       "400 client sent \"Content-Length\" and \"Transfer-Encoding\" headers at the same time"},
      {"Transfer-Encoding: gzip, chunked\r\n",
       "501 client sent unknown \"Transfer-Encoding\": \"gzip, chunked\""},
  };
  for (const auto& [headers, expected] : refused)
    CHECK(refusal(with(headers)) == expected);
  for (const char* name : {"If-Modified-Since", "If-Unmodified-Since", "If-Match", "If-None-Match",
                           "Content-Range", "If-Range", "Authorization"}) {
    CHECK(refusal(with(fmt::format("{0}: a\r\n{0}: b\r\n", name)))
              .starts_with("400 client sent dup"));
  }
  CHECK(refusal(with("Referer: a\r\nReferer: b\r\n")).starts_with("ok "));
  CHECK(refusal("POST / HTTP/1.0\r\nTransfer-Encoding: x\r\n\r\n") ==
        "400 client sent HTTP/1.0 request with \"Transfer-Encoding\" header");
  CHECK(parse(with("Transfer-Encoding: CHUNKED\r\n")).parser.head().framing().kind ==
        Framing::Kind::chunked);
  CHECK(parse(with("Content-Length: 9223372036854775807\r\n")).parser.head().framing().length ==
        INT64_MAX);
  CHECK(parse(with("Content-Length: 0\r\n")).parser.head().framing() == Framing{});
}

TEST_CASE("keepalive by version and Connection") {
  CHECK(parse(with("")).parser.head().keepalive);
  CHECK_FALSE(parse(with("Connection: foo, Close\r\n")).parser.head().keepalive);
  CHECK(parse(with("Connection: close\r\nConnection: Keep-Alive\r\n")).parser.head().keepalive);
  CHECK_FALSE(parse("GET / HTTP/1.0\r\n\r\n").parser.head().keepalive);
  CHECK(parse("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").parser.head().keepalive);
}

TEST_CASE("the buffers of nginx bound a head") {
  auto uri_line = [](std::size_t size) {  // of `size` bytes with its line end
    return "GET /" + std::string(size - 16, 'u') + " HTTP/1.1\r\n";
  };
  const std::string too_long_uri = "414 client sent too long URI";
  CHECK(refusal(uri_line(8192) + "Host: a\r\n\r\n").starts_with("ok "));
  CHECK(refusal(uri_line(8193) + "Host: a\r\n\r\n") == too_long_uri);
  CHECK(refusal(with(line_of(8192))).starts_with("ok "));
  const std::string too_long = refusal(with(line_of(8193)));
  CHECK(too_long ==
        "494 client sent too long header line: \"X: " + std::string(1745, 'y') + "...\"");
  CHECK(parse(with(line_of(8193))).parser.error().sent_status() == 400);
  CHECK(parse(with(line_of(8193))).parser.error().lingering_close);

  // Lines that do not fit are copied to the next buffer: 3 of 8000 in 4 buffers, as the first is
  // begun in the small one, then 4 buffers hold one each.
  std::string lines;
  for (int i = 0; i < 4; ++i)
    lines += line_of(8000);
  CHECK(refusal(with(lines)).starts_with("ok "));
  CHECK(refusal(with(lines + line_of(8000))).starts_with("494 client sent too long header line"));
  // Empty lines before a request take no room for long.
  CHECK(refusal(std::string(5000, '\n') + uri_line(8192) + "Host: a\r\n\r\n").starts_with("ok "));
}

TEST_CASE("when the last buffer ends with a line, that line is blamed") {
  const std::string first = "GET / HTTP/1.1\r\nHost: a\r\n";
  std::string bytes = first + line_of(1024 - first.size());
  for (int i = 0; i < 4; ++i)
    bytes += line_of(8192);
  // nginx has ended name and value of that header with NULs in its buffer.
  CHECK(refusal(bytes) ==
        "494 client sent too long header line: \"X\0 "s + std::string(1745, 'y') + "...\"");
  const RequestRules one{.large_client_header_buffers = 0};
  CHECK(refusal("GET /" + std::string(1008, 'u') + " HTTP/1.1\r\n", one) ==
        "494 client sent too large request");
}

TEST_CASE("a parser is used again for the next request") {
  RequestParser parser;
  CHECK(parser.idle());
  parser.feed(with("Connection: close\r\na_b: c\r\n"));
  CHECK(parser.state() == RequestParser::State::done);
  CHECK(parser.feed("GET").consumed == 0);
  parser.reset(/*pipelined=*/true);
  CHECK(parser.idle());
  CHECK(parser.notes().empty());
  CHECK(parser.action() == "reading client pipelined request line");
  parser.feed(get("/two"));
  CHECK(parser.head().path == "/two");
  CHECK(parser.head().keepalive);
  CHECK(parser.action() == "reading client request headers");
}

TEST_CASE("random requests: no crash, and cutting changes nothing") {
  Rng rng(1);
  const std::string bases[] = {
      get("/a/./%2e%2e/b//c%20?d#e"),
      "GET http://a.b:80/x HTTP/1.1\r\nHost: a\r\n\r\n",
      with("a_b: 1\r\nX-Y:  v w  \r\nContent-Length: 0\r\nConnection: close\r\n"),
      with("Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n"),
      "GET /x\r\n",
  };
  int refused = 0;
  for (int i = 0; i < 4000; ++i) {
    const auto r = parse(mutate(bases[rng.below(std::size(bases))], rng));
    refused += r.parser.state() == RequestParser::State::error;
  }
  CHECK(refused > 500);
  for (int i = 0; i < 500; ++i)
    parse(rng.bytes(rng.below(200)));
}
