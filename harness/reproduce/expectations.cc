#include "harness/reproduce/expectations.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "harness/reproduce/from_catalogue.h"
#include "net/text.h"

namespace badgate::harness::reproduce {
namespace {

// Numbers of DNS queries follow.
constexpr std::array<std::string_view, 3> kRandom{"query id:", "wrong ident ", "DNS response "};

// As nginx reads it: no fractions.
std::string as_written(std::chrono::milliseconds time) {
  if (time.count() % 1000 == 0) return net::format_duration(time);
  return fmt::format("{}ms", time.count());
}

}  // namespace

Ended last_of(const Played& played) {
  return played.responses.empty() ? Ended() : played.responses.back();
}

Node expected_of(const Ended& ended) {
  Node node;
  if (ended.left) return node;
  if (ended.status >= 100) {
    Node status;
    status.kind = Node::Kind::integer;
    status.integer = ended.status;
    node.members.push_back({"status", {}, status});
  }
  const auto elapsed = std::chrono::round<std::chrono::milliseconds>(ended.elapsed);
  put_text(node, "elapsed", elapsed.count() == 0 ? "0s" : as_written(elapsed));
  return node;
}

std::string expected_line(const Logged& line) {
  std::string message = line.message.substr(0, line.message.find('\n'));
  for (const std::string_view random : kRandom) {
    const auto at = message.find(random);
    if (at != message.npos) message.erase(at + random.size());
  }
  // Files are numbered over the life of a worker.
  if (const auto at = message.find("temporary file "); at != message.npos) message.erase(at + 14);
  return fmt::format("[{}] {}", line.level, message);
}

bool has_failures(const Played& played) {
  return std::any_of(played.error_log.begin(), played.error_log.end(), [](const Logged& line) {
    return line.level == "error" || line.level == "crit" || line.level == "alert" ||
           line.level == "emerg";
  });
}

}  // namespace badgate::harness::reproduce
