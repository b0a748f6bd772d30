#include <algorithm>
#include <array>
#include <chrono>

#include "harness/drivers/apache.h"
#include "harness/text_fields.h"

namespace badgate::harness::drivers {
namespace {

// "AH00957", wherever it stands; empty: the line has none.
std::string code_in(std::string_view line) {
  constexpr std::size_t kDigits = 5;
  for (auto at = line.find("AH"); at != line.npos; at = line.find("AH", at + 1)) {
    const auto digits = line.substr(at + 2, kDigits);
    if (digits.size() == kDigits &&
        std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; }) &&
        line.substr(at + 2 + kDigits).starts_with(':'))
      return std::string(line.substr(at, 2 + kDigits));
  }
  return {};
}

// "http://127.0.0.1:9000", or with a unix socket "unix:/path|http://localhost".
std::string_view address_of(std::string_view worker) {
  if (worker.starts_with("unix:")) return worker.substr(0, worker.find('|'));
  const auto at = worker.find("://");
  return at == worker.npos ? worker : worker.substr(at + 3);
}

}  // namespace

void apache_error_line(std::string_view line, Recorder& recorder) {
  const auto colon = line.find(':');
  const auto close = line.find("] ");
  if (!line.starts_with('[') || close == line.npos || colon > close) return;
  LogLine read;
  read.level = line.substr(colon + 1, close - colon - 1);
  read.message = line.substr(close + 2);
  read.whole = line;
  read.code = code_in(line);
  // Of its processes: what it has to say of a request, it says with the client's address.
  const bool of_request = line.find("[client ") != line.npos;
  constexpr std::array<std::string_view, 3> kOnlyTold{"notice", "info", "debug"};
  if (!of_request && std::ranges::find(kOnlyTold, read.level) != kOnlyTold.end()) return;
  constexpr std::string_view kConnected = "AH01964";  // a TLS connection, all is well
  if (read.code == kConnected) return;
  recorder.error_read(std::move(read));
}

void apache_access_line(std::string_view line, Recorder& recorder) {
  const auto bar = line.find(" | ");
  if (bar == line.npos) return;
  const auto words = first_fields<6>(line.substr(0, bar));
  AccessEntry entry;
  entry.line = std::string(line.substr(bar + 3));
  entry.client_port = number_in<std::uint16_t>(words[0]);
  entry.status = number_in<int>(words[1]);
  entry.body_bytes_sent = number_in<std::uint64_t>(words[2]);
  entry.request_time = std::chrono::microseconds(number_in<std::int64_t>(words[3]));
  // The last server that was tried; of those before it, the error log tells.
  if (words[4] != "-") {
    Attempt attempt;
    attempt.server = recorder.names().of(address_of(words[4]));
    attempt.status = entry.status;
    entry.attempts.push_back(std::move(attempt));
  }
  recorder.access_read(std::move(entry));
}

}  // namespace badgate::harness::drivers
