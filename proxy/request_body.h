// RequestBody: a request's body that was read before it is passed on: in memory, or in a temporary
// file once it is too large for that. It owns both.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/result.h"
#include "proxy/temp_file.h"

namespace badgate::proxy {

class RequestBody {
 public:
  // For a new body: how many bytes stay in memory, and the folder for the others.
  void begin(std::size_t memory_limit, const std::string& folder);

  // Errors are those of TempFile.
  net::Result<void> append(std::string_view bytes);
  // No more will come. A body that is in a file is then completely in it.
  net::Result<void> finish();

  std::uint64_t size() const { return size_; }
  const std::string& memory() const { return memory_; }
  const TempFile* file() const { return file_ ? &*file_ : nullptr; }

 private:
  net::Result<void> spill();

  std::string memory_;
  std::optional<TempFile> file_;
  std::string folder_;
  std::size_t limit_ = 0;
  std::uint64_t size_ = 0;
};

}  // namespace badgate::proxy
