// TempFolder: a folder of this run's own, removed with all that is in it.
#pragma once

#include <string>

#include "net/result.h"

namespace badgate::harness {

class TempFolder {
 public:
  // Below $TMPDIR, or /tmp. Only this user sees what is in it; who knows a file's name gets to it,
  // as a proxy with ordinary rights has to.
  static net::Result<TempFolder> make();

  TempFolder(TempFolder&& other) noexcept;
  TempFolder& operator=(TempFolder&& other) noexcept;
  ~TempFolder();

  const std::string& path() const { return path_; }

 private:
  explicit TempFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace badgate::harness
