// FastCGI to servers: what they get, and what nginx makes of every kind of record.
#include <doctest/doctest.h>

#include "net/fastcgi.h"
#include "proxy/fastcgi_split.h"
#include "tests/proxy/fixture.h"

using namespace badgate::proxy::test;
using namespace std::string_literals;
namespace net = badgate::net;
namespace proxy = badgate::proxy;
namespace fastcgi = badgate::net::fastcgi;
using fastcgi::Type;
using Lines = std::vector<std::string>;

namespace {

const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const std::string kContext =
    ", client: 127.0.0.1, server: test, request: \"GET / HTTP/1.1\", upstream: "
    "\"fastcgi://app[0]\", host: \"a\"";
const std::string kInHeader = " while reading response header from upstream" + kContext;
const std::string kInBody = " while reading upstream" + kContext;

std::string record(Type type, std::string_view content, std::uint8_t padding = 0) {
  std::string out;
  fastcgi::append_record(out, type, 1, content, padding);
  return out;
}
std::string out(std::string_view content, std::uint8_t padding = 0) {
  return record(Type::stdout_data, content, padding);
}
std::string err(std::string_view content) {
  return record(Type::stderr_data, content);
}
std::string end(std::uint8_t padding = 0) {
  return record(Type::end_request, "\0\0\0\0\0\0\0\0"s, padding);
}

// BEGIN_REQUEST, PARAMS twice and STDIN, all of them empty.
Script reply(std::string response) {
  return {read_bytes(16 + 8 + 8 + 8), send(std::move(response)), close()};
}

// So that a failure shows them.
std::string joined(const Lines& lines) {
  std::string out;
  for (const std::string& line : lines)
    out += line + "\n";
  return out;
}

struct FastcgiFixture : Fixture {
  FastcgiFixture() {
    settings.proxy_pass.clear();
    settings.fastcgi_pass = "app";
    settings.fastcgi.pass_request_headers = false;  // every request is as long as reply() awaits
  }
};

}  // namespace

TEST_CASE("what a server gets") {
  FastcgiFixture f;
  f.settings.fastcgi_param = {{"SCRIPT_FILENAME", "/srv$fastcgi_script_name"},
                              {"REQUEST_METHOD", "$request_method"},
                              {"EMPTY", "$http_none"},
                              {"NOT_SENT", "$http_none", true},
                              {"HTTP_HOST", "mine"},
                              {"HTTP_PROXY", ""}};  // hides the client's, and is not sent itself
  f.settings.fastcgi_index = "index.php";
  f.settings.fastcgi.pass_request_headers = true;
  auto& server = f.add_server({{read_bytes(200), send(out("\r\n") + end()), close()}});
  f.start();
  auto client = f.connect_and_send(
      "GET /a/?b=1 HTTP/1.1\r\nHost: a\r\nX-Long-Name: v\r\nProxy: evil\r\nConnection: "
      "close\r\n\r\n");
  f.run_for(1s);
  std::string params;
  fastcgi::append_param(params, "SCRIPT_FILENAME", "/srv/a/index.php");
  fastcgi::append_param(params, "REQUEST_METHOD", "GET");
  fastcgi::append_param(params, "EMPTY", "");
  fastcgi::append_param(params, "HTTP_HOST", "mine");
  fastcgi::append_param(params, "HTTP_X_LONG_NAME", "v");
  fastcgi::append_param(params, "HTTP_CONNECTION", "close");
  std::string expected;
  fastcgi::append_begin_request(expected, 1, fastcgi::Role::responder, 0);
  fastcgi::append_record(expected, Type::params, 1, params, fastcgi::padding_of(params.size()));
  fastcgi::append_record(expected, Type::params, 1, {});
  fastcgi::append_record(expected, Type::stdin_data, 1, {});
  CHECK(server.received(0) == expected);
}

TEST_CASE("a request's body goes in pieces of 32k, buffered or not") {
  for (const bool buffered : {true, false}) {
    CAPTURE(buffered);
    FastcgiFixture f;
    f.settings.fastcgi.request_buffering = buffered;
    f.settings.client_max_body_size = 0;
    constexpr std::size_t size = 100'000;
    auto& server = f.add_server({{read_bytes(size), wait(1s), send(out("\r\n") + end()), close()}});
    f.start();
    auto client = f.connect_and_send(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + std::string(size, 'x'));
    f.run_for(5s);
    CHECK(client->status() == 200);
    std::string_view rest = server.received(0);
    std::size_t body = 0;
    bool ended = false;
    while (!rest.empty()) {
      const auto header = fastcgi::parse_header(rest);
      REQUIRE(header);
      const std::size_t whole =
          fastcgi::header_size + header->content_length + header->padding_length;
      REQUIRE(rest.size() >= whole);
      if (header->type == static_cast<unsigned>(Type::stdin_data)) {
        CHECK(header->content_length <= 32 * 1024);
        CHECK(whole % 8 == 0);
        body += header->content_length;
        ended = header->content_length == 0;
      }
      rest.remove_prefix(whole);
    }
    CHECK(body == size);
    CHECK(ended);
  }
}

