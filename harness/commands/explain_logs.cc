#include "harness/commands/explain_logs.h"

#include <fmt/core.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <functional>
#include <memory>
#include <set>

#include "harness/catalogue.h"
#include "harness/commands/commands.h"
#include "harness/diagnosis/digest.h"
#include "harness/diagnosis/ingest.h"
#include "harness/diagnosis/report_json.h"
#include "harness/diagnosis/summary_report.h"
#include "harness/evidence/log_lines.h"
#include "harness/evidence/merged_lines.h"
#include "harness/load.h"
#include "harness/printable.h"
#include "harness/reports/terminal.h"
#include "net/clock.h"
#include "net/loop.h"
#include "net/signals.h"

namespace badgate::harness::commands {
namespace {

using namespace std::chrono_literals;
using diagnosis::Digest;
using diagnosis::Ingest;

// Rewritten in place on a terminal while a large log is read.
class Progress {
 public:
  void show(std::uint64_t bytes, std::optional<std::uint64_t> of) {
    constexpr std::uint64_t kStep = std::uint64_t{32} << 20;
    if (!wanted_ || bytes < next_) return;
    next_ = bytes + kStep;
    constexpr std::uint64_t kMega = 1'000'000;
    if (of) {
      fmt::print(stderr, "\r{} of {} MB read\x1b[K", bytes / kMega, *of / kMega);
    } else {
      fmt::print(stderr, "\r{} MB read\x1b[K", bytes / kMega);
    }
    std::fflush(stderr);
    shown_ = true;
  }
  ~Progress() {
    if (shown_) fmt::print(stderr, "\r\x1b[K");
  }

 private:
  bool wanted_ = reports::Style::detect(stderr).progress;
  bool shown_ = false;
  std::uint64_t next_ = std::uint64_t{32} << 20;
};

// False: one of them cannot be read, which was said.
bool open_all(const std::vector<std::string>& files, std::vector<evidence::LogLines>& out) {
  for (const auto& file : files) {
    auto lines = evidence::LogLines::open(file);
    if (!lines) {
      fmt::print(stderr, "badgate: {}\n", lines.error().message);
      return false;
    }
    out.push_back(std::move(*lines));
  }
  return true;
}

void print_summary(const diagnosis::Summary& summary, bool json) {
  if (json) {
    fmt::print("{}", diagnosis::summary_json(summary));
    return;
  }
  std::vector<std::string> names;
  for (const auto& cause : summary.causes)
    names.emplace_back(cause.known->shown_by());
  fmt::print("{}", diagnosis::summary_report(summary, scenarios_named(names)));
}

int no_log() {
  fmt::print(stderr,
             "badgate: no line of it is of a log that badgate knows\n"
             "An access log of your own format needs --log-format.\n");
  return Exit::usage;
}

// The failures since the last call, equal ones together.
class Told {
 public:
  void add(const diagnosis::Event& event, const diagnosis::Verdicts::Entry& entry,
           const diagnosis::Verdicts::Entry* root) {
    if (entry.first == nullptr) return;
    const auto& known = root != nullptr && root->first != nullptr ? *root->first : *entry.first;
    auto time = diagnosis::written_time(event.second);
    const std::string text =
        fmt::format("{} ({}){}{}  {}", known.cause(), known.row, event.upstream.empty() ? "" : " ",
                    printable(event.upstream, 40), known.plain);
    if (lines_.empty() || lines_.back().text != text) lines_.push_back({std::move(time), text, 0});
    ++lines_.back().times;
  }
  void print() {
    for (const Line& line : lines_) {
      fmt::print("{}  {}{}\n", line.time, line.text,
                 line.times > 1 ? fmt::format("  ×{}", line.times) : "");
    }
    if (!lines_.empty()) std::fflush(stdout);
    lines_.clear();
  }
  void forget() { lines_.clear(); }

