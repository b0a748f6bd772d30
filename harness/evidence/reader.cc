#include "harness/evidence/reader.h"

#include <array>

#include "harness/evidence/nginx_error.h"
#include "harness/evidence/readers.h"

namespace badgate::harness::evidence {
namespace {

// Lines may be of any length and are cut here; no log has longer ones.
constexpr std::size_t kLongestLine = 64 * 1024;

std::optional<Evidence> read_nginx_error(std::string_view line) {
  const auto split = split_nginx_error(line);
  return split ? std::optional(evidence_of(*split)) : std::nullopt;
}

using Read = std::optional<Evidence> (*)(std::string_view);

// The stricter first: what looks like one of them is no other. The last two are content with much.
constexpr std::array<Read, 7> kReaders{&read_nginx_error,  &read_php_fpm, &read_haproxy,
                                       &read_apache_error, &read_envoy,   &read_json,
                                       &read_nginx_access};
constexpr std::size_t kStrict = 5;

}  // namespace

std::optional<Evidence> Reader::read(std::string_view line) {
  line = line.substr(0, kLongestLine);
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r'))
    line.remove_suffix(1);
  if (format_) {
    if (auto e = format_->read(line)) return e;
  }
  if (guess_ < kStrict) {
    if (auto e = kReaders[guess_](line)) return e;
  }
  for (std::size_t i = 0; i < kReaders.size(); ++i) {
    if (i == guess_ && i < kStrict) continue;
    if (auto e = kReaders[i](line)) {
      guess_ = i;
      return e;
    }
  }
  return std::nullopt;
}

std::optional<Evidence> read_line(std::string_view line) {
  return Reader().read(line);
}

}  // namespace badgate::harness::evidence
