#include "proxy/temp_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "net/retry_interrupted.h"

namespace badgate::proxy {
namespace {

std::string system_folder() {
  std::error_code ignored;
  auto folder = std::filesystem::temp_directory_path(ignored).string();
  return folder.empty() ? "/tmp" : folder;
}

// For file systems that know no O_TMPFILE.
net::UniqueFd open_and_unlink(const std::string& folder) {
  std::string path = folder + "/badgate-XXXXXX";
  net::UniqueFd fd(::mkostemp(path.data(), O_CLOEXEC));
  if (fd) ::unlink(path.c_str());
  return fd;
}

}  // namespace

net::Result<TempFile> TempFile::create(const std::string& folder) {
  const std::string where = folder.empty() ? system_folder() : folder;
  net::UniqueFd fd(::open(where.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!fd && (errno == EOPNOTSUPP || errno == EISDIR)) fd = open_and_unlink(where);
  if (!fd) return net::fail("open", errno);
  return TempFile(std::move(fd));
}

net::Result<void> TempFile::append(std::span<const iovec> pieces) {
  std::vector<iovec> left(pieces.begin(), pieces.end());
  std::size_t first = 0;
  while (first < left.size()) {
    const auto n = ::pwritev(fd_.get(), left.data() + first,
                             static_cast<int>(std::min<std::size_t>(left.size() - first, 64)),
                             static_cast<off_t>(size_));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return net::fail("pwritev", errno);
    size_ += static_cast<std::uint64_t>(n);
    auto written = static_cast<std::size_t>(n);
    while (first < left.size() && written >= left[first].iov_len)
      written -= left[first++].iov_len;
    if (first < left.size()) {
      left[first].iov_base = static_cast<char*>(left[first].iov_base) + written;
      left[first].iov_len -= written;
    }
  }
  return {};
}

net::Result<void> TempFile::append(std::string_view bytes) {
  const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};  // pwritev only reads it
  return append(std::span(&piece, 1));
}

net::Result<std::size_t> TempFile::read_at(std::uint64_t offset, std::span<char> into) const {
  const auto n = net::retry_interrupted(
      [&] { return ::pread(fd_.get(), into.data(), into.size(), static_cast<off_t>(offset)); });
  if (n < 0) return net::fail("pread", errno);
  return static_cast<std::size_t>(n);
}

}  // namespace badgate::proxy
