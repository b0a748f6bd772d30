#include <algorithm>
#include <array>
#include <chrono>

#include "harness/drivers/lighttpd.h"
#include "harness/text_fields.h"

namespace badgate::harness::drivers {

void lighttpd_error_line(std::string_view line, Recorder& recorder) {
  constexpr std::string_view kDate = "2026-11-22 22:36:06: ";
  if (line.size() <= kDate.size() || line.substr(kDate.size() - 2, 3) != ": (") return;
  const auto rest = line.substr(kDate.size());
  const auto close = rest.find(") ");
  if (close == rest.npos) return;
  const auto place = rest.substr(1, close - 1);
  if (place.starts_with("server.c.")) return;  // "server started", "server stopped by UID = 0"
  LogLine read;
  read.level = "error";  // it has no other
  read.message = rest.substr(close + 2);
  read.whole = line;
  // "gw-server re-enabled" is no failure.
  if (!read.message.starts_with("gw-server re-enabled")) read.code = place;
  recorder.error_read(std::move(read));
}

void lighttpd_access_line(std::string_view line, Recorder& recorder) {
  const auto bar = line.find(" | ");
  if (bar == line.npos) return;
  const auto words = first_fields<4>(line.substr(0, bar));
  AccessEntry entry;
  entry.line = std::string(line.substr(bar + 3));
  entry.client_port = number_in<std::uint16_t>(words[0]);
  entry.status = number_in<int>(words[1]);
  entry.body_bytes_sent = number_in<std::uint64_t>(words[2]);
  entry.request_time = std::chrono::microseconds(number_in<std::int64_t>(words[3]));
  recorder.access_read(std::move(entry));
}

}  // namespace badgate::harness::drivers
