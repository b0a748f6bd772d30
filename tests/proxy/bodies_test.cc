// Bodies both ways: framing, buffering, and what is lost when they are cut.
#include <doctest/doctest.h>

#include "tests/proxy/fixture.h"

using namespace badgate::proxy::test;
using Lines = std::vector<std::string>;

namespace {

const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const std::string kContext =
    ", client: 127.0.0.1, server: test, request: \"GET / HTTP/1.1\", upstream: "
    "\"http://app[0]/\", host: \"a\"";
const std::string kLength = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";
const std::string kClose = "HTTP/1.1 200 OK\r\n\r\n";
const std::string kChunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// The data of a chunked body; "…" at the end if the last chunk is missing.
std::string unchunk(std::string body) {
  std::string out;
  while (!body.empty()) {
    const auto line = body.find("\r\n");
    if (line == std::string::npos) return out + "…";
    const auto size = std::stoul(body.substr(0, line), nullptr, 16);
    if (size == 0) return out;
    out += body.substr(line + 2, size);
    body.erase(0, std::min(body.size(), line + 2 + size + 2));
  }
  return out + "…";
}

}  // namespace

TEST_CASE("a body without a length: chunked for HTTP/1.1, ended by closing for 1.0") {
  Fixture f;
  f.add_server({answer(kClose + "hello")});
  CHECK(f.get(kGet)->body() == "5\r\nhello\r\n0\r\n\r\n");
  const auto old = f.get("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(old->body() == "hello");
  CHECK(old->received().find("Transfer-Encoding") == std::string::npos);
  CHECK(old->received().find("Connection: close") != std::string::npos);
}

TEST_CASE("a chunked body is unchunked and chunked anew") {
  Fixture f;
  f.add_server({{read_head(), send(kChunked + "3;x=y\r\nabc\r\n"), wait(1s),
                 send("2\r\nde\r\n0\r\nT: x\r\n\r\n"), close()}});
  const auto client = f.get(kGet);
  CHECK(client->body() == "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  CHECK(f.errors.empty());
}

TEST_CASE("HEAD, 204 and 304 have no body") {
  struct Row {
    std::string request;
    std::string response;
  };
  const std::vector<Row> rows{
      {"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", kLength},
      {kGet, "HTTP/1.1 204 No Content\r\n\r\n"},
      {kGet, "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.response);
    Fixture f;
    f.add_server({answer(row.response)});
    const auto client = f.get(row.request);
    CHECK(client->body().empty());
    CHECK(client->received().find("Transfer-Encoding") == std::string::npos);
    CHECK(f.lines.empty());
  }
}

TEST_CASE("a cut body: what the client still gets, buffered and not") {
  enum class End { fin, rst, stall };
  struct Row {
    std::string head;
    End end;
    bool buffered;
    bool delivered;  // the 50 bytes that had come
    const char* message;
  };
  const char* fin = "upstream prematurely closed connection";
  const char* readv = "readv() failed (104: Connection reset by peer)";
  const char* recv = "recv() failed (104: Connection reset by peer)";
  const char* stall = "upstream timed out (110: Connection timed out)";
  const std::string& chunk = kChunked;
  const std::vector<Row> rows{
      {kLength, End::fin, true, true, fin},      {kLength, End::rst, true, false, readv},
      {kLength, End::stall, true, false, stall}, {kLength, End::fin, false, true, fin},
      {kLength, End::rst, false, true, recv},    {kLength, End::stall, false, true, stall},
      {kClose, End::fin, true, true, nullptr},   {kClose, End::rst, true, false, readv},
      {kClose, End::stall, true, false, stall},  {kClose, End::rst, false, true, recv},
      {chunk, End::fin, true, true, fin},        {chunk, End::rst, true, true, readv},
      {chunk, End::stall, true, true, stall},    {chunk, End::stall, false, true, stall},
  };
  for (const auto& row : rows) {
    const int end = static_cast<int>(row.end);
    CAPTURE(row.head);
    CAPTURE(end);
    CAPTURE(row.buffered);
    Fixture f;
    f.settings.proxy.buffering = row.buffered;
    Script script{read_head(), send(row.head), wait(1s),
                  send((row.head == kChunked ? "64\r\n" : "") + std::string(50, 'x')), wait(1s)};
    if (row.end == End::fin) script.push_back(close());
    if (row.end == End::rst) script.push_back(reset());
    f.add_server({script});
    const auto client = f.get(kGet);
    CHECK(client->status() == 200);
    const auto body = row.head == kLength ? client->body() : unchunk(client->body());
    CHECK((body.find(std::string(50, 'x')) != std::string::npos) == row.delivered);
    if (row.message == nullptr) {
      CHECK(f.errors.empty());
      CHECK(!body.ends_with("…"));
    } else {
      CHECK(f.errors ==
            Lines{std::string("[error] *1 ") + row.message + " while reading upstream" + kContext});
      if (row.head != kLength) CHECK(body.ends_with("…"));
    }
    REQUIRE(f.access.size() == 1);
    CHECK(f.access[0].starts_with("200 us=200 "));
  }
}

TEST_CASE("a bad chunk takes the data of the same read with it, as nginx 1.22.1 did") {
  struct Row {
    bool buffering;
    std::vector<Step> body;
    std::string received;
  };
  const Step part = send("5\r\nhello\r\n");
  const std::vector<Row> rows{
      {true, {send("5\r\nhello\r\nZZ\r\n")}, ""},
      {true, {part, wait(1s), send("ZZ\r\n")}, "5\r\nhello\r\n"},
      {false, {send("5\r\nhello\r\nZZ\r\n")}, ""},
      {false, {part, wait(1s), send("ZZ\r\n")}, "5\r\nhello\r\n"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.buffering);
    CAPTURE(row.received);
    Fixture f;
    f.settings.proxy.buffering = row.buffering;
    Script script{read_head(), send(kChunked), wait(1s)};
    script.insert(script.end(), row.body.begin(), row.body.end());
    f.add_server({script});
    const auto client = f.get(kGet);
    CHECK(client->body() == row.received);
    // Only without buffers does the head go ahead of the first data.
    CHECK(client->received().empty() == (row.buffering && row.received.empty()));
    CHECK(client->got_fin());
    CHECK(f.errors.size() == 1);
  }
}

TEST_CASE("a bad first chunk: not one byte reaches the client, the log says 200") {
  Fixture f;
  f.add_server({answer(kChunked + "zz\r\nhello")});
  const auto client = f.get(kGet);
  CHECK(client->received().empty());
  CHECK(client->got_fin());
  CHECK(f.errors == Lines{"[error] *1 upstream sent invalid chunked response while reading "
                          "upstream" +
                          kContext});
  CHECK(f.access == Lines{"200 us=200 ua=app[0] uc=0.000 uh=0.000 ur=0.000 rt=0.000 bbs=0"});
}

TEST_CASE("more than was announced is cut off with a warning") {
  Fixture f;
  f.add_server({answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloXXXX")});
  CHECK(f.get(kGet)->body() == "hello");
  CHECK(f.lines == Lines{"[warn] *1 upstream sent more data than specified in \"Content-Length\" "
                         "header while reading upstream" +
                         kContext});
}

TEST_CASE("a large response to a slow client goes through a temporary file, whole") {
  for (const bool buffering : {true, false}) {
    CAPTURE(buffering);
    Fixture f;
    f.settings.proxy.buffering = buffering;
    std::string data;
    for (int i = 0; data.size() < 12'000'000; ++i)
      data += std::to_string(i) + ",";
    f.add_server({answer(kClose + data)});
    f.start();
    const auto client = f.connect();
    client->pause_reading();
    client->send("GET / HTTP/1.0\r\n\r\n");
    f.run_for(10s);
    client->resume_reading();
    f.run();
    CHECK(client->body() == data);
    CHECK(f.errors.empty());
    CHECK(f.lines.size() == (buffering ? 1 : 0));
  }
}

TEST_CASE("proxy_max_temp_file_size 0: the upstream waits for the client") {
  Fixture f;
  f.settings.proxy.max_temp_file_size = 0;
  f.add_server({answer("HTTP/1.1 200 OK\r\nContent-Length: 12000000\r\n\r\n" +
                       std::string(12'000'000, 'x'))});
  f.start();
  const auto client = f.connect();
  client->pause_reading();
  client->send(kGet);
  f.run_for(50s);
  client->resume_reading();
  f.run();
  CHECK(client->body().size() == 12'000'000);
  CHECK(f.lines.empty());
  CHECK(f.access[0].find(" ur=50.000 ") != std::string::npos);
}

TEST_CASE("a temporary file that cannot be made cuts the response") {
  Fixture f;
  f.settings.proxy.temp_path = "/nowhere";
  f.add_server({answer(kClose + std::string(20'000'000, 'x'))});
  f.start();
  const auto client = f.connect();
  client->pause_reading();
  client->send(kGet);
  f.run_for(1s);
  client->resume_reading();
  f.run();
  CHECK(client->body().size() < 20'000'000);
  CHECK(f.errors == Lines{"[crit] *1 open() \"/nowhere/0000000001\" failed (2: No such file or "
                          "directory) while reading upstream" +
                          kContext});
}

// ---- requests

TEST_CASE("a request body is read completely before the upstream is asked") {
  Fixture f;
  auto& app = f.add_server({{read_head(), read_bytes(10), send(kOk), close()}});
  f.start();
  const auto client = f.connect_and_send(
      "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n");
  f.run_for(30s);
  CHECK(app.connections() == 0);
  client->send("3\r\nabc\r\n0\r\n\r\n");
  f.run();
  CHECK(client->status() == 200);
  CHECK(app.received(0) ==
        "POST / HTTP/1.0\r\nHost: app\r\nConnection: close\r\nContent-Length: 8\r\n\r\nhelloabc");
}

TEST_CASE("large request bodies, through a file and streamed") {
  for (const bool buffering : {true, false}) {
    CAPTURE(buffering);
    Fixture f;
    f.settings.proxy.request_buffering = buffering;
    f.settings.client_max_body_size = 0;
    std::string data;
    for (int i = 0; data.size() < 9'000'000; ++i)
      data += std::to_string(i) + ",";
    const auto size = std::to_string(data.size());
    const std::string upstream_head =
        "POST / HTTP/1.0\r\nHost: app\r\nConnection: close\r\nContent-Length: " + size + "\r\n\r\n";
    auto& app =
        f.add_server({{read_bytes(upstream_head.size() + data.size()), send(kOk), close()}});
    const auto client =
        f.get("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: " + size +
              "\r\n\r\n" + data);
    CHECK(client->status() == 200);
    CHECK(app.received(0) == upstream_head + data);
  }
}

TEST_CASE("proxy_request_buffering off: chunks are passed on as chunks over HTTP/1.1") {
  Fixture f;
  f.settings.proxy.request_buffering = false;
  f.settings.proxy_http_version = "1.1";
  auto& app = f.add_server({{read_head(), wait(20s), send(kOk), close()}});
  f.start();
  const auto client = f.connect_and_send(
      "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n");
  f.run_for(5s);
  CHECK(app.received(0) ==
        "POST / HTTP/1.1\r\nHost: app\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5\r\nhello\r\n");
  client->send("0\r\n\r\n");
  f.run();
  CHECK(app.received(0).ends_with("5\r\nhello\r\n0\r\n\r\n"));
  CHECK(client->status() == 200);
}

TEST_CASE("Expect: 100-continue") {
  Fixture f;
  f.add_server({answer(kOk)});
  f.start();
  const auto client = f.connect_and_send(
      "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\n"
      "Content-Length: 5\r\n\r\n");
  f.run_for(1s);
  CHECK(client->received() == "HTTP/1.1 100 Continue\r\n\r\n");
  client->send("hello");
  f.run();
  CHECK(client->received().find("HTTP/1.1 200 OK\r\n") == 25);
}

TEST_CASE("bodies that are too large") {
  Fixture f;
  f.settings.client_max_body_size = 10;
  auto& app = f.add_server({answer(kOk)});
  SUBCASE("by their Content-Length") {
    const auto client =
        f.get("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n01234567890");
    CHECK(client->status() == 413);
    CHECK(f.errors == Lines{"[error] *1 client intended to send too large body: 11 bytes, client: "
                            "127.0.0.1, server: test, request: \"POST / HTTP/1.1\", host: \"a\""});
  }
  SUBCASE("as they come") {
    const auto client = f.get(
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
        "9\r\n123456789\r\n0\r\n\r\n");
    CHECK(client->status() == 413);
    CHECK(f.errors == Lines{"[error] *1 client intended to send too large chunked body: 5+9 bytes, "
                            "client: 127.0.0.1, server: test, request: \"POST / HTTP/1.1\", host: "
                            "\"a\""});
  }
  CHECK(app.connections() == 0);
}

TEST_CASE("an early answer while the request is still being sent") {
  Fixture f;
  f.settings.client_max_body_size = 0;
  const std::string refusal = "HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno";
  const std::string request =
      "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 9000000\r\n\r\n" +
      std::string(9'000'000, 'x');
  SUBCASE("the server goes on reading: its answer is passed on") {
    f.add_server({{read_head(), send(refusal), half_close()}});
    const auto client = f.get(request);
    CHECK(client->status() == 413);
    CHECK(client->body() == "no");
    CHECK(f.errors.empty());
  }
  SUBCASE("it resets the connection instead") {
    f.add_server({{read_bytes(1024), reset()}});
    const auto client = f.get(request);
    CHECK(client->status() == 502);
    REQUIRE(f.errors.size() == 1);
    CHECK(f.errors[0].find("failed (104: Connection reset by peer)") != std::string::npos);
  }
}

TEST_CASE("a server that answers but takes no more of the request ends the response") {
  Fixture f;
  f.settings.client_max_body_size = 0;
  f.settings.proxy.send_timeout = 5s;
  f.add_server({{read_bytes(1024), pause_reading(),
                 send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), wait(100s)}});
  auto& other = f.add_server({answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")});
  const auto client = f.get("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n" +
                            std::string(9'000'000, 'x'));
  CHECK(client->status() == 200);
  CHECK(client->body().empty());  // it waits for a buffer to be full
  CHECK(client->got_fin());
  CHECK(seconds(client->closed_at()) == doctest::Approx(5));
  CHECK(other.connections() == 0);
  REQUIRE(f.errors.size() == 1);
  CHECK(f.errors[0].find("upstream timed out (110: Connection timed out)") != std::string::npos);
}

TEST_CASE("a request body that cannot be stored: 500") {
  Fixture f;
  f.settings.client_body_temp_path = "/nowhere";
  f.add_server({answer(kOk)});
  const auto client = f.get("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\n" +
                            std::string(50'000, 'x'));
  CHECK(client->status() == 500);
  CHECK(f.errors == Lines{"[crit] *1 open() \"/nowhere/0000000001\" failed (2: No such file or "
                          "directory), client: 127.0.0.1, server: test, request: \"POST / "
                          "HTTP/1.1\", host: \"a\""});
}
