// Lessons as JSON, for the page.
#pragma once

#include <nlohmann/json.hpp>

#include "harness/lab/lesson.h"

namespace badgate::harness::lab {

// For the list of all.
nlohmann::json summary_of(const Lesson& lesson);
nlohmann::json to_json(const Lesson& lesson);
nlohmann::json to_json(const std::vector<SampleRequest>& requests);

}  // namespace badgate::harness::lab
