#include "harness/lab/packed.h"

#include <fmt/core.h>

#include "harness/text_fields.h"

namespace badgate::harness::lab {

std::string packed(const HttpAnswer& answer) {
  return fmt::format("{} {}", answer.status, answer.body);
}

HttpAnswer unpacked(std::string_view text) {
  const int status = number_in<int>(next_field(text));
  if (status == 0) return refused(500, "the process that played it had no answer");
  return {status, "application/json", std::string(text)};
}

}  // namespace badgate::harness::lab
