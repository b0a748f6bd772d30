// What the routes below /api/incidents ask for, read from JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/lab/score.h"
#include "net/result.h"

namespace badgate::harness::lab {

// A seed as it stands in a path or a query: a whole number that JavaScript can count to.
net::Result<std::uint64_t> read_seed(std::string_view text);

// The ids of the requests that are sent, in order.
net::Result<std::vector<std::string>> read_sends(std::string_view body);
// Which hint, from 1.
net::Result<unsigned> read_hint(std::string_view body);
net::Result<Answer> read_answer(std::string_view body);

}  // namespace badgate::harness::lab
