#include "harness/load/scenario_paths.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "net/unique_fd.h"

namespace badgate::harness {
namespace {

namespace fs = std::filesystem;

Diagnostic about_file(const std::string& path, std::string message, std::string expected = {}) {
  return {{path, 0, 0}, 1, std::move(message), std::move(expected), "", ""};
}

std::string_view kind_of(const struct stat& info) {
  if (S_ISDIR(info.st_mode)) return "a folder";
  if (S_ISFIFO(info.st_mode)) return "a named pipe";
  if (S_ISSOCK(info.st_mode)) return "a socket";
  return "a device";
}

// Collects the files below folders.
class Finder {
 public:
  explicit Finder(std::vector<Diagnostic>& diagnostics) : diagnostics_(diagnostics) {}

  void add(const std::string& path) {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0) {
      diagnostics_.push_back(about_file(path, reason(path, errno)));
    } else if (S_ISDIR(info.st_mode)) {
      const std::size_t before = files_.size();
      const std::size_t mistakes = diagnostics_.size();
      add_folder(path, info);
      if (files_.size() == before && diagnostics_.size() == mistakes && !seen_again_)
        diagnostics_.push_back(
            about_file(path, "there is no scenario in this folder", "files named *.toml"));
    } else {
      add_file(path, info);
    }
  }

  std::vector<std::string> take() { return std::move(files_); }

 private:
  using Identity = std::pair<dev_t, ino_t>;

  static std::string reason(const std::string& path, int code) {
    struct stat info {};
    if (code == ENOENT && lstat(path.c_str(), &info) == 0)
      return "this link points to nothing that exists";
    if (code == ENOENT) return "there is no such file or folder";
    if (code == ELOOP) return "this link leads back to itself";
    if (code == EACCES) return "no permission to read this";
    return fmt::format("cannot be read: {}", std::strerror(code));
  }

  void add_folder(const std::string& path, const struct stat& info) {
    if (!folders_.emplace(info.st_dev, info.st_ino).second) {
      seen_again_ = true;
      return;
    }
    std::error_code error;
    std::vector<std::string> entries;
    for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error))
      entries.push_back((fs::path(path) / it->path().filename()).string());
    if (error) diagnostics_.push_back(about_file(path, reason(path, error.value())));
    std::sort(entries.begin(), entries.end());
    for (const std::string& entry : entries)
      add_entry(entry);
  }

  void add_entry(const std::string& path) {
    const bool scenario = path.ends_with(".toml");
    struct stat info {};
    if (stat(path.c_str(), &info) != 0) {
      if (scenario) diagnostics_.push_back(about_file(path, reason(path, errno)));
    } else if (S_ISDIR(info.st_mode)) {
      add_folder(path, info);
    } else if (scenario) {
      add_file(path, info);
    }
  }

  void add_file(const std::string& path, const struct stat& info) {
    if (!seen_.emplace(info.st_dev, info.st_ino).second) {
      seen_again_ = true;
      return;
    }
    if (files_.size() < max_files) {
      files_.push_back(path);
    } else if (!std::exchange(full_, true)) {
      diagnostics_.push_back(
          about_file(path, fmt::format("this and what follows is too much: {} files", max_files)));
    }
  }

  std::vector<Diagnostic>& diagnostics_;
  std::vector<std::string> files_;
  std::set<Identity> seen_;
  std::set<Identity> folders_;
  bool seen_again_ = false;
  bool full_ = false;
};

// O_NONBLOCK: opening a named pipe would wait for somebody who writes to it.
net::Result<net::UniqueFd> open_regular(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode))
    return net::fail(fmt::format("this is {}, not a scenario file", kind_of(info)));
  net::UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) {
    const int code = errno;
    if (code == EACCES) return net::fail("no permission to read this", code);
    return net::fail(fmt::format("cannot be opened: {}", std::strerror(code)), code);
  }
  if (fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode))
    return net::fail("this is not a regular file");
  if (static_cast<std::size_t>(info.st_size) > max_file_bytes)
    return net::fail(fmt::format("this file has {} bytes; a scenario has at most {} (1 MiB)",
                                 info.st_size, max_file_bytes));
  return fd;
}

}  // namespace

std::vector<std::string> find_scenario_files(std::span<const std::string> paths,
                                             std::vector<Diagnostic>& diagnostics) {
  Finder finder(diagnostics);
  for (const std::string& path : paths)
    finder.add(path);
  return finder.take();
}

net::Result<std::string> read_file(const std::string& path) {
  const auto fd = open_regular(path);
  if (!fd) return tl::unexpected(fd.error());
  std::string text(max_file_bytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t n = read(fd->get(), text.data() + size, text.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return net::fail(fmt::format("cannot be read: {}", std::strerror(errno)), errno);
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
  }
  if (size > max_file_bytes)
    return net::fail(fmt::format("this file has more than {} bytes (1 MiB)", max_file_bytes));
  text.resize(size);
  text.shrink_to_fit();  // whoever keeps many keeps no more than they hold
  return text;
}

std::string scenario_name(const std::string& path) {
  std::error_code error;
  const fs::path whole = fs::absolute(path, error).lexically_normal().replace_extension();
  fs::path below;
  bool found = false;
  for (const fs::path& part : whole) {
    if (found) below /= part;
    if (part == "scenarios") {
      found = true;
      below.clear();
    }
  }
  if (!below.empty()) return below.string();
  return (whole.parent_path().filename() / whole.filename()).string();
}

}  // namespace badgate::harness
