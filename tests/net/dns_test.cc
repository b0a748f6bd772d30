#include "net/dns.h"

#include <doctest/doctest.h>

#include <string>

#include "net/rng.h"

using namespace badgate::net;

namespace {

std::string bytes(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values)
    out += static_cast<char>(value);
  return out;
}

// A response to "A app.internal" with these bytes after the question.
std::string response(unsigned answers, const std::string& records) {
  std::string out = bytes({0x12, 0x34, 0x81, 0x80, 0, 1, 0, static_cast<int>(answers), 0, 0, 0, 0});
  return out + "\3app\10internal" + bytes({0, 0, 1, 0, 1}) + records;
}

std::string record(int type, const std::string& data, int klass = 1) {
  return bytes({0xc0, 12, 0, type, 0, klass, 0, 0, 0, 30, 0, static_cast<int>(data.size())}) + data;
}

dns::Answers read(const std::string& message) {
  const auto header = dns::read_header(message);
  REQUIRE(header.has_value());
  const auto question = dns::read_question(message, *header);
  REQUIRE(question.has_value());
  return dns::read_answers(message, *header, *question);
}

std::string question_error(const std::string& message) {
  const auto header = dns::read_header(message);
  if (!header) return header.error().message;
  const auto question = dns::read_question(message, *header);
  return question ? "" : question.error().message;
}

const std::string kA = record(1, bytes({127, 0, 0, 2}));

}  // namespace

TEST_CASE("a query as nginx sends it") {
  const auto query = dns::write_query(0x1234, "app.internal", dns::type_aaaa);
  REQUIRE(query.has_value());
  CHECK(*query == bytes({0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}) + "\3app\10internal" +
                      bytes({0, 0, 28, 0, 1}));
}

TEST_CASE("what cannot be a name cannot be asked for") {
  for (const std::string name : {"", ".", "a..b", ".a", "a."}) {
    CAPTURE(name);
    CHECK_FALSE(dns::write_query(1, name, dns::type_a).has_value());
  }
  CHECK(dns::write_query(1, std::string(63, 'a'), dns::type_a).has_value());
  CHECK_FALSE(dns::write_query(1, std::string(64, 'a'), dns::type_a).has_value());
  std::string longest = "a";
  while (longest.size() < 253)
    longest += ".a";
  CHECK(dns::write_query(1, longest, dns::type_a).has_value());
  CHECK_FALSE(dns::write_query(1, longest + ".a", dns::type_a).has_value());
}

TEST_CASE("a response is read back as it was written") {
  const dns::Question question{.name = "app.internal", .type = dns::type_a};
  const auto two = *Address::parse("127.0.0.2:0");
  const auto three = *Address::parse("127.0.0.3:0");
  const auto message =
      dns::write_response(7, dns::flag_response, question,
                          {{"app.internal", dns::type_cname, 60, *dns::name_data("real.internal")},
                           {"real.internal", dns::type_a, 30, dns::address_data(two)},
                           {"real.internal", dns::type_a, 20, dns::address_data(three)}});
  REQUIRE(message.has_value());
  const auto header = dns::read_header(*message);
  REQUIRE(header.has_value());
  CHECK(header->id == 7);
  CHECK(header->code() == dns::no_error);
  const auto answers = read(*message);
  CHECK_FALSE(answers.error.has_value());
  CHECK(answers.addresses == std::vector<Address>{two, three});
  CHECK(answers.ttl == 20);
  CHECK_FALSE(answers.cname.has_value());  // nginx follows one only where no address came with it
}

TEST_CASE("AAAA records have sixteen bytes") {
  const dns::Question question{.name = "app.internal", .type = dns::type_aaaa};
  const auto message = dns::write_response(
      7, dns::flag_response, question,
      {{"app.internal", dns::type_aaaa, 5, dns::address_data(Address::loopback6())}});
  REQUIRE(message.has_value());
  const auto answers = read(*message);
  REQUIRE(answers.addresses.size() == 1);
  CHECK(answers.addresses.front().to_string() == "[::1]:0");
}

