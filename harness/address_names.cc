#include "harness/address_names.h"

#include <fmt/core.h>
#include "net/ascii.h"

#include <algorithm>

namespace badgate::harness {
namespace {

// "127.0.0.1:80" must not be found in "127.0.0.1:8080" or in "1127.0.0.1:80".
bool stands_alone(std::string_view text, std::size_t at, std::size_t size) {
  const bool before = at > 0 && net::is_digit(text[at - 1]);
  const bool after = at + size < text.size() && net::is_digit(text[at + size]);
  return !before && !after;
}

}  // namespace

// A port also stands behind a host name, as in "http://app.internal:40123/".
void AddressNames::add(const net::Address& address, std::string name) {
  if (address.port() != 0)
    ports_.emplace_back(fmt::format(":{}", address.port()), fmt::format(":{{{}.port}}", name));
  names_.emplace_back(address.to_string(), std::move(name));
}

void AddressNames::add_text(std::string text, std::string name) {
  names_.emplace_back(std::move(text), std::move(name));
}

std::string AddressNames::of(const net::Address& address) const {
  return of(address.to_string());
}

std::string AddressNames::of(std::string_view address_text) const {
  const auto it = std::find_if(names_.begin(), names_.end(),
                               [&](const auto& entry) { return entry.first == address_text; });
  return it == names_.end() ? std::string(address_text) : it->second;
}

std::string AddressNames::replace_in(std::string text) const {
  for (const auto* words : {&names_, &ports_}) {
    for (const auto& [word, name] : *words) {
      std::size_t at = 0;
      while ((at = text.find(word, at)) != std::string::npos) {
        const bool alone = stands_alone(text, at, word.size());
        if (alone) text.replace(at, word.size(), name);
        at += alone ? name.size() : word.size();
      }
    }
  }
  return text;
}

}  // namespace badgate::harness
