// What most files include of the standard library and of fmt, for builds with -Db_pch=true. Nothing
// of our own, and nothing may count on it: ci/test-release builds without.
#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>
