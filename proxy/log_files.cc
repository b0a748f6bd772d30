#include "proxy/log_files.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace badgate::proxy {
namespace {

constexpr std::size_t kBuffer = 64 * 1024;
constexpr mode_t kMode = 0644;

// Writes all of it; false: the system would not take it.
bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace

net::Result<LogFiles::File> LogFiles::open_file(const std::string& path) {
  File file;
  if (path == "off") return file;
  if (path == "stdout" || path == "stderr") {
    file.fd = path == "stdout" ? STDOUT_FILENO : STDERR_FILENO;
    return file;
  }
  // Not blocking, or a named pipe without a reader would hold everything up.
  file.owned = net::UniqueFd(::open(
      path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, kMode));
  if (!file.owned) {
    const int code = errno;
    return net::fail(
        fmt::format("open() \"{}\" failed ({}: {})", path, code, strerrordesc_np(code)), code);
  }
  file.fd = file.owned.get();
  return file;
}

net::Result<std::unique_ptr<LogFiles>> LogFiles::open(Paths paths) {
  std::unique_ptr<LogFiles> files(new LogFiles(std::move(paths)));
  if (auto opened = files->reopen(); !opened) return tl::unexpected(opened.error());
  return files;
}

LogFiles::~LogFiles() {
  flush();
}

net::Result<void> LogFiles::reopen(const Paths& paths) {
  if (auto ok = open_files(paths); !ok) return ok;
  paths_ = paths;
  return {};
}

net::Result<void> LogFiles::open_files(const Paths& paths) {
  auto error = open_file(paths.error);
  if (!error) return tl::unexpected(error.error());
  auto access = open_file(paths.access);
  if (!access) return tl::unexpected(access.error());
  flush();
  error_ = std::move(*error);
  access_ = std::move(*access);
  return {};
}

void LogFiles::error_line(Level level, std::string_view line) {
  add(error_, line);
  if (level <= Level::error) flush(error_);
}

void LogFiles::access_line(std::string_view line) {
  add(access_, line);
}

void LogFiles::add(File& file, std::string_view line) {
  if (file.fd < 0) return;
  if (file.buffer.size() + line.size() + 1 > kBuffer) flush(file);
  file.buffer.append(line).push_back('\n');
  if (file.buffer.size() > kBuffer) flush(file);
}

void LogFiles::flush() {
  flush(error_);
  flush(access_);
}

void LogFiles::flush(File& file) {
  if (file.buffer.empty()) return;
  const std::string text = std::exchange(file.buffer, {});
  if (!write_all(file.fd, text))
    lost_ += static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace badgate::proxy
