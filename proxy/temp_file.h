// TempFile: where bodies go that are too large for memory. It has no name in the file system, so
// nothing is left behind however the process ends; it owns the descriptor.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "net/result.h"
#include "net/unique_fd.h"

namespace badgate::proxy {

class TempFile {
 public:
  // In `folder`, or in the system's folder for temporary files if that is empty. The Error has the
  // errno; its message is "open".
  static net::Result<TempFile> create(const std::string& folder);

  // Appends all bytes. The Error has the errno; its message is "pwritev".
  net::Result<void> append(std::span<const iovec> pieces);
  net::Result<void> append(std::string_view bytes);

  // How many bytes were read, at most `into.size()`; 0 at the end of the file.
  net::Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) const;

  std::uint64_t size() const { return size_; }

 private:
  explicit TempFile(net::UniqueFd fd) : fd_(std::move(fd)) {}

  net::UniqueFd fd_;
  std::uint64_t size_ = 0;
};

}  // namespace badgate::proxy
