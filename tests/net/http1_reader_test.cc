#include <fmt/core.h>

#include "tests/net/http1_testing.h"

using namespace badgate::net;
using namespace badgate::net::http1;
using namespace badgate::net::http1::testing;
using namespace std::string_literals;

namespace {

template <typename Reader>
std::string outcome(Reader& reader, const Pieces& pieces, const std::string& sunk) {
  std::size_t used = 0;
  for (const auto piece : pieces)
    used += reader.feed(piece);
  const Reading before = reader.reading();
  reader.finish_on_eof();
  Fnv1a hash;
  hash.add(sunk);
  CHECK(reader.body_hash() == hash.value());
  CHECK(reader.body_size() == sunk.size());
  return fmt::format("{}, {} body={} used={}", to_string(before), to_string(reader.reading()), sunk,
                     used);
}

std::string response(std::string_view bytes, bool head = false) {
  return read_all_ways(bytes, [&](const Pieces& pieces) {
    std::string body;
    ResponseReader reader(head, [&](std::string_view data) { body += data; });
    return outcome(reader, pieces, body);
  });
}

std::string request(std::string_view bytes) {
  return read_all_ways(bytes, [&](const Pieces& pieces) {
    std::string body;
    RequestReader reader([&](std::string_view data) { body += data; });
    return outcome(reader, pieces, body);
  });
}

}  // namespace

TEST_CASE("a response is complete, cut, raw, empty or invalid") {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::pair<std::string, std::string> cases[] = {
      {"", "reading, empty body= used=0"},
      {"HTTP/1.1 2", "reading, cut body= used=10"},
      {ok, "reading, cut body= used=17"},
      {ok + "Content-Length: 4\r\n\r\nbodyextra", "complete, complete body=body used=42"},
      {ok + "Content-Length: 5\r\n\r\nbody", "reading, cut body=body used=42"},
      {ok + "Content-Length: 0\r\n\r\nx", "complete, complete body= used=38"},
      {ok + "\r\nbody", "reading, complete body=body used=23"},
      {ok + "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\nx",
       "complete, complete body=body used=61"},
      {ok + "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n", "reading, cut body=body used=56"},
      {ok + "Transfer-Encoding: chunked\r\n\r\nxyz", "invalid, invalid body= used=48"},
      {ok + "a b: c\r\n\r\n", "invalid, invalid body= used=19"},
      {"<html>no header</html>", "reading, not HTTP body=<html>no header</html> used=22"},
      {"HTTP/1.x raw", "reading, not HTTP body=HTTP/1.x raw used=12"},
      {"HTTP/1.1 204 No Content\r\n\r\nx", "complete, complete body= used=27"},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\r\n\r\n" + ok + "Content-Length: 1\r\n\r\ny",
       "complete, complete body=y used=82"},
      {"HTTP/1.1 100 Continue\r\n\r\n", "reading, cut body= used=25"},
      {"HTTP/1.1 101 x\r\n\r\ntunnel", "complete, complete body= used=18"},
  };
  for (const auto& [bytes, expected] : cases)
    CHECK_MESSAGE(response(bytes) == expected, bytes);
  CHECK(response(ok + "Content-Length: 9\r\n\r\n", true) == "complete, complete body= used=38");
}

