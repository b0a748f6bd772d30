// LogLines: a file or pipe, line by line, in large reads. Owns the descriptor and one buffer; lines
// are views into it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/result.h"
#include "net/unique_fd.h"

namespace badgate::harness::evidence {

class LogLines {
 public:
  // "-" is the standard input. The Error says which file and why.
  static net::Result<LogLines> open(const std::string& path);

  // The next line, without its line feed; valid until the next call. nullopt: there is none now; a
  // file may have grown when it is asked again. What of a line is over 64 KiB is left out.
  std::optional<std::string_view> next();
  // At the end: what stands there without a line feed.
  std::optional<std::string_view> rest();

  // A file that was replaced by a new one, or made shorter, is read from its beginning.
  void reopen_if_replaced();

  const std::string& path() const { return path_; }
  std::uint64_t bytes_read() const { return bytes_read_; }
  std::optional<std::uint64_t> size() const;  // of a regular file
  int error() const { return error_; }        // errno of a read that failed; 0: none has

 private:
  LogLines(std::string path, net::UniqueFd fd);
  bool fill();

  std::string path_;
  net::UniqueFd fd_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  // of what was read and not yet handed out
  std::size_t end_ = 0;
  std::uint64_t bytes_read_ = 0;
  bool skipping_ = false;  // the rest of a line that is too long
  int error_ = 0;
};

}  // namespace badgate::harness::evidence
