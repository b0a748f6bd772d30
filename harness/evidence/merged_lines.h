// MergedLines: the lines of several logs in the order of their times, so that an error log and the
// access log beside it can be read together.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "harness/evidence/log_lines.h"
#include "harness/evidence/reader.h"

namespace badgate::harness::evidence {

class MergedLines {
 public:
  MergedLines(std::vector<LogLines> logs, Reader reader);

  // Valid until the next call. nullopt: all have ended.
  std::optional<std::string_view> next();

  std::uint64_t bytes_read() const;
  // Of all together; nullopt: one of them is a pipe.
  std::optional<std::uint64_t> size() const;
  // The first read that failed, in words; empty: none has.
  std::string error() const;

 private:
  struct Log {
    LogLines lines;
    std::optional<std::string_view> line;  // the next one
    LogTime time{};                        // … and its time, or that of the one before it
    bool ended = false;
  };
  void advance(Log& log);

  std::vector<Log> logs_;
  Log* handed_out_ = nullptr;
  Reader reader_;
};

}  // namespace badgate::harness::evidence