TEST_CASE("what a response says of itself and of its connection") {
  ResponseReader reader;
  reader.feed("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Nope\r\nContent-Length: 2\r\n\r\nab");
  CHECK(reader.interim() == std::vector<int>{100});
  CHECK(reader.head().status == 404);
  CHECK(reader.reusable());
  CHECK(reader.framing() == Framing{Framing::Kind::length, 2});
  reader.reset();
  CHECK(reader.interim().empty());
  reader.feed("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  CHECK(reader.reading() == Reading::complete);
  CHECK_FALSE(reader.reusable());
  reader.reset();
  reader.feed("HTTP/1.1 200 OK\r\n\r\n");
  reader.finish_on_eof();
  CHECK_FALSE(reader.reusable());
}

TEST_CASE("a head without end does not grow without end") {
  ResponseReader reader;
  reader.feed("HTTP/1.1 200 OK\r\n");
  const std::string line = "X: " + std::string(10000, 'y') + "\r\n";
  for (int i = 0; i < 200 && reader.reading() == Reading::reading; ++i)
    reader.feed(line);
  CHECK(reader.reading() == Reading::invalid);
  CHECK(reader.bytes() < (1U << 21));
}

TEST_CASE("a request is complete, cut, empty or invalid") {
  const std::pair<std::string, std::string> cases[] = {
      {"", "reading, empty body= used=0"},
      {"GET / HT", "reading, cut body= used=8"},
      {"GET / HTTP/1.0\r\nHost: back_end\r\na_b: c\r\n\r\nnext",
       "complete, complete body= used=42"},
      {"GET / HTTP/1.1\r\n\r\n", "complete, complete body= used=18"},
      {"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET", "complete, complete body=abc used=41"},
      {"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nabc", "reading, cut body=abc used=41"},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\nG",
       "complete, complete body=a used=58"},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx", "invalid, invalid body= used=48"},
      {"get / HTTP/1.1\r\n\r\n", "invalid, invalid body= used=1"},
  };
  for (const auto& [bytes, expected] : cases)
    CHECK_MESSAGE(request(bytes) == expected, bytes);
}

TEST_CASE("a request reader goes on with the next request of the connection") {
  RequestReader reader;
  const std::string bytes = "POST /a HTTP/1.1\r\nContent-Length: 1\r\n\r\nxGET /b HTTP/1.1\r\n\r\n";
  const std::size_t used = reader.feed(bytes);
  CHECK(reader.head().path == "/a");
  CHECK(reader.body_size() == 1);
  reader.reset();
  CHECK_FALSE(reader.has_head());
  CHECK(reader.feed(std::string_view(bytes).substr(used)) == bytes.size() - used);
  CHECK(reader.head().path == "/b");
  CHECK(reader.body_size() == 0);
}

TEST_CASE("what is written can be read") {
  const HeaderList headers{{"Host", "a"}, {"X-Gone", "x", true}, {"Transfer-Encoding", "chunked"}};
  std::string bytes = request_head("PUT", "/x?y", headers);
  CHECK(bytes == "PUT /x?y HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  append_chunk_header(bytes, 26);
  bytes += std::string(26, 'z');
  bytes += crlf;
  bytes += last_chunk;
  RequestReader reader;
  CHECK(reader.feed(bytes) == bytes.size());
  CHECK(reader.reading() == Reading::complete);
  CHECK(reader.body_size() == 26);

  CHECK(response_head("502 Bad Gateway", {}, version_10) == "HTTP/1.0 502 Bad Gateway\r\n\r\n");
  CHECK(request_head("GET", "/", {}, version_10) == "GET / HTTP/1.0\r\n\r\n");
  std::string length;
  append_header(length, "Content-Length", std::uint64_t{18446744073709551615U});
  CHECK(length == "Content-Length: 18446744073709551615\r\n");
  std::string chunk;
  append_chunk_header(chunk, 0xabcdef);
  CHECK(chunk == "abcdef\r\n");
  CHECK(reason_phrase(504) == "Gateway Time-out");
  CHECK(reason_phrase(499).empty());
}

TEST_CASE("FNV-1a and lengths") {
  Fnv1a hash;
  CHECK(hash.value() == 0xcbf29ce484222325U);
  hash.add("a");
  CHECK(hash.value() == 0xaf63dc4c8601ec8cU);
  CHECK(parse_length("0") == 0);
  CHECK(parse_length("9223372036854775807") == INT64_MAX);
  for (const char* bad : {"", "+1", "-1", " 1", "1 ", "9223372036854775808", "0x1"}) {
    CHECK_FALSE(parse_length(bad).has_value());
  }
  CHECK(icontains("x, ClOsE", "close"));
  CHECK_FALSE(icontains("clos", "close"));
}

TEST_CASE("random messages: no crash, and cutting changes nothing") {
  Rng rng(4);
  const std::string base =
      "HTTP/1.1 100 x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "4\r\nbody\r\n0\r\n\r\n";
  for (int i = 0; i < 3000; ++i)
    response(mutate(base, rng), rng.chance(0.1));
  const std::string post = "POST /x HTTP/1.1\r\nContent-Length: 12\r\n\r\nhello, world";
  for (int i = 0; i < 3000; ++i)
    request(mutate(post, rng));
}
