#include "harness/scenario.h"

#include <fmt/core.h>

namespace badgate::harness {

std::string name_of(const Request& request, std::size_t index) {
  return request.name.empty() ? fmt::format("request {}", index + 1) : request.name;
}

}  // namespace badgate::harness
