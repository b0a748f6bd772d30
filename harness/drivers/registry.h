// Registry: the drivers by name. The list is in harness/meson.build; each name is one file here.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/drivers/driver.h"
#include "harness/drivers/supports.h"

namespace badgate::harness::drivers {

// One entry of the list: NAME.cc defines `supports_NAME` and `find_NAME`.
struct Entry {
  std::string_view name;
  Supports (*supports)();  // whether it is installed or not
  // Looks for the program at `path`, or in its usual places if that is empty. The Error says where
  // it was looked for.
  net::Result<std::unique_ptr<Driver>> (*find)(const std::string& path);
};
std::span<const Entry> registry();
std::vector<std::string> names();  // of all entries

// Those of each file.
#define DRIVER(name)          \
  Supports supports_##name(); \
  net::Result<std::unique_ptr<Driver>> find_##name(const std::string& path);
#include "harness/drivers.inc"
#undef DRIVER

// The driver of that name; the Error says what is missing, or which names there are.
net::Result<std::unique_ptr<Driver>> find_driver(std::string_view name,
                                                 const std::string& path = {});

}  // namespace badgate::harness::drivers
