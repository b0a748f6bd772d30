// Reader: the lines of logs whose format nobody has named. Each is recognised by itself; the format
// of the one before it is tried first.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "harness/evidence/evidence.h"
#include "harness/evidence/log_format.h"

namespace badgate::harness::evidence {

class Reader {
 public:
  Reader() = default;
  // Lines of this format are tried before all others.
  explicit Reader(LogFormat format) : format_(std::move(format)) {}

  // nullopt: badgate knows no such line.
  std::optional<Evidence> read(std::string_view line);

 private:
  std::optional<LogFormat> format_;
  std::size_t guess_ = 0;
};

}  // namespace badgate::harness::evidence
