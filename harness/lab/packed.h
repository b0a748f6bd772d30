// An answer as text, for the way from a child to its parent: "200 {…}".
#pragma once

#include <string>
#include <string_view>

#include "harness/lab/http.h"

namespace badgate::harness::lab {

std::string packed(const HttpAnswer& answer);
// A 500 if it is none.
HttpAnswer unpacked(std::string_view text);

}  // namespace badgate::harness::lab
