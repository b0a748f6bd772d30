// TempFolder: a folder of this run's own, removed with all that is in it.
#pragma once

#include <string>

#include "net/result.h"

namespace badgate::harness {

class TempFolder {
 public:
  // Below $TMPDIR, or /tmp, readable by this user alone.
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
