// Parts of a request's URI as logs have it.
#pragma once

#include <string_view>

namespace badgate::harness::evidence {

// Without the query.
inline std::string_view path_of(std::string_view uri) {
  return uri.substr(0, uri.find('?'));
}

}  // namespace badgate::harness::evidence
