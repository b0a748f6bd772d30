#include "net/fastcgi_request.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace badgate;
using namespace std::string_literals;
using namespace net::fastcgi;
using Reading = RequestReader::Reading;

namespace {

struct Sent {
  std::uint8_t flags = 0;
  Role role = Role::responder;
  std::string method = "GET";
  std::string body;
  std::size_t record = 5;  // bytes of a PARAMS or STDIN record
};

void append_stream(std::string& out, Type type, std::string_view bytes, std::size_t record) {
  for (; !bytes.empty(); bytes.remove_prefix(std::min(record, bytes.size()))) {
    const auto piece = bytes.substr(0, record);
    append_record(out, type, 1, piece, padding_of(piece.size()));
  }
}

// As nginx sends it: BEGIN_REQUEST, PARAMS, an empty one, STDIN, an empty one.
std::string request(const Sent& sent = {}) {
  std::string params;
  append_param(params, "REQUEST_METHOD", sent.method);
  append_param(params, "REQUEST_URI", "/a?b=" + std::string(200, 'c'));
  append_param(params, "CONTENT_LENGTH", sent.body.empty() ? "" : std::to_string(sent.body.size()));
  std::string out;
  append_begin_request(out, 1, sent.role, sent.flags);
  append_stream(out, Type::params, params, sent.record);
  append_record(out, Type::params, 1, "");
  append_stream(out, Type::stdin_data, sent.body, sent.record);
  append_record(out, Type::stdin_data, 1, "");
  return out;
}

}  // namespace

TEST_CASE("FastCGI request: read the same however the bytes are cut") {
  const auto bytes = request({.method = "POST", .body = "hello world"});
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    std::string body;
    RequestReader reader([&](std::string_view piece) { body += piece; });
    auto used = reader.feed(std::string_view(bytes).substr(0, cut));
    used += reader.feed(std::string_view(bytes).substr(used));
    CHECK(used == bytes.size() - header_size);  // the empty STDIN is left
    CHECK(reader.reading() == Reading::complete);
    CHECK(reader.param("REQUEST_METHOD") == "POST");
    CHECK(reader.param("REQUEST_URI") == "/a?b=" + std::string(200, 'c'));
    CHECK(reader.param("NOBODY").empty());
    CHECK(reader.params().size() == 3);
    CHECK(body == "hello world");
    CHECK(reader.body_size() == 11);
  }
}

TEST_CASE("FastCGI request: one byte at a time, and never more than was wanted") {
  const auto bytes = request({.flags = keep_conn, .role = Role::filter});
  RequestReader reader;
  std::size_t at = 0;
  while (reader.reading() == Reading::reading && at < bytes.size()) {
    CHECK(reader.wanted() > 0);
    CHECK(reader.wanted() <= bytes.size() - at);
    at += reader.feed(std::string_view(bytes).substr(at, 1));
  }
  CHECK(at == bytes.size() - header_size);
  CHECK(reader.keeps_connection());
  CHECK(reader.role() == Role::filter);
  CHECK(reader.request_id() == 1);
}

TEST_CASE("FastCGI request: the next one on the connection begins behind the last one's rest") {
  const auto bytes = request({.flags = keep_conn}) + request({.method = "HEAD"});
  RequestReader reader;
  const auto used = reader.feed(bytes);
  CHECK(reader.reading() == Reading::complete);
  reader.reset();
  CHECK(reader.reading() == Reading::reading);
  CHECK(used + reader.feed(std::string_view(bytes).substr(used)) == bytes.size() - header_size);
  CHECK(reader.reading() == Reading::complete);
  CHECK(reader.param("REQUEST_METHOD") == "HEAD");
  CHECK_FALSE(reader.keeps_connection());
}

TEST_CASE("FastCGI request: what php-fpm does not read either") {
  struct Case {
    std::string bytes;
    std::string error;
  };
  std::string other_id;
  append_begin_request(other_id, 1, Role::responder, 0);
  append_record(other_id, Type::params, 2, "");
  std::string out_of_order;
  append_begin_request(out_of_order, 1, Role::responder, 0);
  append_record(out_of_order, Type::stdin_data, 1, "");
  std::string too_much;
  append_begin_request(too_much, 1, Role::responder, 0);
  append_stream(too_much, Type::params, std::string(RequestReader::max_params + 1, 'x'), 65535);
  const std::vector<Case> cases{
      {"GET / HTTP/1.1\r\n\r\n", "a record of type 69 and 12064 bytes in place of BEGIN_REQUEST"},
      {"\0\1\0\1\0\x08\0\0"s, "FastCGI version 0"},
      {request({.role = Role{9}}), "role 9"},
      {other_id, "request id 2 within request 1"},
      {out_of_order, "a record of type 5 in place of PARAMS"},
      {too_much, "more than 1048576 bytes of parameters"},
  };
  for (const auto& [bytes, error] : cases) {
    RequestReader reader;
    CHECK(reader.feed(bytes) < bytes.size() + 1);
    CHECK(reader.reading() == Reading::invalid);
    CHECK(reader.error() == error);
    CHECK(reader.feed("more") == 0);
  }
}

TEST_CASE("FastCGI request: aborted") {
  std::string bytes;
  append_begin_request(bytes, 1, Role::responder, 0);
  append_record(bytes, Type::abort_request, 1, "");
  RequestReader reader;
  reader.feed(bytes);
  CHECK(reader.reading() == Reading::aborted);
}

TEST_CASE("FastCGI parameters: lengths that lie are the end of them") {
  std::string content;
  append_param(content, "A", "1");
  append_param(content, std::string(300, 'n'), std::string(70000, 'v'));
  const auto whole = parse_params(content);
  REQUIRE(whole.size() == 2);
  CHECK(whole[1].first.size() == 300);
  CHECK(whole[1].second.size() == 70000);
  for (std::size_t size = 4; size < content.size(); size += 97)
    CHECK(parse_params(std::string_view(content).substr(0, size)).size() == 1);
  CHECK(parse_params("\xff\xff\xff\xff\xff\xff\xff\xffx").empty());
  CHECK(parse_params("\x01").empty());
}
