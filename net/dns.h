// DNS messages (RFC 1035, section 4): bytes to messages and back, as much of them as a proxy's
// resolver and a fake name server need. No sockets, no time.
//
// Reading is done in steps, in the order in which ngx_resolver.c looks at a response, and an Error
// says what is wrong in nginx's words. Whatever the bytes are, nothing is read beyond them, and no
// chain of compression pointers goes on for ever.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/address.h"
#include "net/result.h"

namespace badgate::net::dns {

// Record and query types that are known here.
inline constexpr std::uint16_t type_a = 1;
inline constexpr std::uint16_t type_cname = 5;
inline constexpr std::uint16_t type_aaaa = 28;
inline constexpr std::uint16_t type_srv = 33;
inline constexpr std::uint16_t type_dname = 39;
inline constexpr std::uint16_t class_in = 1;

// Bits of the flags; the response code is in the lowest four.
inline constexpr std::uint16_t flag_response = 0x8000;
inline constexpr std::uint16_t flag_truncated = 0x0200;
inline constexpr std::uint16_t flag_recursion_desired = 0x0100;
inline constexpr std::uint16_t flag_recursion_available = 0x0080;

enum Code : std::uint16_t {
  no_error = 0,
  format_error = 1,
  server_failure = 2,
  host_not_found = 3,
  unimplemented = 4,
  refused = 5,
};

struct Header {
  std::uint16_t id = 0;
  std::uint16_t flags = 0;
  std::uint16_t questions = 0;
  std::uint16_t answers = 0;

  std::uint16_t code() const { return flags & 0xf; }
};

struct Question {
  std::string name;  // "app.internal": lower case, no dot at the end
  std::uint16_t type = type_a;
  std::uint16_t klass = class_in;
  std::size_t end = 0;  // where in the message the answers begin; for reading
};

struct Record {
  std::string name;
  std::uint16_t type = type_a;
  std::uint32_t ttl = 0;  // seconds
  std::string data;       // RDATA as it is sent: see address_data and name_data
};

// What a response says about one name.
struct Answers {
  std::vector<Address> addresses;    // A or AAAA, as asked; port 0
  std::optional<std::string> cname;  // the last one, if there is any
  std::uint32_t ttl = 0xffffffff;    // the least of all records, seconds
  std::vector<std::string> notes;    // what nginx logs about records that it skips
  std::optional<Error> error;        // why nothing of it can be used
};

// ---- reading

Result<Header> read_header(std::string_view message);
// The only question. The Error: none or several of them, a name that is compressed, empty or
// longer than the message, or too few bytes for the answers that the header speaks of.
Result<Question> read_question(std::string_view message, const Header& header);
// The answers after `question`, whose type says which addresses may be among them.
Answers read_answers(std::string_view message, const Header& header, const Question& question);
// The name at `at`; follows at most 128 labels and pointers.
Result<std::string> read_name(std::string_view message, std::size_t at);

// ---- writing

// A question that asks a name server to do the rest. The Error: no name can have this form.
Result<std::string> write_query(std::uint16_t id, std::string_view name, std::uint16_t type);
// Names of records that are the question's are written as pointers to it.
Result<std::string> write_response(std::uint16_t id, std::uint16_t flags, const Question& question,
                                   const std::vector<Record>& answers);

std::string address_data(const Address& address);  // 4 or 16 bytes
Result<std::string> name_data(std::string_view name);

}  // namespace badgate::net::dns
