#include "harness/temp_folder.h"

#include <fmt/core.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace badgate::harness {

net::Result<TempFolder> TempFolder::make() {
  const char* base = std::getenv("TMPDIR");
  std::string path = fmt::format("{}/badgate-XXXXXX", base != nullptr ? base : "/tmp");
  if (::mkdtemp(path.data()) == nullptr) {
    return net::fail(
        fmt::format("cannot make a temporary folder {}: {}", path, std::strerror(errno)), errno);
  }
  TempFolder folder(std::move(path));
  if (::chmod(folder.path().c_str(), 0711) != 0) {
    return net::fail(fmt::format("chmod {}: {}", folder.path(), std::strerror(errno)), errno);
  }
  return folder;
}

TempFolder::TempFolder(TempFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}

TempFolder& TempFolder::operator=(TempFolder&& other) noexcept {
  std::swap(path_, other.path_);
  return *this;
}

TempFolder::~TempFolder() {
  std::error_code ignored;  // nothing better can be done about a folder that stays
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace badgate::harness