TEST_CASE("heads of responses") {
  struct Row {
    std::string response;
    int status;
    Lines errors;
  };
  const std::string html = "Content-Type: text/html\r\n\r\n";
  const auto line = [](std::string_view text) {
    return Lines{"[error] *1 " + std::string(text) + kInHeader};
  };
  const std::vector<Row> rows{
      {out(html + "ok") + end(), 200, {}},
      {out("Status: 404 Not Found\r\n" + html) + end(), 404, {}},
      {out("Location: /elsewhere\r\n\r\n") + end(), 302, {}},
      {out("Status: 2") + out("01 Made\r\n\r\nok", 3) + end(), 201, {}},
      {out("") + end(), 502, line("upstream prematurely closed FastCGI stdout")},
      {end(), 502, line("upstream sent unexpected FastCGI record: 3")},
      {err("PHP message: oh. \r\n") + end(),
       502,
       {"[error] *1 FastCGI sent in stderr: \"PHP message: oh\"" + kInHeader,
        "[error] *1 upstream sent unexpected FastCGI record: 3" + kInHeader}},
      {err("Primary script unknown") + out("Status: 404 Not Found\r\n\r\n") + end(), 404,
       line("FastCGI sent in stderr: \"Primary script unknown\"")},
      {"HTTP/1.1 200 OK\r\n\r\n", 502,
       line("upstream sent unsupported FastCGI protocol version: 72")},
      {"\1\0\0\1\0\0\0\0"s, 502, line("upstream sent invalid FastCGI record type: 0")},
      {"\1\x09\0\1\0\0\0\0"s, 502, line("upstream sent invalid FastCGI record type: 9")},
      {"\1\6\2\1\0\0\0\0"s, 502, line("upstream sent unexpected FastCGI request id high byte: 2")},
      {"\1\6\0\7\0\0\0\0"s, 502, line("upstream sent unexpected FastCGI request id low byte: 7")},
      {out("Status: foo\r\n\r\n") + end(), 502, line("upstream sent invalid status \"foo\"")},
      {out("Status: 20\r\n\r\n") + end(), 502, line("upstream sent invalid status \"20\"")},
      {out("bad header\r\n\r\n") + end(), 502,
       line("upstream sent invalid header: \"bad\\x20...\"")},
      {out("X: " + std::string(5000, 'x')), 502, line("upstream sent too big header")},
      {out("Status: 200 OK\r\n").substr(0, 12), 502,
       line("upstream prematurely closed connection")},
      {"", 502, line("upstream prematurely closed connection")},
  };
  for (const Row& row : rows) {
    CAPTURE(row.response);
    FastcgiFixture f;
    f.settings.nginx_version = "1.22.1";
    f.add_server({reply(row.response)});
    const auto client = f.get(kGet);
    CHECK(client->status() == row.status);
    CHECK(joined(f.errors) == joined(row.errors));
  }
}

