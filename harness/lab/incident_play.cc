#include "harness/lab/incident_play.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "harness/lab/incidents.h"
#include "harness/lab/json_body.h"
#include "harness/lab/lesson_json.h"
#include "harness/lab/play.h"
#include "harness/reports/json.h"

namespace badgate::harness::lab {

using nlohmann::json;

namespace {

// One way that the incident can go: with these requests sent, or with this fix from the beginning.
struct Way {
  std::vector<std::string> sends;
  std::string fix;
};

struct Played {
  Scenario scenario;
  Verdict verdict;
};

tl::expected<Incident, HttpAnswer> found(std::uint64_t seed, const std::string& id) {
  auto one = incident(seed, id);
  if (one) return std::move(*one);
  return tl::unexpected(refused(404, one.error().message));
}

tl::expected<Played, HttpAnswer> play(const Incident& incident, const Way& way, int interrupt_fd) {
  const auto text = compose(incident, way.sends, way.fix);
  if (!text) return tl::unexpected(refused(400, text.error().message));
  auto scenario = choose({.text = *text,
                          .file = "incident.toml",
                          .name = "incident",
                          .remedy = {},
                          .ours = true,
                          .seed = incident.seed});
  if (!scenario) return tl::unexpected(scenario.error());
  auto verdict = verdict_of(*scenario, incident.seed, interrupt_fd);
  if (!verdict.outcome.broken.empty()) return tl::unexpected(refused(500, verdict.outcome.broken));
  return Played{std::move(*scenario), std::move(verdict)};
}

template <typename T>
json choices_of(const std::vector<T>& all) {
  auto list = json::array();
  for (const T& one : all)
    list.push_back({{"id", one.id}, {"label", one.label}});
  return list;
}

// As in a report, but of what the operator sent.
json to_json(const std::vector<Response>& responses) {
  reports::Case one;
  one.responses = responses;
  return json::parse(reports::case_json(one)).at("responses");
}

}  // namespace

HttpAnswer show_incident(std::uint64_t seed, const std::string& id, int interrupt_fd) {
  const auto one = found(seed, id);
  if (!one) return one.error();
  const auto played = play(*one, {}, interrupt_fd);
  if (!played) return played.error();
  const auto seen = operator_view(*one, played->verdict.outcome);
  const json body = {{"seed", seed},
                     {"id", one->id},
                     {"level", one->level},
                     {"title", one->title},
                     {"prompt", one->prompt},
                     {"users_say", one->users_say},
                     {"logs", {{"error", seen.error_log}, {"access", seen.access}}},
                     {"config", one->config},
                     {"requests", to_json(one->requests)},
                     {"causes", choices_of(one->causes)},
                     {"fixes", choices_of(one->fixes)},
                     {"hints", one->hints.size()}};
  return {200, "application/json", to_text(body)};
}

HttpAnswer send_in_incident(std::uint64_t seed, const std::string& id,
                            const std::vector<std::string>& sends, int interrupt_fd) {
  const auto one = found(seed, id);
  if (!one) return one.error();
  const auto played = play(*one, {.sends = sends, .fix = {}}, interrupt_fd);
  if (!played) return played.error();
  const auto seen = operator_view(*one, played->verdict.outcome, one->now);
  const json body = {{"responses", to_json(seen.responses)},
                     {"error_log", seen.error_log},
                     {"access", seen.access}};
  return {200, "application/json", to_text(body)};
}

HttpAnswer answer_incident(std::uint64_t seed, const std::string& id, const Answer& answer,
                           int interrupt_fd) {
  const auto one = found(seed, id);
  if (!one) return one.error();
  if (const auto ok = check(*one, answer); !ok) return refused(400, ok.error().message);
  const auto before = play(*one, {}, interrupt_fd);
  if (!before) return before.error();
  const auto after = play(*one, {.sends = {}, .fix = answer.fix}, interrupt_fd);
  if (!after) return after.error();
  const auto judged = score(*one, answer, before->verdict.outcome, after->verdict.outcome);
  const auto users = [](const Users& u) { return json{{"served", u.served}, {"of", u.of}}; };
  return with_case(before->scenario, before->verdict,
                   {{"causes_right", judged.causes_right},
                    {"causes_missed", judged.causes_missed},
                    {"causes_wrong", judged.causes_wrong},
                    {"fix_right", judged.fix_right},
                    {"users", {{"before", users(judged.before)}, {"after", users(judged.after)}}},
                    {"score", judged.points},
                    {"explanation", one->explanation}});
}

}  // namespace badgate::harness::lab
