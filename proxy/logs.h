// Logs: where the proxy's lines go. The proxy composes them; a sink keeps them (harness: in memory;
// `badgate proxy`: in files).
#pragma once

#include <string_view>

namespace badgate::proxy {

struct AccessRecord;

enum class Level { emerg, alert, crit, error, warn, notice, info, debug };

class LogSink {
 public:
  virtual ~LogSink() = default;
  // A whole error-log line in nginx's form, without the line feed.
  virtual void error_line(Level level, std::string_view line) = 0;
  // A whole access-log line, without the line feed.
  virtual void access_line(std::string_view line) = 0;
  // The same line and what it was made of (access_log.h), for sinks that judge values. This is what
  // the proxy calls.
  virtual void access_entry(const AccessRecord& record, std::string_view line) {
    static_cast<void>(record);
    access_line(line);
  }
};

}  // namespace badgate::proxy