TEST_CASE("complaints never fill the header's buffer, and some make a response invalid") {
  FastcgiFixture f;
  f.settings.fastcgi_catch_stderr = {"Fatal"};
  f.add_server({reply(err(std::string(20'000, 'w')) + out("\r\nok") + end()),
                reply(err("PHP Fatal error") + out("\r\nok") + end())});
  CHECK(f.get(kGet)->status() == 200);
  CHECK(f.errors.size() > 1);
  f.errors.clear();
  CHECK(f.get(kGet)->status() == 502);
  CHECK(joined(f.errors) ==
        joined({"[error] *3 FastCGI sent in stderr: \"PHP Fatal error\"" + kInHeader}));
}

TEST_CASE("bodies of responses: what the client gets, and what is logged") {
  struct Row {
    std::string response;
    std::string body;
    Lines lines;  // buffered
    Lines streamed;
  };
  const std::string head = "Content-Length: 4\r\n\r\n";
  const auto line = [](std::string_view text) { return Lines{std::string(text) + kInBody}; };
  const auto more =
      line("[warn] *1 upstream sent more data than specified in \"Content-Length\" header");
  const std::vector<Row> rows{
      {out(head + "ab") + out("cd", 5) + out("") + end(3), "abcd", {}, {}},
      {out(head + "abcdef") + end(), "abcd", more, more},
      {out(head + "ab") + out("") + end(), "ab",
       line("[error] *1 upstream prematurely closed FastCGI stdout"),
       line("[error] *1 upstream prematurely closed FastCGI request")},
      {out(head + "ab") + end(), "ab",
       line("[error] *1 upstream prematurely closed FastCGI request"),
       line("[error] *1 upstream prematurely closed FastCGI request")},
      {out(head + "ab") + err("late.") + out("cd") + end(), "abcd",
       line("[error] *1 FastCGI sent in stderr: \"late\""),
       line("[error] *1 FastCGI sent in stderr: \"late\"")},
      // Cut, and nobody says so: G16.
      {out("\r\nabcdefgh").substr(0, 14), "abcd", {}, {}},
  };
  for (const Row& row : rows) {
    for (const bool buffering : {true, false}) {
      CAPTURE(row.response);
      CAPTURE(buffering);
      FastcgiFixture f;
      f.settings.fastcgi.buffering = buffering;
      f.add_server({reply(row.response)});
      const auto client = f.get("GET / HTTP/1.0\r\n\r\n");
      CHECK(client->status() == 200);
      CHECK(client->body() == row.body);
      Lines expected;
      for (std::string text : buffering ? row.lines : row.streamed) {
        // What came with the head is passed on before anything is said to be read.
        if (!buffering)
          text.replace(text.find("reading upstream"), 16, "reading response header from upstream");
        text.replace(text.find("HTTP/1.1"), 8, "HTTP/1.0");
        expected.push_back(text.substr(0, text.find(", host: ")));
      }
      CHECK(joined(f.lines) == joined(expected));
    }
  }
}

TEST_CASE("behind 204 and 304 there is nothing: whatever comes is more than that") {
  for (const std::string status : {"204", "304"}) {
    for (const bool buffering : {true, false}) {
      CAPTURE(status);
      CAPTURE(buffering);
      FastcgiFixture f;
      f.settings.fastcgi.buffering = buffering;
      f.settings.fastcgi_keep_conn = true;
      f.add_server({reply(out("Status: " + status + "\r\n\r\nab") + end())});
      const auto client = f.get(kGet);
      CHECK(client->status() == std::stoi(status));
      CHECK(client->body().empty());
      CHECK(
          joined(f.lines) ==
          joined({"[warn] *1 upstream sent more data than specified in \"Content-Length\" header" +
                  (buffering ? kInBody : kInHeader)}));
    }
  }
}

TEST_CASE("a bare 204 says nothing of a body, a bare 304 does") {
  for (const std::string status : {"204", "304"}) {
    CAPTURE(status);
    FastcgiFixture f;
    f.settings.nginx_version = "1.28.3";
    f.add_server(
        {reply(out("Status: " + status + "\r\nContent-Type: a/b\r\nContent-Length: 2\r\n\r\nab") +
               end())});
    const auto client = f.get(kGet);
    CHECK(client->status() == std::stoi(status));
    CHECK(client->body().empty());
    for (const std::string header : {"\r\nContent-Type: a/b\r\n", "\r\nContent-Length: 2\r\n"}) {
      CAPTURE(header);
      CHECK((client->received().find(header) != std::string::npos) == (status == "304"));
    }
    CHECK(joined(f.lines).empty());
  }
}

TEST_CASE("a bad record behind the head: the client gets nothing") {
  FastcgiFixture f;
  f.add_server({reply(out("\r\nab") + "\2")});
  const auto client = f.get(kGet);
  CHECK(client->received().empty());
  CHECK(joined(f.errors) ==
        joined({"[error] *1 upstream sent unsupported FastCGI protocol version: 2" + kInBody}));
}

TEST_CASE("fastcgi_keep_conn and keepalive: END_REQUEST ends the response") {
  FastcgiFixture f;
  f.settings.fastcgi_keep_conn = true;
  f.group().keepalive = 1;
  const auto one = out("Content-Length: 2\r\n\r\nok") + out("") + end(5);
  auto& server = f.add_server({{read_bytes(40), send(one), read_bytes(80), send(one)}});
  f.start();
  for (int i = 0; i < 2; ++i) {
    const auto client = f.connect_and_send(kGet);
    f.run_for(1s);
    CHECK(client->body() == "ok");
  }
  CHECK(server.connections() == 1);
  CHECK(server.received(0)[10] == 1);  // FCGI_KEEP_CONN
}

TEST_CASE("fastcgi_next_upstream: an invalid response is tried elsewhere if it may be") {
  FastcgiFixture f;
  f.settings.fastcgi.next_upstream |= proxy::bit(proxy::Reason::invalid_header);
  f.add_server({reply(end())});
  f.add_server({reply(out("\r\nok") + end())});
  CHECK(f.get(kGet)->status() == 200);
  CHECK(joined(f.errors) ==
        joined({"[error] *1 upstream sent unexpected FastCGI record: 3" + kInHeader}));
}

TEST_CASE("parameters of more than 64k are refused") {
  FastcgiFixture f;
  f.settings.fastcgi_param = {{"A", std::string(70'000, 'x')}};
  f.add_server({reply("")});
  CHECK(f.get(kGet)->status() == 500);
  REQUIRE(f.errors.size() == 1);
  CHECK(f.errors.front().starts_with("[alert] *1 fastcgi request record is too big: 700"));
}

TEST_CASE("fastcgi_split_path_info") {
  const auto split = proxy::FastcgiSplit::compile("^(.+\\.php)(/.*)$");
  REQUIRE(split);
  CHECK(split->names("/a.php/b/c", "index.php").script_name == "/a.php");
  CHECK(split->names("/a.php/b/c", "index.php").path_info == "/b/c");
  CHECK(split->names("/a/", "index.php").script_name == "/a/index.php");
  CHECK(split->names("/a.html", "index.php").path_info.empty());
  CHECK(proxy::FastcgiSplit::compile("(").error().message.starts_with("pcre2_compile() failed: "));
  CHECK(proxy::FastcgiSplit::compile("^(a)$").error().message ==
        "pattern \"^(a)$\" must have 2 captures");
}
