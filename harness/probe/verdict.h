// Verdict: what a probe's report means in plain words. Pure: no sockets, no time.
#pragma once

#include <string>
#include <vector>

#include "harness/probe/probe.h"

namespace badgate::harness::probe {

// Who cannot use the URL, as far as that can be known from one place.
enum class Whom { nobody, everybody, some, just_you, unknown };
std::string_view to_string(Whom whom);  // "nobody", "everybody", "some", "just-you", "unknown"

struct Verdict {
  bool well = false;
  Whom whom = Whom::unknown;
  std::string headline;              // one line
  std::string hop;                   // which one failed; empty: none did
  std::vector<std::string> meaning;  // sentences
  std::vector<std::string> next;     // what to ask or look at, most useful first
};

// `insecure`: certificates do not count.
Verdict verdict_of(const Report& report, bool insecure);

}  // namespace badgate::harness::probe
