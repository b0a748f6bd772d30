// The lab's page, which is inside the program: files of harness/lab/page/ and harness/web/.
#pragma once

#include <optional>
#include <string_view>

#include "harness/lab/http.h"

namespace badgate::harness::lab {

// By its path, "/" or "/assets/lab.js"; nothing if there is none.
std::optional<HttpAnswer> asset(std::string_view path);

}  // namespace badgate::harness::lab
