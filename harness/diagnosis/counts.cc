#include "harness/diagnosis/counts.h"

#include <algorithm>

namespace badgate::harness::diagnosis {

// What is shown of a text in the end; a hostile one may be long.
constexpr std::size_t kLongestText = 256;

void Counts::add(std::string_view text, std::uint64_t hash) {
  Entry& entry = entries_[hash];
  if (entry.count++ > 0) return;
  entry.text = text.substr(0, kLongestText);
  if (entries_.size() > most_) prune();
}

// Keeps the more frequent half.
void Counts::prune() {
  std::vector<std::uint64_t> counts;
  counts.reserve(entries_.size());
  for (const auto& [hash, entry] : entries_)
    counts.push_back(entry.count);
  const auto middle = counts.begin() + static_cast<std::ptrdiff_t>(counts.size() / 2);
  std::nth_element(counts.begin(), middle, counts.end());
  const auto limit = *middle;
  std::size_t room = most_ / 2;
  std::erase_if(entries_, [&](const auto& item) {
    const bool keep = item.second.count > limit || (item.second.count == limit && room > 0);
    if (keep && room > 0) --room;
    if (!keep) ++let_go_;
    return !keep;
  });
}

Counts::Top Counts::top(std::size_t number) const {
  Top out;
  for (const auto& [hash, entry] : entries_)
    out.first.emplace_back(entry.text, entry.count);
  std::ranges::sort(out.first, [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  out.more = let_go_ + (out.first.size() > number ? out.first.size() - number : 0);
  if (out.first.size() > number) out.first.resize(number);
  return out;
}

}  // namespace badgate::harness::diagnosis
