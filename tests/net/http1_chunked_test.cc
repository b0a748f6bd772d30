#include <fmt/core.h>

#include "tests/net/http1_testing.h"

using namespace badgate::net;
using namespace badgate::net::http1;
using namespace badgate::net::http1::testing;
using namespace std::string_literals;

namespace {

using State = ChunkedDecoder::State;

// "done body rest", "more body" or "invalid body".
std::string read(const Pieces& pieces) {
  ChunkedDecoder decoder;
  std::string body;
  std::string rest;
  State state = State::need_more;
  for (std::string_view piece : pieces) {
    while (state == State::need_more || state == State::data) {
      const auto step = decoder.next(piece);
      state = step.state;
      body += step.data;
      piece.remove_prefix(step.consumed);
      if (state != State::data) break;
    }
    if (state == State::done) rest += piece;
  }
  if (state == State::done) return "done " + body + " " + rest;
  return (state == State::invalid ? "invalid " : "more ") + body;
}

std::string decode(std::string_view bytes) {
  return read_all_ways(bytes, read);
}

}  // namespace

TEST_CASE("chunked bodies as ngx_http_parse_chunked reads them") {
  const std::pair<std::string, std::string> cases[] = {
      {"4\r\nbody\r\n0\r\n\r\n", "done body "},
      {"4\nbody\n0\n\nnext", "done body next"},
      {"4;x=y\r\nbody\r\n0;z\r\nT: r\r\nU: s\r\n\r\nnext", "done body next"},
      {"4 \r\nbody\r\n0 \r\n\r\n", "done body "},
      {"4\tx\r\nbody\r\n000\r\n\r\n", "done body "},
      {"A\r\n0123456789\r\na\r\nabcdefghij\r\n0\r\n\r\n", "done 0123456789abcdefghij "},
      {"0\n\n", "done  "},
      {"4;a\0b\r\nbody\r\n0\r\n\r\n"s, "done body "},
      {"00000000000000004\r\nbody\r\n0\r\n\r\n", "done body "},
      {"", "more "},
      {"4", "more "},
      {"4\r\nbo", "more bo"},
      {"4\r\nbody\r\n0\r\n", "more body"},
      {"4\r\nbody\r\n0\r\nX", "more body"},
      {"7ffffffffffffff\r\nab", "more ab"},
      {"7ffffffffffffffa", "more "},
      {"7ffffffffffffffb", "invalid "},
      {"7000000000000000\r\nab", "invalid "},
      {"8000000000000000\r\nab", "invalid "},
      {"ffffffffffffffff\r\nab", "invalid "},
      {"10000000000000000\r\nab", "invalid "},
      {"\r\n4\r\nbody", "invalid "},
      {" 4\r\nbody", "invalid "},
      {"g\r\n", "invalid "},
      {"-4\r\n", "invalid "},
      {"0x4\r\n", "invalid "},
      {"4x\r\nbody", "invalid "},
      {"4\rX", "invalid "},
      {"4;a\rb", "invalid "},
      {"4\r\nbodyx", "invalid body"},
      {"4\r\nbody\rX", "invalid body"},
      {"4\r\nbody\r\n0\r\n\rX", "invalid body"},
      {"4\r\nbody\r\n0\r\nX: y\rZ", "invalid body"},
      {"4\r\nbody\r\n0\rX", "invalid body"},
  };
  for (const auto& [bytes, expected] : cases)
    CHECK_MESSAGE(decode(bytes) == expected, bytes);
}

TEST_CASE("data is handed out where it stands, without copying") {
  const std::string bytes = "4\r\nbody\r\n";
  ChunkedDecoder decoder;
  const auto step = decoder.next(bytes);
  CHECK(step.state == State::data);
  CHECK(step.data.data() == bytes.data() + 3);
  CHECK(step.consumed == 7);
}

TEST_CASE("the fewest bytes that can end a body") {
  const std::pair<std::string, std::int64_t> cases[] = {
      {"", 3},        {"4", 9},         {"4\r", 9},         {"4;x", 9},      {"4\r\n", 8},
      {"4\r\nbo", 6}, {"4\r\nbody", 4}, {"4\r\nbody\r", 4}, {"0", 2},        {"0\r", 2},
      {"0\r\n", 1},   {"0\r\n\r", 1},   {"0\r\nX", 2},      {"0\r\nX\r", 2}, {"4\r\nbody\r\n", 3},
  };
  for (const auto& [bytes, least] : cases) {
    ChunkedDecoder decoder;
    for (std::string_view rest = bytes; !rest.empty();) {
      rest.remove_prefix(decoder.next(rest).consumed);
    }
    CHECK_MESSAGE(decoder.least_remaining() == least, bytes);
  }
}

TEST_CASE("random chunked bodies: no crash, and cutting changes nothing") {
  Rng rng(3);
  const std::string base =
      "4;e\r\nbody\r\n1f\n0123456789012345678901234567890\r\n0\r\nT: r\r\n\r\nx";
  int bad = 0;
  for (int i = 0; i < 4000; ++i)
    bad += decode(mutate(base, rng)).starts_with("invalid");
  CHECK(bad > 500);
  for (int i = 0; i < 500; ++i)
    decode(rng.bytes(rng.below(100)));
}
