#include "harness/lab/incident_request.h"

#include <fmt/core.h>

#include <utility>

#include "harness/lab/incidents.h"
#include "harness/lab/json_body.h"
#include "net/text.h"

namespace badgate::harness::lab {
namespace {

constexpr std::size_t kMostCauses = 50;
constexpr std::uint64_t kMostCounted = 1000;

}  // namespace

net::Result<std::uint64_t> read_seed(std::string_view text) {
  const auto seed = net::parse_number(text);
  if (seed && *seed <= kMostSeed) return *seed;
  return net::fail(fmt::format("a seed is a whole number, 0 to {}", kMostSeed));
}

net::Result<std::vector<std::string>> read_sends(std::string_view body) {
  const auto parsed = parse_json(body);
  if (!parsed) return tl::unexpected(parsed.error());
  ObjectReader reader(*parsed, "the body");
  const auto actions = reader.list("actions", kMaxSends);
  if (!reader.has("actions")) reader.mistake("the body must have `actions`, a list");
  if (auto ok = reader.finish(); !ok) return tl::unexpected(ok.error());
  std::vector<std::string> sends;
  for (std::size_t i = 0; i < actions.size(); ++i) {
    ObjectReader action(actions[i], fmt::format("actions[{}]", i));
    sends.push_back(action.text("request"));
    if (auto ok = action.finish(); !ok) return tl::unexpected(ok.error());
  }
  return sends;
}

net::Result<unsigned> read_hint(std::string_view body) {
  const auto parsed = parse_json(body);
  if (!parsed) return tl::unexpected(parsed.error());
  ObjectReader reader(*parsed, "the body");
  const auto number = reader.number("number", kMostCounted);
  if (number == 0) reader.mistake("the body must have `number`, of the hint, from 1");
  if (auto ok = reader.finish(); !ok) return tl::unexpected(ok.error());
  return static_cast<unsigned>(number);
}

net::Result<Answer> read_answer(std::string_view body) {
  const auto parsed = parse_json(body);
  if (!parsed) return tl::unexpected(parsed.error());
  ObjectReader reader(*parsed, "the body");
  Answer answer;
  answer.causes = reader.texts("causes", kMostCauses);
  answer.fix = reader.text("fix");
  answer.hints = static_cast<unsigned>(reader.number("hints", kMostCounted));
  answer.sent = static_cast<unsigned>(reader.number("sent", kMostCounted));
  if (!reader.has("causes")) reader.mistake("the body must have `causes`, a list");
  if (auto ok = reader.finish(); !ok) return tl::unexpected(ok.error());
  return answer;
}

}  // namespace badgate::harness::lab
