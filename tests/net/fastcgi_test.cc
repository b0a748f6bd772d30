#include "net/fastcgi.h"

#include <doctest/doctest.h>

#include <string>

using namespace badgate;
using namespace std::string_literals;
namespace fastcgi = net::fastcgi;

TEST_CASE("a record is its header, its content and zeros") {
  std::string out;
  fastcgi::append_record(out, fastcgi::Type::stdout_data, 1, "hello", fastcgi::padding_of(5));
  CHECK(out == "\x01\x06\x00\x01\x00\x05\x03\x00hello\0\0\0"s);
  const auto header = fastcgi::parse_header(out);
  REQUIRE(header);
  CHECK(header->version == 1);
  CHECK(header->type == 6);
  CHECK(header->request_id == 1);
  CHECK(header->content_length == 5);
  CHECK(header->padding_length == 3);
  CHECK_FALSE(fastcgi::parse_header(out.substr(0, 7)));
}

TEST_CASE("numbers have their high byte first") {
  std::string out;
  fastcgi::append_header(out, {.type = 7, .request_id = 0x0102, .content_length = 0xfffe});
  CHECK(out == "\x01\x07\x01\x02\xff\xfe\x00\x00"s);
  CHECK(fastcgi::parse_header(out)->content_length == 0xfffe);
}

TEST_CASE("more than fits into a record is left out") {
  std::string out;
  fastcgi::append_record(out, fastcgi::Type::stdin_data, 1, std::string(70000, 'x'));
  CHECK(out.size() == fastcgi::header_size + fastcgi::max_content);
  CHECK(fastcgi::parse_header(out)->content_length == 65535);
}

TEST_CASE("padding fills up to eight bytes") {
  CHECK(fastcgi::padding_of(0) == 0);
  CHECK(fastcgi::padding_of(1) == 7);
  CHECK(fastcgi::padding_of(8) == 0);
  CHECK(fastcgi::padding_of(65535) == 1);
}

TEST_CASE("begin and end of a request") {
  std::string out;
  fastcgi::append_begin_request(out, 1, fastcgi::Role::responder, fastcgi::keep_conn);
  CHECK(out == "\x01\x01\x00\x01\x00\x08\x00\x00\x00\x01\x01\x00\x00\x00\x00\x00"s);
  out.clear();
  fastcgi::append_end_request(out, 1, 255, fastcgi::ProtocolStatus::overloaded);
  CHECK(out == "\x01\x03\x00\x01\x00\x08\x00\x00\x00\x00\x00\xff\x02\x00\x00\x00"s);
}

TEST_CASE("lengths of more than 127 take four bytes") {
  std::string out;
  fastcgi::append_param(out, "A", std::string(127, 'v'));
  CHECK(out == "\x01\x7f"s + "A" + std::string(127, 'v'));
  out.clear();
  fastcgi::append_param(out, std::string(128, 'n'), "");
  CHECK(out == "\x80\x00\x00\x80\x00"s + std::string(128, 'n'));
}
