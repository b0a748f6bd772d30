#include "harness/lab/addresses.h"

#include <algorithm>

namespace badgate::harness::lab {

std::string address_of(const std::string& name, const Addresses& addresses) {
  const auto it = std::ranges::find(addresses, name, &Addresses::value_type::first);
  return it == addresses.end() ? name : it->second;
}

void replace_all(std::string& text, std::string_view word, std::string_view by) {
  for (auto at = text.find(word); at != text.npos; at = text.find(word, at + by.size()))
    text.replace(at, word.size(), by);
}

}  // namespace badgate::harness::lab
