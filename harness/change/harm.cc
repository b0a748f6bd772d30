#include "harness/change/harm.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <tuple>

#include "proxy/next_upstream.h"

namespace badgate::harness::change {
namespace {

using namespace std::chrono_literals;

constexpr net::Duration kNoticeable = 100ms;
constexpr int kNoticeablePart = 10;

bool noticeable(net::Duration a, net::Duration b, net::Duration noise) {
  const auto [least, most] = std::minmax(a, b);
  return most - least >= std::max({kNoticeable, most / kNoticeablePart, noise});
}

Judgement judge_tunnels(const Answer& before, const Answer& after, net::Duration noise) {
  if (before.left != after.left) return after.left ? Judgement::better : Judgement::worse;
  if (before.left || !noticeable(before.elapsed, after.elapsed, noise)) return Judgement::unchanged;
  return after.elapsed > before.elapsed ? Judgement::better : Judgement::worse;
}

}  // namespace

std::string_view to_string(Harm harm) {
  constexpr std::array<std::string_view, 6> names{"good", "error",    "nothing",
                                                  "cut",  "repeated", "down"};
  return names.at(static_cast<std::size_t>(harm));
}

std::string_view to_string(Judgement judgement) {
  constexpr std::array<std::string_view, 4> names{"unchanged", "other", "better", "worse"};
  return names.at(static_cast<std::size_t>(judgement));
}

Harm harm_of(const Answer& answer) {
  if (answer.tunnel && answer.left) return Harm::good;
  if (answer.completeness == Completeness::raw) return Harm::cut;
  if (answer.left || answer.status == 0) return Harm::nothing;
  if (answer.status >= 400) return Harm::error;
  return answer.completeness == Completeness::whole ? Harm::good : Harm::cut;
}

Judgement judge(const Answer& before, const Answer& after, net::Duration noise) {
  const auto harm_before = harm_of(before);
  const auto harm_after = harm_of(after);
  if (harm_before != harm_after)
    return harm_after > harm_before ? Judgement::worse : Judgement::better;
  if (before.tunnel && after.tunnel) return judge_tunnels(before, after, noise);
  if (noticeable(before.elapsed, after.elapsed, noise))
    return after.elapsed > before.elapsed ? Judgement::worse : Judgement::better;
  // The body of an error page is the proxy's affair: it names its version.
  const bool other_body = harm_before == Harm::good && before.body != after.body;
  const bool alike = std::tie(before.status, before.completeness, before.left, before.tries) ==
                     std::tie(after.status, after.completeness, after.left, after.tries);
  return alike && !other_body ? Judgement::unchanged : Judgement::other;
}

bool more_harmful(const Answer& a, const Answer& b) {
  const auto key = [](const Answer& x) {
    return std::tuple(harm_of(x), x.elapsed, x.status, x.tries);
  };
  return key(a) > key(b);
}

bool may_be_repeated(std::string_view method) {
  return !proxy::is_non_idempotent(method);
}

}  // namespace badgate::harness::change
