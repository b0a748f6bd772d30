#include "harness/config_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "net/retry_interrupted.h"
#include "net/unique_fd.h"

namespace badgate::harness {
namespace {

tl::unexpected<net::Error> failed(std::string_view what, const std::string& path, int code) {
  return net::fail(fmt::format("{} \"{}\" failed ({}: {})", what, path, code, std::strerror(code)),
                   code);
}

net::Result<std::string> read_all(int fd, const std::string& path, std::size_t limit) {
  std::string text;
  std::array<char, 65536> buffer{};
  while (true) {
    const ssize_t n =
        net::retry_interrupted([&] { return ::read(fd, buffer.data(), buffer.size()); });
    if (n < 0) return failed("read()", path, errno);
    if (n == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(n));
    if (text.size() > limit)
      return net::fail(fmt::format("\"{}\" is larger than {} MB", path, limit >> 20));
  }
}

}  // namespace

net::Result<std::string> read_config_file(const std::string& path, NamedBy by, std::size_t limit) {
  const bool person = by == NamedBy::person;
  if (person && path == "-") return read_all(STDIN_FILENO, path, limit);
  const int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | (person ? 0 : O_NONBLOCK);
  const net::UniqueFd fd(::open(path.c_str(), flags));
  if (fd.get() < 0) return failed("open()", path, errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return failed("fstat()", path, errno);
  if (S_ISDIR(info.st_mode)) return failed("read()", path, EISDIR);
  if (!person && !S_ISREG(info.st_mode)) return net::fail(fmt::format("\"{}\" is no file", path));
  return read_all(fd.get(), path, limit);
}

}  // namespace badgate::harness
