#include "harness/diagnosis/counts.h"

#include <algorithm>
#include <limits>

namespace badgate::harness::diagnosis {
namespace {

constexpr std::size_t kMost = 1024;
// A text may stand in any of so many places behind its own.
constexpr std::size_t kPlaces = 8;
// What is shown of a text in the end; a hostile one may be long.
constexpr std::size_t kLongestText = 256;

}  // namespace

// As the HeavyKeeper does: a newcomer that finds no place wears down the rarest one there.
void Counts::add(std::string_view text, std::uint64_t hash) {
  if (entries_.empty()) {
    entries_.resize(kMost);
    texts_.resize(kMost);
  }
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  const std::size_t from = hash % (kMost / kPlaces) * kPlaces;
  std::size_t rarest = from;
  for (std::size_t i = from; i < from + kPlaces; ++i) {
    Entry& entry = entries_[i];
    if (entry.tag == tag && entry.count > 0) {
      if (entry.count < std::numeric_limits<std::uint32_t>::max()) ++entry.count;
      return;
    }
    if (entry.count < entries_[rarest].count) rarest = i;
  }
  Entry& entry = entries_[rarest];
  if (entry.count > 1) {
    --entry.count;
    return;
  }
  if (entry.count == 1) ++let_go_;
  entry = {tag, 1};
  texts_[rarest] = text.substr(0, kLongestText);
}

Counts::Top Counts::top(std::size_t number) const {
  Top out;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].count > 0) out.first.emplace_back(texts_[i], entries_[i].count);
  }
  std::ranges::sort(out.first, [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  out.more = let_go_ + (out.first.size() > number ? out.first.size() - number : 0);
  if (out.first.size() > number) out.first.resize(number);
  return out;
}

}  // namespace badgate::harness::diagnosis
