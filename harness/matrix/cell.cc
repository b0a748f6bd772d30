#include "harness/matrix/cell.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "net/text.h"

namespace badgate::harness::matrix {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMany = 20;  // answers of one scenario: then shares tell more than counts
constexpr net::Duration kNoticeable = 1s;
constexpr int kShareTolerance = 10;  // percent points

void add(std::vector<std::string>& codes, const std::string& code) {
  if (!code.empty() && std::ranges::find(codes, code) == codes.end()) codes.push_back(code);
}

std::uint64_t total(const Cell& cell) {
  std::uint64_t sum = 0;
  for (const Answer& answer : cell.answers)
    sum += answer.times;
  return sum;
}

std::string time_text(net::Duration time) {
  const auto rounded =
      time < 10s ? std::chrono::round<std::chrono::milliseconds>(time / 100) * 100
                 : std::chrono::milliseconds(std::chrono::round<std::chrono::seconds>(time));
  return net::format_duration(rounded);
}

unsigned share_of(const Answer& answer, std::uint64_t all) {
  if (answer.share) return *answer.share;
  return static_cast<unsigned>((100 * answer.times + all / 2) / std::max<std::uint64_t>(all, 1));
}

std::string text_of(const Answer& answer, std::uint64_t all) {
  std::string out = answer.client_left   ? "left"
                    : answer.status == 0 ? "no answer"
                                         : fmt::format("{:03}", answer.status);
  if (answer.status != 0 && answer.completeness == Completeness::cut) out += " cut";
  if (answer.status != 0 && answer.completeness == Completeness::empty) out += " empty";
  if (answer.completeness == Completeness::raw) out = "raw bytes";
  if (all >= kMany) {
    out += fmt::format(" {}%", share_of(answer, all));
  } else if (answer.times > 1) {
    out += fmt::format(" ×{}", answer.times);
  }
  if (answer.longest >= kNoticeable) out += " " + time_text(answer.longest);
  return out;
}

bool about_as_long(net::Duration a, net::Duration b) {
  const auto [least, most] = std::minmax(a, b);
  return most - least <= std::max<net::Duration>(kNoticeable, most / 10);
}

}  // namespace

Cell cell_of(const Outcome& outcome) {
  Cell cell;
  cell.start_error = outcome.start_error;
  cell.skipped = outcome.skipped;
  cell.broken = outcome.broken;
  for (const Response& response : outcome.responses) {
    // Of a client that has left, and of one that got nothing, that is all there is to say.
    const bool left = response.client_left;
    const bool nothing =
        left || (response.status == 0 && response.completeness != Completeness::raw);
    const Answer one{.status = left ? 0 : response.status,
                     .completeness = nothing ? Completeness::empty : response.completeness,
                     .client_left = left,
                     .times = 1,
                     .shortest = response.elapsed,
                     .longest = response.elapsed};
    const auto known = std::ranges::find_if(
        cell.answers, [&](const Answer& other) { return other.same_kind(one); });
    if (known == cell.answers.end()) {
      cell.answers.push_back(one);
      continue;
    }
    ++known->times;
    known->shortest = std::min(known->shortest, one.shortest);
    known->longest = std::max(known->longest, one.longest);
  }
  for (const BackendSeen& backend : outcome.backends) {
    cell.connections += backend.connections;
    cell.executed += backend.executed;
  }
  for (const AccessEntry& entry : outcome.access)
    add(cell.codes, entry.code);
  for (const LogLine& line : outcome.error_log)
    add(cell.codes, line.code);
  cell.timeline = outcome.timeline;
  return cell;
}

std::string answers_text(const Cell& cell) {
  if (!cell.broken.empty()) return "error";
  if (!cell.skipped.empty()) return "-";
  if (!cell.start_error.empty()) return "refused";
  std::vector<std::string> texts;
  const auto all = total(cell);
  for (const Answer& answer : cell.answers)
    texts.push_back(text_of(answer, all));
  return net::join(texts, ", ");
}

bool same_answers(const Cell& a, const Cell& b) {
  if (a.start_error.empty() != b.start_error.empty()) return false;
  const auto all_a = total(a);
  const auto all_b = total(b);
  const auto alike = [&](const Answer& one, const Answer& other) {
    if (!one.same_kind(other)) return false;
    // Of many that are at work at the same time, only the shares are the same in every run.
    if (all_a >= kMany || one.share || other.share)
      return std::abs(static_cast<int>(share_of(one, all_a)) -
                      static_cast<int>(share_of(other, all_b))) <= kShareTolerance;
    return one.times == other.times && about_as_long(one.longest, other.longest);
  };
  return a.answers.size() == b.answers.size() &&
         std::ranges::all_of(a.answers, [&](const Answer& one) {
           return std::ranges::any_of(b.answers,
                                      [&](const Answer& other) { return alike(one, other); });
         });
}

bool same_codes(const Cell& a, const Cell& b) {
  return std::ranges::is_permutation(a.codes, b.codes);
}

std::string text_of(const Cell& cell) {
  std::string out = answers_text(cell);
  if (!cell.codes.empty()) out += " " + net::join(cell.codes, " ");
  return out;
}

// nlohmann's functions are found by these names.
// NOLINTBEGIN(readability-identifier-naming)

using nlohmann::json;

static void to_json(json& j, const Answer& a) {
  j = {a.status, a.completeness, a.client_left, a.times, a.shortest.count(), a.longest.count()};
}
static void from_json(const json& j, Answer& a) {
  a = {j.at(0).get<int>(),
       j.at(1).get<Completeness>(),
       j.at(2).get<bool>(),
       j.at(3).get<std::uint64_t>(),
       net::Duration(j.at(4).get<std::int64_t>()),
       net::Duration(j.at(5).get<std::int64_t>())};
}

// NOLINTEND(readability-identifier-naming)

std::string to_json(const Cell& cell) {
  json timeline = json::array();
  for (const Fact& fact : cell.timeline)
    timeline.push_back({fact.at.time_since_epoch().count(), fact.who, fact.what});
  const json j = {{"answers", cell.answers},         {"connections", cell.connections},
                  {"executed", cell.executed},       {"codes", cell.codes},
                  {"start_error", cell.start_error}, {"skipped", cell.skipped},
                  {"broken", cell.broken},           {"timeline", timeline}};
  return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

net::Result<Cell> cell_from_json(std::string_view text) {
  const auto j = json::parse(text, nullptr, false);
  if (j.is_discarded()) return net::fail("a worker sent something that is not JSON");
  try {
    Cell cell;
    j.at("answers").get_to(cell.answers);
    j.at("connections").get_to(cell.connections);
    j.at("executed").get_to(cell.executed);
    j.at("codes").get_to(cell.codes);
    j.at("start_error").get_to(cell.start_error);
    j.at("skipped").get_to(cell.skipped);
    j.at("broken").get_to(cell.broken);
    for (const json& fact : j.at("timeline")) {
      cell.timeline.push_back({net::TimePoint(net::Duration(fact.at(0).get<std::int64_t>())),
                               fact.at(1).get<std::string>(), fact.at(2).get<std::string>()});
    }
    return cell;
  } catch (const json::exception& e) {
    return net::fail(std::string("a worker sent something odd: ") + e.what());
  }
}

}  // namespace badgate::harness::matrix
