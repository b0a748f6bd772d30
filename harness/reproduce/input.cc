#include "harness/reproduce/input.h"

#include <fmt/core.h>

#include <algorithm>
#include <istream>
#include <map>

#include "harness/reproduce/identity.h"

namespace badgate::harness::reproduce {
namespace {

constexpr std::size_t kMaxKinds = 256;
constexpr std::size_t kMaxLine = 64 * 1024;  // of which more is not kept
constexpr std::size_t kMaxContinued = 200;   // lines that belong to one
constexpr std::string_view kStderr = "FastCGI sent in stderr: \"";

// A line without its end; longer ones are cut. False: there is none left.
bool next_line(std::istream& in, std::string& line) {
  line.clear();
  char c = 0;
  bool any = false;
  while (in.get(c)) {
    any = true;
    if (c == '\n') break;
    if (line.size() < kMaxLine) line += c;
  }
  if (line.ends_with('\r')) line.pop_back();
  return any;
}

bool begins_stderr(const std::string& line) {
  return line.find(kStderr) != line.npos && line.find(", client: ") == line.npos;
}

// Reads lines together with those that belong to them: PHP's messages have several.
class Log {
 public:
  explicit Log(std::istream& in) : in_(in) {}

  bool next(std::string& line, std::uint64_t& number) {
    if (kept_) {
      line = std::move(*kept_);
      kept_.reset();
    } else if (!next_line(in_, line)) {
      return false;
    } else {
      ++read_;
    }
    number = read_;
    if (begins_stderr(line)) take_rest(line);
    return true;
  }

 private:
  void take_rest(std::string& line) {
    std::string more;
    std::string whole = line;
    for (std::size_t i = 0; i < kMaxContinued && next_line(in_, more); ++i) {
      ++read_;
      if (evidence::read_line(more)) {  // the message had no end
        kept_ = std::move(more);
        return;
      }
      whole += "\n" + more;
      if (more.find(", client: ") == more.npos) continue;
      line = std::move(whole);
      return;
    }
  }

  std::istream& in_;
  std::optional<std::string> kept_;
  std::uint64_t read_ = 0;
};

bool is_failure(const evidence::Evidence& e) {
  if (e.source == evidence::Source::haproxy)
    return !e.code.starts_with("--") || e.status.value_or(0) >= 500;
  return e.level == "error" || e.level == "crit" || e.level == "alert" || e.level == "emerg";
}

// Lower is more important.
int rank(const evidence::Evidence& e) {
  const bool failure = is_failure(e);
  // Something else came first.
  const bool consequence = e.message.starts_with("no live upstreams") ||
                           e.message.starts_with("upstream server temporarily disabled");
  return (failure ? 0 : 2) + (consequence ? 1 : 0);
}

// Lines that differ in how much alone are of one kind: "excess: 10.200", "body: 1048577 bytes".
std::string without_amounts(std::string message) {
  for (const std::string_view before : {"excess: ", "body: "}) {
    const auto at = message.find(before);
    if (at == message.npos) continue;
    const auto from = at + before.size();
    const auto ends = std::min(message.find_first_not_of("0123456789.", from), message.size());
    message.erase(from, ends - from);
  }
  return message;
}

std::string kind_of(const evidence::Evidence& e) {
  return fmt::format("{} {} {} {} {}", e.level, e.upstream_scheme, e.code, e.status.value_or(0),
                     without_amounts(timeless(e.message)));
}

using Kinds = std::map<std::string, ChosenLine>;

// Makes room for one of this rank, if there is less important one that was seen once.
bool room_for(Kinds& kinds, int wanted) {
  if (kinds.size() < kMaxKinds) return true;
  const auto worst = std::ranges::max_element(kinds, {}, [](const auto& kind) {
    return kind.second.count > 1 ? -1 : rank(kind.second.evidence);
  });
  if (worst->second.count > 1 || rank(worst->second.evidence) <= wanted) return false;
  kinds.erase(worst);
  return true;
}

}  // namespace

net::Result<ChosenLine> read_given(const std::string& text) {
  ChosenLine out;
  out.written = text;
  while (out.written.ends_with('\n') || out.written.ends_with('\r'))
    out.written.pop_back();
  if (auto read = evidence::read_line(out.written)) {
    out.evidence = std::move(*read);
    return out;
  }
  // A message alone, as people quote it.
  auto read = evidence::read_line("2026/01/01 00:00:00 [error] 1#1: *1 " + out.written);
  const bool known = read && (out.written.find("upstream") != out.written.npos ||
                              out.written.find(") failed (") != out.written.npos);
  if (!known) return net::fail("this is no line of a log that badgate knows");
  out.evidence = std::move(*read);
  out.evidence.cut = out.evidence.client.empty();
  return out;
}

std::vector<ChosenLine> choose_lines(std::istream& log) {
  Kinds kinds;
  Log lines(log);
  std::string line;
  std::uint64_t number = 0;
  while (lines.next(line, number)) {
    auto read = evidence::read_line(line);
    if (!read) continue;
    const auto kind = kind_of(*read);
    if (const auto known = kinds.find(kind); known != kinds.end()) {
      ++known->second.count;
    } else if (room_for(kinds, rank(*read))) {
      kinds.emplace(kind, ChosenLine{line, std::move(*read), number, 1});
    }
  }
  std::vector<ChosenLine> out;
  for (auto& [kind, chosen] : kinds)
    out.push_back(std::move(chosen));
  std::stable_sort(out.begin(), out.end(), [](const ChosenLine& a, const ChosenLine& b) {
    const int ra = rank(a.evidence);
    const int rb = rank(b.evidence);
    return ra != rb ? ra < rb : a.count > b.count;
  });
  return out;
}

net::Result<ChosenLine> line_number(std::istream& log, std::uint64_t number) {
  Log lines(log);
  std::string line;
  std::uint64_t begins = 0;
  while (lines.next(line, begins)) {
    const auto ends = begins + static_cast<std::uint64_t>(std::ranges::count(line, '\n'));
    if (number < begins || number > ends) continue;
    auto read = evidence::read_line(line);
    if (!read) return net::fail(fmt::format("line {} is none of a log that badgate knows", number));
    return ChosenLine{line, std::move(*read), begins, 1};
  }
  return net::fail(fmt::format("there is no line {}", number));
}

}  // namespace badgate::harness::reproduce
