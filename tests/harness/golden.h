// Golden files: texts under tests/golden that a test's output must equal, byte for byte.
// BADGATE_UPDATE_GOLDEN=1 in the environment writes them anew: then read the diff.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace badgate::tests {

inline std::filesystem::path source_root() { return BADGATE_SOURCE; }

inline std::string file_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline bool update_golden() {
  const char* value = std::getenv("BADGATE_UPDATE_GOLDEN");
  return value != nullptr && std::string_view(value) == "1";
}

// What the file holds; in update mode `actual`, after writing it.
inline std::string golden(const std::filesystem::path& path, const std::string& actual) {
  if (update_golden()) std::ofstream(path, std::ios::binary) << actual;
  return file_text(path);
}

}  // namespace badgate::tests
