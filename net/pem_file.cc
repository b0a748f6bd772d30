#include "net/pem_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <openssl/bio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "net/retry_interrupted.h"
#include "net/unique_fd.h"

namespace badgate::net {
namespace {

constexpr off_t kLargest = 1 << 20;

tl::unexpected<Error> failed(const std::string& path, int code) {
  return fail(fmt::format("{}: {}", path, std::strerror(code)), code);
}

Result<void> check(const struct stat& info, const std::string& path) {
  if (S_ISDIR(info.st_mode)) return failed(path, EISDIR);
  if (!S_ISREG(info.st_mode)) return fail(path + ": it is no ordinary file");
  if (info.st_size > kLargest) return failed(path, EFBIG);
  return {};
}

}  // namespace

Result<BioOwner> read_pem_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (!fd) return failed(path, errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return failed(path, errno);
  if (auto ok = check(info, path); !ok) return tl::unexpected(ok.error());
  BioOwner bio(BIO_new(BIO_s_mem()));
  std::array<char, 16384> buffer{};
  for (off_t total = 0; total <= kLargest;) {
    const ssize_t size =
        retry_interrupted([&] { return ::read(fd.get(), buffer.data(), buffer.size()); });
    if (size < 0) return failed(path, errno);
    if (size == 0) return bio;
    BIO_write(bio.get(), buffer.data(), static_cast<int>(size));
    total += size;
  }
  return failed(path, EFBIG);  // it grows, or is one of /proc
}

Result<void> check_pem_file(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return {};
  return check(info, path);
}

}  // namespace badgate::net
