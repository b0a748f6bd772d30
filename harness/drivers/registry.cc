#include "harness/drivers/registry.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <vector>

#include "net/text.h"

namespace badgate::harness::drivers {

namespace {

#define DRIVER(name) Entry{#name, supports_##name, find_##name},
constexpr std::array kRegistry{
#include "harness/drivers.inc"
};
#undef DRIVER

}  // namespace

std::span<const Entry> registry() {
  return kRegistry;
}

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const Entry& known : kRegistry)
    all.emplace_back(known.name);
  return all;
}

net::Result<std::unique_ptr<Driver>> find_driver(std::string_view name, const std::string& path) {
  const auto* entry = std::find_if(kRegistry.begin(), kRegistry.end(),
                                   [&](const Entry& e) { return e.name == name; });
  if (entry != kRegistry.end()) return entry->find(path);
  return net::fail(fmt::format("there is no driver for a proxy \"{}\"; there are {}", name,
                               net::join(names(), ", ")));
}

}  // namespace badgate::harness::drivers
