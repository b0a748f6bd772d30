// How php-fpm writes times in its log; FpmPool's own.
#pragma once

#include <fmt/core.h>

#include <chrono>
#include <string>

#include "net/time.h"

namespace badgate::fault_backends {

// "3.200000"
inline std::string seconds_text(net::Duration time) {
  const auto micro = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  return fmt::format("{}.{:06}", micro / 1'000'000, micro % 1'000'000);
}

}  // namespace badgate::fault_backends
