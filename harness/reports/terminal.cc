#include "harness/reports/terminal.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "harness/reports/text.h"
#include "net/http1_message.h"
#include "net/text.h"

namespace badgate::harness::reports {
namespace {

constexpr const char* kGreen = "32";
constexpr const char* kRed = "31";
constexpr const char* kYellow = "33";
constexpr const char* kCyan = "36";
constexpr const char* kDim = "2";
constexpr const char* kBold = "1";

constexpr std::size_t kRecap = 20;         // failures that are named again at the end
constexpr std::size_t kTimelineHead = 60;  // of a long timeline, so many lines at each end

struct Mark {
  const char* text;
  const char* colour;
};

Mark mark_of(Verdict::State state) {
  switch (state) {
    case Verdict::State::passed:
      return {"ok     ", kGreen};
    case Verdict::State::failed:
      return {"FAILED ", kRed};
    case Verdict::State::skipped:
      return {"skipped", kYellow};
    case Verdict::State::broken:
      return {"BROKEN ", kRed};
  }
  return {"", kDim};
}

// "1h02m03s" is easier on the eye than 3723s, and long waits are what badgate is about.
std::string long_time(net::Duration d) {
  const auto s = std::chrono::duration_cast<std::chrono::seconds>(d).count();
  if (d == net::Duration::zero()) return "0s";
  if (s < 60) return net::format_duration(std::chrono::round<std::chrono::milliseconds>(d));
  if (s < 3600) return fmt::format("{}m{:02}s", s / 60, s % 60);
  return fmt::format("{}h{:02}m{:02}s", s / 3600, s / 60 % 60, s % 60);
}

std::string indented(std::string_view text, std::string_view indent) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (!out.empty()) out += fmt::format("\n{}", indent);
    out += text.substr(0, end);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return out;
}

// "1 request", "2 requests".
std::string count(std::uint64_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

const char* colour_of(const Fact& fact) {
  if (fact.who == "access.log") return kCyan;
  if (fact.who == "event") return kBold;
  if (fact.who != "error.log") return nullptr;
  const bool harmless = fact.what.find("[info]") != std::string::npos ||
                        fact.what.find("[notice]") != std::string::npos;
  return harmless ? kDim : kYellow;
}

}  // namespace

std::string fact_line(const Fact& fact, std::size_t width, bool colour) {
  const auto time = fmt::format("{:>10}", net::format_seconds(fact.at.time_since_epoch()));
  const auto story = fmt::format("{:<{}}  {}", fact.who, width, fact.what);
  if (!colour) return fmt::format("{}  {}", time, story);
  const char* code = colour_of(fact);
  return fmt::format("{}  {}", painted(time, kDim, true),
                     code == nullptr ? story : painted(story, code, true));
}

Style Style::detect(std::FILE* out) {
  Style style;
  const char* no_colour = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool terminal = ::isatty(::fileno(out)) == 1;
  const bool capable = terminal && term != nullptr && std::string_view(term) != "dumb";
  style.colour = capable && (no_colour == nullptr || *no_colour == '\0');
  style.progress = capable;
  return style;
}

std::string Terminal::paint(std::string_view text, const char* colour) const {
  if (!style_.colour) return std::string(text);
  return painted(text, colour, true);
}

void Terminal::clear_progress() {
  if (std::exchange(progress_shown_, false)) fmt::print(out_, "\r\x1b[K");
}

void Terminal::show_progress() {
  if (!style_.progress || seen_ == total_) return;
  fmt::print(out_, "{}", paint(fmt::format("{} of {} …", seen_, total_), kDim));
  std::fflush(out_);
  progress_shown_ = true;
}

void Terminal::add(const Verdict& verdict, std::string_view rates) {
  clear_progress();
  ++seen_;
  expectations_ += verdict.expectations;
  modelled_ += verdict.outcome.modelled;
  hashes_ += verdict.hash;
  if (verdict.name.find(':') != std::string::npos) ++remedies_;
  headline(verdict);
  if (!rates.empty()) fmt::print(out_, "        {}\n", rates);
  switch (verdict.state) {
    case Verdict::State::passed:
      ++passed_;
      break;
    case Verdict::State::failed:
      ++failed_;
      for (const auto& m : verdict.mismatches)
        mismatch(m);
      break;
    case Verdict::State::skipped:
      ++skipped_;
      fmt::print(out_, "        {}\n", verdict.reason);
      break;
    case Verdict::State::broken:
      ++broken_;
      fmt::print(out_, "        {}\n", verdict.reason);
      break;
  }
  const bool story = verdict.state == Verdict::State::failed ||
                     verdict.state == Verdict::State::broken || style_.timelines;
  if (story) timeline(verdict);
  if (verdict.state == Verdict::State::failed || verdict.state == Verdict::State::broken) {
    bad_.push_back(fmt::format("{} {}  {}", paint(mark_of(verdict.state).text, kRed), verdict.name,
                               paint(verdict.file, kDim)));
  }
  show_progress();
}

void Terminal::headline(const Verdict& verdict) {
  if (std::exchange(gap_, false)) fmt::print(out_, "\n");
  const Mark mark = mark_of(verdict.state);
  fmt::print(out_, "{} {} {}  {}\n", paint(mark.text, mark.colour),
             paint(fmt::format("{:>7}", long_time(verdict.outcome.modelled)), kDim), verdict.name,
             paint(verdict.title, kDim));
}

void Terminal::mismatch(const Mismatch& m) {
  const auto& at = m.position;
  fmt::print(out_, "  {}:{}:{}: {}\n", at.file, at.line, at.column, paint(m.what, kBold));
  fmt::print(out_, "    expected: {}\n", paint(indented(m.expected, "              "), kGreen));
  fmt::print(out_, "    actual:   {}\n", paint(indented(m.actual, "              "), kRed));
}

void Terminal::timeline(const Verdict& verdict) {
  const auto& facts = verdict.outcome.timeline;
  if (facts.empty()) return;
  if (!verdict.mismatches.empty()) fmt::print(out_, "\n");
  std::size_t width = 0;
  for (const Fact& fact : facts)
    width = std::max(width, fact.who.size());
  for (std::size_t i = 0; i < facts.size(); ++i) {
    if (facts.size() > 2 * kTimelineHead && i == kTimelineHead) {
      i = facts.size() - kTimelineHead;
      fmt::print(out_, "    {}\n",
                 paint(fmt::format("… {} more …", facts.size() - 2 * kTimelineHead), kDim));
    }
    fmt::print(out_, "  {}\n", fact_line(facts[i], width, style_.colour));
  }
  backends(verdict);
  gap_ = true;
}

void Terminal::backends(const Verdict& verdict) {
  for (const BackendSeen& b : verdict.outcome.backends) {
    if (!b.counted) continue;
    fmt::print(out_, "    {} saw {} and {}, executed {}, answered {}\n", b.name,
               count(b.connections, "connection"), count(b.requests, "request"), b.executed,
               b.responses);
    for (const auto& line : b.receipt)
      fmt::print(out_, "      on the wire: {}\n", line);
  }
}

// Whoever has scrolled through hundreds of lines looks for the failures at the end.
void Terminal::recap() {
  if (bad_.empty() || seen_ == 1) return;
  fmt::print(out_, "\n");
  for (std::size_t i = 0; i < std::min(bad_.size(), kRecap); ++i)
    fmt::print(out_, "{}\n", bad_[i]);
  if (bad_.size() > kRecap) fmt::print(out_, "… and {} more\n", bad_.size() - kRecap);
}

void Terminal::finish(net::Duration wall, std::uint64_t seed) {
  clear_progress();
  net::http1::Fnv1a hash;
  hash.add(hashes_);
  const bool good = failed_ == 0 && broken_ == 0;
  std::string counts = fmt::format("{} passed, {} failed", passed_, failed_);
  if (broken_ > 0) counts += fmt::format(", {} broken", broken_);
  if (skipped_ > 0) counts += fmt::format(", {} skipped", skipped_);
  if (seen_ < total_) counts += fmt::format(", {} not run", total_ - seen_);
  recap();
  fmt::print(out_, "\n{}: {} and {}, {}; {} modelled in {:.2f} s\n",
             paint(counts, good ? kGreen : kRed), count(seen_ - remedies_, "scenario"),
             remedies_ == 1 ? "1 remedy" : fmt::format("{} remedies", remedies_),
             count(expectations_, "expectation"), long_time(modelled_),
             static_cast<double>(wall.count()) / 1e9);
  fmt::print(out_, "{}\n",
             paint(fmt::format("seed {}, timeline {:016x}", seed, hash.value()), kDim));
}

}  // namespace badgate::harness::reports