TEST_CASE("names are lower case, and compression is followed") {
  const std::string message = response(1, record(5, "\4REAL" + bytes({0xc0, 16})));
  const auto answers = read(message);
  CHECK_FALSE(answers.error.has_value());
  CHECK(answers.cname == "real.internal");
}

TEST_CASE("a chain of pointers ends") {
  // The CNAME's data is at 42 and points at itself.
  const auto answers = read(response(1, record(5, bytes({0xc0, 42}))));
  REQUIRE(answers.error.has_value());
  CHECK(answers.error->message == "compression pointers loop in DNS response");
}

TEST_CASE("questions that nginx refuses, in its words") {
  CHECK(question_error("") == "short DNS response");
  CHECK(question_error(std::string(11, '\0')) == "short DNS response");
  CHECK(question_error(std::string(12, '\0')) == "invalid number of questions in DNS response");
  const std::string one = bytes({0, 1, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0});
  CHECK(question_error(one) == "short DNS response");
  CHECK(question_error(one + bytes({0, 0, 1, 0, 1})) == "zero-length domain name in DNS response");
  CHECK(question_error(one + bytes({0xc0, 12})) ==
        "unexpected compression pointer in DNS response");
  CHECK(question_error(one + "\3app") == "short DNS response");
  CHECK(question_error(one + "\3app" + bytes({0, 0, 1, 0})) == "short DNS response");
  CHECK(question_error(response(2, kA)) == "short DNS response");
  CHECK(question_error(response(1, kA)).empty());
  std::string labels = one;
  for (int i = 0; i < 200; ++i)
    labels += "\1a";
  CHECK(question_error(labels + bytes({0, 0, 1, 0, 1})) ==
        "compression pointers loop in DNS response");
}

TEST_CASE("records that nginx refuses, in its words") {
  struct Case {
    std::string records;
    std::string error;
  };
  const std::vector<Case> cases{
      {record(1, "abc"), "invalid A record in DNS response"},
      {record(28, std::string(16, '\0')), "unexpected AAAA record in DNS response"},
      {record(1, bytes({127, 0, 0, 2}), 3), "unexpected RR class 3 in DNS response"},
      {bytes({0}) + record(1, "abcd").substr(2), "invalid name in DNS response"},
      {kA.substr(0, kA.size() - 1), "short DNS response"},
      {"\77" + kA, "short DNS response"},
      {record(5, bytes({0x80, 0})), "invalid label type in DNS response"},
      {record(5, "\77abc"), "name is out of DNS response"},
      {record(5, bytes({0xff, 0xff})), "name is out of DNS response"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.error);
    const auto answers = read(response(1, c.records));
    REQUIRE(answers.error.has_value());
    CHECK(answers.error->message == c.error);
  }
}

TEST_CASE("other records are noted and skipped, DNAME without a word") {
  const auto answers = read(response(3, record(16, "text") + record(39, "x") + kA));
  CHECK_FALSE(answers.error.has_value());
  CHECK(answers.notes == std::vector<std::string>{"unexpected RR type 16 in DNS response"});
  CHECK(answers.addresses.size() == 1);
}

TEST_CASE("a TTL with the highest bit set is 0") {
  std::string message = response(1, kA);
  message[message.size() - 10] = '\xff';
  CHECK(read(message).ttl == 0);
}

TEST_CASE("no bytes make it read beyond them") {
  Rng rng(1);
  const std::string good = response(2, record(5, "\4real" + bytes({0xc0, 16})) + kA);
  unsigned read_through = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string message =
        good.substr(0, rng.chance(0.3) ? rng.below(good.size() + 1) : good.size());
    const auto changes = rng.below(4);
    for (std::uint64_t n = 0; n < changes && !message.empty(); ++n)
      message[rng.below(message.size())] = static_cast<char>(rng.below(256));
    const auto header = dns::read_header(message);
    if (!header) continue;
    const auto question = dns::read_question(message, *header);
    if (!question) continue;
    const auto answers = dns::read_answers(message, *header, *question);
    if (!answers.error) ++read_through;
  }
  CHECK(read_through > 1000);
}
