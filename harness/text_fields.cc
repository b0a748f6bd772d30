#include "harness/text_fields.h"

#include <algorithm>
#include <cmath>

namespace badgate::harness {

std::string_view next_field(std::string_view& text) {
  const auto field = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(field.size() + 1, text.size()));
  return field;
}

std::string_view field(std::string_view text, std::size_t number) {
  for (; number > 0; --number)
    next_field(text);
  return next_field(text);
}

net::Duration seconds_in(std::string_view text) {
  const auto nanoseconds = number_in<double>(text) * 1e9;
  return std::isfinite(nanoseconds) && std::abs(nanoseconds) < 1e18
             ? net::Duration(std::llround(nanoseconds))
             : net::Duration{};
}

}  // namespace badgate::harness
