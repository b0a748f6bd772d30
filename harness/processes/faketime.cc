#include "harness/processes/faketime.h"

#include <fmt/core.h>

#include <filesystem>
#include <string_view>

namespace badgate::harness::processes {

std::string faketime_library() {
  constexpr std::string_view kName = "faketime/libfaketime.so.1";
  std::error_code ignored;
  for (const char* folder : {"/usr/lib", "/usr/lib64", "/usr/local/lib"}) {
    if (auto path = std::filesystem::path(folder) / kName; std::filesystem::exists(path, ignored))
      return path;
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
      if (auto path = entry.path() / kName; std::filesystem::exists(path, ignored)) return path;
    }
  }
  return {};
}

std::vector<std::string> faster(double time_scale) {
  if (time_scale == 1) return {};
  return {"LD_PRELOAD=" + faketime_library(), fmt::format("FAKETIME=+0 x{}", time_scale)};
}

std::vector<std::string> left_by_faketime() {
  return {"/dev/shm/faketime_shm_", "/dev/shm/sem.faketime_sem_"};
}

}  // namespace badgate::harness::processes