 private:
  struct Line {
    std::string time;
    std::string text;
    std::uint64_t times = 0;
  };
  std::vector<Line> lines_;
};

// All that has been written since the last call. False: one of them cannot be read, which was said.
bool read_on(std::vector<evidence::LogLines>& logs, Ingest& ingest, Told& told, bool silent) {
  for (auto& log : logs) {
    while (const auto line = log.next()) {
      ingest.add_line(*line);
      if (silent) told.forget();
    }
    if (log.error() != 0) {
      fmt::print(stderr, "badgate: cannot read {}: {}\n", log.path(), std::strerror(log.error()));
      return false;
    }
    log.reopen_if_replaced();
  }
  return true;
}

// Until a signal comes. False: one of the logs cannot be read any more.
bool tell_what_comes(std::vector<evidence::LogLines>& logs, Ingest& ingest, Digest& digest,
                     Told& told) {
  net::Signals signals({SIGINT, SIGTERM, SIGHUP});
  const auto clock = net::make_real_clock();
  net::Loop loop(*clock);
  const auto stop = loop.watch(signals.fd(), {.read = true}, [&](net::Ready) { loop.stop(); });
  net::Timer timer;
  bool readable = true;
  constexpr auto kOften = 200ms;
  constexpr unsigned kPatience = 4;  // looks
  unsigned looks = 0;
  std::function<void()> look = [&] {
    readable = read_on(logs, ingest, told, false);
    if (++looks % kPatience == 0) {
      ingest.tell_older();
      digest.release_all_held();
    }
    told.print();
    if (readable) {
      timer = loop.after(kOften, look);
    } else {
      loop.stop();
    }
  };
  timer = loop.soon(look);
  loop.run();
  return readable;
}

}  // namespace

std::vector<Scenario> scenarios_named(const std::vector<std::string>& names) {
  std::set<std::string> paths;
  for (const auto& name : names) {
    if (!name.empty()) paths.insert(find_named(name).path);
  }
  return load(std::vector<std::string>(paths.begin(), paths.end())).scenarios;
}

int explain_logs(const LogsToExplain& logs) {
  std::vector<evidence::LogLines> open;
  if (!open_all(logs.files, open)) return Exit::usage;
  evidence::MergedLines lines(std::move(open), logs.reader);
  Digest digest;
  Ingest ingest(digest, logs.reader, logs.files.size() > 1);
  {
    Progress progress;
    const auto size = lines.size();
    std::uint64_t number = 0;
    while (const auto line = lines.next()) {
      ingest.add_line(*line);
      constexpr std::uint64_t kNowAndThen = 0xffff;
      if ((++number & kNowAndThen) == 0) progress.show(lines.bytes_read(), size);
    }
  }
  ingest.finish();
  if (const auto error = lines.error(); !error.empty()) {
    fmt::print(stderr, "badgate: {}\n", error);
    return Exit::badgate_failed;
  }
  const auto summary = digest.finish();
  if (summary.lines == summary.unknown && summary.lines > 0) return no_log();
  print_summary(summary, logs.json);
  return Exit::all_passed;
}

int follow_logs(const LogsToExplain& logs) {
  std::vector<evidence::LogLines> open;
  if (!open_all(logs.files, open)) return Exit::usage;
  Told told;
  Digest digest([&told](const auto& event, const auto& entry, const auto* root) {
    told.add(event, entry, root);
  });
  Ingest ingest(digest, logs.reader, logs.files.size() > 1);
  if (!read_on(open, ingest, told, true)) return Exit::badgate_failed;
  ingest.finish();
  print_summary(digest.finish(), false);
  told.forget();
  fmt::print("\nWhat comes from now on (Ctrl-C ends it):\n");
  std::fflush(stdout);

  const bool readable = tell_what_comes(open, ingest, digest, told);
  // What still waited for its request's end, or for a line beside it.
  ingest.finish();
  digest.finish();
  told.print();
  return readable ? Exit::all_passed : Exit::badgate_failed;
}

}  // namespace badgate::harness::commands
