#include "harness/reports/read_report.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "harness/reports/json.h"
#include "net/unique_fd.h"

namespace badgate::harness::reports {
namespace {

// The whole catalogue has some ten megabytes.
constexpr std::size_t kMostBytes = std::size_t{512} << 20;
constexpr std::size_t kPiece = std::size_t{1} << 16;

net::Result<std::string> all_of(int fd) {
  std::string text;
  std::string piece(kPiece, '\0');
  while (true) {
    const ssize_t n = ::read(fd, piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return net::fail(std::strerror(errno), errno);
    if (n == 0) return text;
    text.append(piece, 0, static_cast<std::size_t>(n));
    if (text.size() > kMostBytes) return net::fail("it is too large for a report");
  }
}

net::Result<std::string> text_of(const std::string& path) {
  if (path == "-") return all_of(STDIN_FILENO);
  const net::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return net::fail(std::strerror(errno), errno);
  return all_of(fd.get());
}

}  // namespace

net::Result<RunReport> read_report(const std::string& path) {
  const auto text = text_of(path);
  if (!text) return net::fail(fmt::format("{}: {}", path, text.error().message));
  auto report = report_from_json(*text);
  if (!report) return net::fail(fmt::format("{}: {}", path, report.error().message));
  return report;
}

}  // namespace badgate::harness::reports
