// Who answered: the servers that a response passed, and the one that wrote its error page, read off
// its headers and its body; and what a status means when that one says it.
//
// All knowledge is data: signatures.cc tells products apart, meanings.cc says what their statuses
// mean. A response says what it likes, so this is what it looks like, not proof.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/http1_message.h"

namespace badgate::harness::probe {

// What stands in a response that tells a product.
struct Mark {
  // `body_is`: these words and nothing else.
  enum class Where { nowhere, header, body, body_is, reason, empty_body, no_header };
  Where where = Where::nowhere;
  std::string_view name;  // of the header
  std::string_view
      text;  // somewhere in it, letters of either case; empty: that the header is there
};

struct Signature {
  // `page`: it wrote this response itself. `way`: the response passed it, or came from it.
  enum class Role { page, way };
  std::string_view who;
  Role role;
  std::array<Mark, 3> marks;  // all of them
};
std::span<const Signature> signatures();

struct Meaning {
  std::string_view who;
  int status;             // 0: any of 500 and more
  std::string_view text;  // in the body or the reason; empty: whatever stands there
  std::string_view hop;   // which one failed
  std::string_view words;
  std::string_view next;  // what to ask or look at
};
std::span<const Meaning> meanings();

// A response as far as this looks at it.
struct Seen {
  int status = 0;
  std::string_view reason;
  const net::http1::HeaderList& headers;
  std::string_view body;
};

struct Who {
  std::string author;            // whose page it is; empty: nobody's that is known
  std::vector<std::string> way;  // whom it passed, the outermost first
  std::vector<std::pair<std::string, std::string>> details;  // headers with a product's own word
  const Meaning* meaning = nullptr;  // of a status of 500 or more; nullptr: nothing is known
};
Who who_answered(const Seen& seen);

}  // namespace badgate::harness::probe
