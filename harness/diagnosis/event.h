// Event: one line of a log, as far as the lines around it and the summary need it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "harness/diagnosis/verdict.h"
#include "net/time.h"

namespace badgate::harness::diagnosis {

// The views are into the line, or into what it was read from.
struct Event {
  Verdict verdict;          // by the line alone; none: the request went well
  std::int64_t second = 0;  // since 1970; 0: the line has no time
  std::string_view connection;
  std::string_view server;
  std::string_view upstream;
  std::string_view path;
  std::string_view line;              // as it was written
  std::optional<net::Duration> took;  // the last try, where an access log tells
};

}  // namespace badgate::harness::diagnosis
