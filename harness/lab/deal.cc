// What a seed makes of the incidents: which ones it deals, and which choices are offered with each.
#include <algorithm>
#include <array>
#include <iterator>

#include "harness/lab/incidents.h"
#include "net/rng.h"

namespace badgate::harness::lab {
namespace {

// Of each level, from 1; the others are left out.
constexpr std::array<std::size_t, 3> kDealt{6, 10, 5};

constexpr std::size_t kWrongCauses = 4;
constexpr std::size_t kFixes = 5;

template <typename T>
void shuffle(std::vector<T>& items, net::Rng rng) {
  for (std::size_t i = items.size(); i > 1; --i)
    std::swap(items[i - 1], items[rng.below(i)]);
}

// So many of them, by chance.
template <typename T>
std::vector<T> some_of(std::vector<T> items, std::size_t number, const net::Rng& rng) {
  shuffle(items, rng);
  if (items.size() > number) items.resize(number);
  return items;
}

template <typename T>
std::vector<T> those(const std::vector<T>& items, bool T::*is_right, bool right) {
  std::vector<T> out;
  std::ranges::copy_if(items, std::back_inserter(out),
                       [&](const T& item) { return item.*is_right == right; });
  return out;
}

// In an order that says nothing.
template <typename T>
std::vector<T> mixed(std::vector<T> right, std::vector<T> wrong, const net::Rng& rng) {
  right.insert(right.end(), wrong.begin(), wrong.end());
  shuffle(right, rng);
  return right;
}

std::vector<IncidentCause> dealt(const std::vector<IncidentCause>& causes, const net::Rng& rng) {
  auto wrong = those(causes, &IncidentCause::right, false);
  return mixed(those(causes, &IncidentCause::right, true),
               some_of(std::move(wrong), kWrongCauses, rng.stream("wrong")), rng.stream("order"));
}

// Of several that help, one at least.
std::vector<IncidentFix> dealt(const std::vector<IncidentFix>& fixes, net::Rng rng) {
  auto helping = those(fixes, &IncidentFix::helps, true);
  const std::size_t number = helping.empty() ? 0 : 1 + rng.below(helping.size());
  helping = some_of(std::move(helping), std::min(number, kFixes), rng.stream("helping"));
  auto others = some_of(those(fixes, &IncidentFix::helps, false), kFixes - helping.size(),
                        rng.stream("others"));
  return mixed(std::move(helping), std::move(others), rng.stream("order"));
}

}  // namespace

void deal(Incident& incident) {
  const auto rng = net::Rng(incident.seed).stream(incident.template_name);
  incident.causes = dealt(incident.causes, rng.stream("causes"));
  incident.fixes = dealt(incident.fixes, rng.stream("fixes"));
  char letter = 'a';
  for (IncidentFix& fix : incident.fixes)
    fix.id = std::string(1, letter++);
}

std::vector<IncidentOffer> deal(std::vector<IncidentOffer> offers) {
  // By chance within a level: ids are drawn from the seed.
  std::ranges::sort(offers, {},
                    [](const IncidentOffer& offer) { return std::pair(offer.level, offer.id); });
  std::array<std::size_t, kDealt.size()> dealt{};
  std::erase_if(offers, [&](const IncidentOffer& offer) {
    return ++dealt.at(offer.level - 1) > kDealt.at(offer.level - 1);
  });
  return offers;
}

}  // namespace badgate::harness::lab
