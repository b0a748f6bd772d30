#include "net/dns.h"

#include <fmt/core.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "net/ascii.h"

namespace badgate::net::dns {
namespace {

constexpr std::size_t kHeaderSize = 12;
constexpr std::size_t kQuestionSize = 4;  // after the name
constexpr std::size_t kRecordSize = 10;   // between name and data
constexpr std::size_t kLeastName = 2;     // a pointer
constexpr unsigned kMostHops = 128;       // labels and pointers of one name, as ngx_resolver_copy
constexpr std::size_t kLongestLabel = 63;
constexpr std::size_t kLongestName = 253;
constexpr std::uint16_t kFirstName = 0xc000 | kHeaderSize;  // a pointer to the question's

constexpr std::string_view kShort = "short DNS response";

std::uint8_t byte_at(std::string_view m, std::size_t at) {
  return static_cast<std::uint8_t>(m[at]);
}

std::uint16_t word_at(std::string_view m, std::size_t at) {
  return static_cast<std::uint16_t>(byte_at(m, at) << 8 | byte_at(m, at + 1));
}

void put_word(std::string& out, unsigned value) {
  out += static_cast<char>(value >> 8 & 0xff);
  out += static_cast<char>(value & 0xff);
}

tl::unexpected<Error> too_short() {
  return fail(std::string(kShort));
}

// Over a name, without following it.
Result<std::size_t> skip_name(std::string_view m, std::size_t at) {
  const std::size_t start = at;
  while (at < m.size()) {
    const auto length = byte_at(m, at);
    if ((length & 0xc0) != 0) return at + 2;
    ++at;
    if (length == 0) {
      if (at - start < 2) return fail("invalid name in DNS response");
      return at;
    }
    at += length;
  }
  return too_short();
}

Address address_from(std::string_view data) {
  if (data.size() == sizeof(in_addr)) {
    sockaddr_in sin{};
    sin.sin_family = AF_INET;
    std::memcpy(&sin.sin_addr, data.data(), data.size());
    return Address::from(reinterpret_cast<const sockaddr*>(&sin), sizeof sin);
  }
  sockaddr_in6 sin6{};
  sin6.sin6_family = AF_INET6;
  std::memcpy(&sin6.sin6_addr, data.data(), data.size());
  return Address::from(reinterpret_cast<const sockaddr*>(&sin6), sizeof sin6);
}

// One A or AAAA record's data.
Result<void> take_address(Answers& into, std::string_view m, std::size_t at, std::size_t length,
                          std::uint16_t type, std::uint16_t asked) {
  const std::string_view name = type == type_a ? "A" : "AAAA";
  const std::size_t size = type == type_a ? sizeof(in_addr) : sizeof(in6_addr);
  if (type != asked) return fail(fmt::format("unexpected {} record in DNS response", name));
  if (length != size) return fail(fmt::format("invalid {} record in DNS response", name));
  if (at + size > m.size()) return too_short();
  into.addresses.push_back(address_from(m.substr(at, size)));
  return {};
}

// One record at `at`, which is moved behind it; `cname_at` notes where a CNAME's data is.
Result<void> take_record(Answers& into, std::string_view m, std::size_t& at, std::uint16_t asked,
                         std::size_t& cname_at) {
  const auto fixed = skip_name(m, at);
  if (!fixed) return tl::unexpected(fixed.error());
  if (*fixed + kRecordSize >= m.size()) return too_short();
  const auto type = word_at(m, *fixed);
  const auto klass = word_at(m, *fixed + 2);
  const std::uint32_t ttl =
      static_cast<std::uint32_t>(word_at(m, *fixed + 4)) << 16 | word_at(m, *fixed + 6);
  const std::size_t length = word_at(m, *fixed + 8);
  if (klass != class_in) return fail(fmt::format("unexpected RR class {} in DNS response", klass));
  // A TTL with the highest bit set counts as 0 (RFC 2181, section 8).
  into.ttl = std::min(into.ttl, (ttl & 0x80000000) != 0 ? 0 : ttl);
  at = *fixed + kRecordSize;
  if (type == type_a || type == type_aaaa) {
    if (auto ok = take_address(into, m, at, length, type, asked); !ok) return ok;
  } else if (type == type_cname) {
    cname_at = at;
  } else if (type != type_dname) {
    into.notes.push_back(fmt::format("unexpected RR type {} in DNS response", type));
  }
  at += length;
  return {};
}

}  // namespace

Result<Header> read_header(std::string_view message) {
  if (message.size() < kHeaderSize) return too_short();
  return Header{.id = word_at(message, 0),
                .flags = word_at(message, 2),
                .questions = word_at(message, 4),
                .answers = word_at(message, 6)};
}

// ngx_resolver_process_response
Result<Question> read_question(std::string_view message, const Header& header) {
  if (header.questions != 1) return fail("invalid number of questions in DNS response");
  std::size_t at = kHeaderSize;
  while (true) {
    if (at >= message.size()) return too_short();
    const auto length = byte_at(message, at);
    if ((length & 0xc0) != 0) return fail("unexpected compression pointer in DNS response");
    if (length == 0) break;
    at += 1 + length;
  }
  if (at++ == kHeaderSize) return fail("zero-length domain name in DNS response");
  if (at + kQuestionSize + header.answers * (kLeastName + kRecordSize) > message.size())
    return too_short();
  auto name = read_name(message, kHeaderSize);
  if (!name) return tl::unexpected(name.error());
  return Question{.name = std::move(*name),
                  .type = word_at(message, at),
                  .klass = word_at(message, at + 2),
                  .end = at + kQuestionSize};
}

// ngx_resolver_process_a
Answers read_answers(std::string_view message, const Header& header, const Question& question) {
  Answers answers;
  std::size_t at = question.end;
  std::size_t cname_at = 0;
  for (unsigned i = 0; i < header.answers; ++i) {
    if (auto ok = take_record(answers, message, at, question.type, cname_at); !ok) {
      answers.error = ok.error();
      return answers;
    }
  }
  if (cname_at == 0 || !answers.addresses.empty()) return answers;
  if (auto name = read_name(message, cname_at)) {
    answers.cname = std::move(*name);
  } else {
    answers.error = name.error();
  }
  return answers;
}

// ngx_resolver_copy
Result<std::string> read_name(std::string_view message, std::size_t at) {
  constexpr std::string_view outside = "name is out of DNS response";
  std::string name;
  if (at >= message.size()) return fail(std::string(outside));
  for (unsigned hops = 0; hops < kMostHops; ++hops) {
    const auto length = byte_at(message, at++);
    if (length == 0) {
      if (!name.empty()) name.pop_back();
      return name;
    }
    if ((length & 0xc0) != 0) {
      if ((length & 0xc0) != 0xc0) return fail("invalid label type in DNS response");
      if (at >= message.size()) return fail(std::string(outside));
      at = static_cast<std::size_t>(length & 0x3f) << 8 | byte_at(message, at);
    } else {
      const auto label = message.substr(at, length);
      std::transform(label.begin(), label.end(), std::back_inserter(name),
                     [](char c) { return lower(c); });
      name += '.';
      at += length;
    }
    if (at >= message.size()) return fail(std::string(outside));
  }
  return fail("compression pointers loop in DNS response");
}

Result<std::string> name_data(std::string_view name) {
  if (name.empty() || name.size() > kLongestName)
    return fail(fmt::format("\"{}\" is no host name", name));
  std::string out;
  for (std::size_t at = 0; at <= name.size();) {
    const auto label = name.substr(at, std::min(name.find('.', at), name.size()) - at);
    if (label.empty() || label.size() > kLongestLabel)
      return fail(fmt::format("\"{}\" is no host name", name));
    out += static_cast<char>(label.size());
    out += label;
    at += label.size() + 1;
  }
  out += '\0';
  return out;
}

Result<std::string> write_query(std::uint16_t id, std::string_view name, std::uint16_t type) {
  auto encoded = name_data(name);
  if (!encoded) return encoded;
  std::string out;
  for (const unsigned word : std::array<unsigned, 6>{id, flag_recursion_desired, 1, 0, 0, 0})
    put_word(out, word);
  out += *encoded;
  put_word(out, type);
  put_word(out, class_in);
  return out;
}

Result<std::string> write_response(std::uint16_t id, std::uint16_t flags, const Question& question,
                                   const std::vector<Record>& answers) {
  auto encoded = name_data(question.name);
  if (!encoded) return encoded;
  std::string out;
  const auto count = static_cast<unsigned>(answers.size());
  for (const unsigned word : std::array<unsigned, 6>{id, flags, 1, count, 0, 0})
    put_word(out, word);
  out += *encoded;
  put_word(out, question.type);
  put_word(out, question.klass);
  for (const Record& record : answers) {
    if (record.name == question.name) {
      put_word(out, kFirstName);
    } else {
      auto name = name_data(record.name);
      if (!name) return name;
      out += *name;
    }
    put_word(out, record.type);
    put_word(out, class_in);
    put_word(out, record.ttl >> 16);
    put_word(out, record.ttl);
    put_word(out, static_cast<unsigned>(record.data.size()));
    out += record.data;
  }
  return out;
}

std::string address_data(const Address& address) {
  if (address.family() == AF_INET) {
    sockaddr_in sin{};
    std::memcpy(&sin, address.data(), sizeof sin);
    return std::string(reinterpret_cast<const char*>(&sin.sin_addr), sizeof sin.sin_addr);
  }
  sockaddr_in6 sin6{};
  std::memcpy(&sin6, address.data(), sizeof sin6);
  return std::string(reinterpret_cast<const char*>(&sin6.sin6_addr), sizeof sin6.sin6_addr);
}

}  // namespace badgate::net::dns
