#include "harness/evidence/log_lines.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace badgate::harness::evidence {
namespace {

constexpr std::size_t kBuffer = std::size_t{1} << 20;
constexpr std::size_t kLongestLine = 64 * 1024;

net::UniqueFd open_for_reading(const std::string& path) {
  return net::UniqueFd(path == "-" ? ::dup(STDIN_FILENO)
                                   : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

}  // namespace

LogLines::LogLines(std::string path, net::UniqueFd fd)
    : path_(std::move(path)), fd_(std::move(fd)), buffer_(kBuffer) {}

net::Result<LogLines> LogLines::open(const std::string& path) {
  net::UniqueFd fd = open_for_reading(path);
  const auto fails = [&](int why) {
    return net::fail(fmt::format("cannot read {}: {}", path, std::strerror(why)), why);
  };
  if (fd.get() < 0) return fails(errno);
  struct stat what {};
  if (::fstat(fd.get(), &what) == 0 && S_ISDIR(what.st_mode)) return fails(EISDIR);
  ::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  return LogLines(path, std::move(fd));
}

// False: there is nothing more now.
bool LogLines::fill() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  ssize_t n = 0;
  do {
    n = ::read(fd_.get(), buffer_.data() + end_, buffer_.size() - end_);
  } while (n < 0 && errno == EINTR);
  if (n < 0) error_ = errno;
  if (n <= 0) return false;
  end_ += static_cast<std::size_t>(n);
  bytes_read_ += static_cast<std::uint64_t>(n);
  return true;
}

std::optional<std::string_view> LogLines::next() {
  std::size_t searched = 0;
  while (true) {
    const char* from = buffer_.data() + begin_;
    const std::size_t size = end_ - begin_;
    const auto* feed =
        static_cast<const char*>(std::memchr(from + searched, '\n', size - searched));
    if (feed != nullptr) {
      const auto length = static_cast<std::size_t>(feed - from);
      begin_ += length + 1;
      if (skipping_) {
        skipping_ = false;
        searched = 0;
        continue;
      }
      return std::string_view(from, std::min(length, kLongestLine));
    }
    if (size >= kLongestLine) {
      const bool was_skipping = skipping_;
      skipping_ = true;
      begin_ = end_;
      searched = 0;
      if (!was_skipping) return std::string_view(from, kLongestLine);
      continue;
    }
    searched = size;
    if (!fill()) return std::nullopt;
  }
}

std::optional<std::string_view> LogLines::rest() {
  const std::string_view text(buffer_.data() + begin_, end_ - begin_);
  begin_ = end_;
  if (text.empty() || skipping_) return std::nullopt;
  return text.substr(0, kLongestLine);
}

void LogLines::reopen_if_replaced() {
  struct stat now {};
  struct stat open_one {};
  if (path_ == "-" || ::stat(path_.c_str(), &now) != 0 || ::fstat(fd_.get(), &open_one) != 0)
    return;
  const bool replaced = now.st_ino != open_one.st_ino || now.st_dev != open_one.st_dev;
  const bool shorter = static_cast<std::uint64_t>(open_one.st_size) < bytes_read_;
  if (!replaced && !shorter) return;
  net::UniqueFd fd = open_for_reading(path_);
  if (fd.get() < 0) return;
  fd_ = std::move(fd);
  begin_ = end_ = 0;
  bytes_read_ = 0;
  skipping_ = false;
}

std::optional<std::uint64_t> LogLines::size() const {
  struct stat what {};
  if (::fstat(fd_.get(), &what) != 0 || !S_ISREG(what.st_mode)) return std::nullopt;
  return static_cast<std::uint64_t>(what.st_size);
}

}  // namespace badgate::harness::evidence
