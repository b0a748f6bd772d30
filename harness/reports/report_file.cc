#include "harness/reports/report_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <set>

#include "harness/diagnostics.h"
#include "harness/reports/formats.h"
#include "harness/write_all.h"
#include "net/text.h"
#include "net/unique_fd.h"

namespace badgate::harness::reports {
namespace {

tl::unexpected<net::Error> failed(const std::string& path, int code) {
  return net::fail(fmt::format("cannot write {}: {}", path, std::strerror(code)), code);
}

// Where the file really is; a link that leads nowhere yet is where it leads to.
std::string resolved(const std::string& path) {
  std::error_code ignored;
  const auto real = std::filesystem::weakly_canonical(path, ignored);
  return ignored ? path : real.string();
}

bool is_special(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

// In a container each process may have the id of the one that was killed while it wrote.
net::UniqueFd open_anew(const std::string& name) {
  ::unlink(name.c_str());
  return net::UniqueFd(::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
}

// A file beside the wanted one. It goes away again unless it takes that one's place.
class Beside {
 public:
  explicit Beside(const std::string& path)
      : path_(path),
        name_(fmt::format("{}.{}.part", path, ::getpid())),
        fd_(open_anew(name_)),
        error_(errno) {}
  Beside(const Beside&) = delete;
  Beside& operator=(const Beside&) = delete;
  ~Beside() {
    if (fd_) ::unlink(name_.c_str());
  }

  // 0, or errno.
  int error() const { return fd_ ? 0 : error_; }
  bool write(std::string_view text) const { return write_all(fd_.get(), text); }
  bool take_place() {
    if (::rename(name_.c_str(), path_.c_str()) != 0) return false;
    fd_.close();
    return true;
  }

 private:
  std::string path_;
  std::string name_;
  net::UniqueFd fd_;
  int error_;
};

net::Result<void> write_special(const std::string& path, std::string_view text) {
  const net::UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd || !write_all(fd.get(), text)) return failed(path, errno);
  return {};
}

// What was lost is told once: here, not again at the end of the program.
net::Result<void> write_to_stdout(std::string_view text) {
  const bool whole =
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (whole) return {};
  const int why = errno;
  std::clearerr(stdout);
  return failed("the standard output", why);
}

// In what words it is said matters: this is what one reads in the log of a pipeline.
net::Result<void> folder_is_there(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path();
  std::error_code ignored;
  if (folder.empty() || std::filesystem::is_directory(folder, ignored)) return {};
  const bool exists = std::filesystem::exists(folder, ignored);
  return net::fail(fmt::format("cannot write {}: {}", path,
                               exists ? fmt::format("{} is no folder", folder.string())
                                      : fmt::format("there is no folder {}", folder.string())));
}

// The same file under two names is the same.
net::Result<void> once_each(const std::vector<Target>& targets) {
  std::set<std::string> seen;
  for (const Target& target : targets) {
    const auto name = target.file.empty() ? std::string() : resolved(target.file);
    if (seen.insert(name).second) continue;
    if (name.empty())
      return net::fail(
          "only one report can go to standard output; give the others a file, FORMAT:FILE");
    if (!is_special(name))
      return net::fail(fmt::format("two reports would be written to {}", target.file));
  }
  return {};
}

}  // namespace

net::Result<Target> parse_target(std::string_view text) {
  const auto colon = text.find(':');
  Target target{std::string(text.substr(0, colon)), {}};
  if (find_format(target.format) == nullptr) {
    const auto names = format_names();
    const std::vector<std::string_view> views(names.begin(), names.end());
    const auto near = net::nearest(target.format, views);
    return net::fail(fmt::format("there is no report format {}; there are {}{}",
                                 in_quotes(target.format), net::join(names, ", "),
                                 near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near)));
  }
  if (colon == text.npos) return target;
  target.file = text.substr(colon + 1);
  if (target.file.empty())
    return net::fail(fmt::format("{} names no file behind the colon", in_quotes(text)));
  if (target.file == "-") target.file.clear();
  return target;
}

net::Result<std::vector<Target>> prepare(const std::vector<std::string>& texts) {
  std::vector<Target> targets;
  for (const auto& text : texts) {
    auto target = parse_target(text);
    if (!target) return net::fail(target.error().message);
    if (!target->file.empty()) {
      if (auto ok = can_write(target->file); !ok) return net::fail(ok.error().message);
    }
    targets.push_back(std::move(*target));
  }
  if (auto ok = once_each(targets); !ok) return net::fail(ok.error().message);
  return targets;
}

bool writes_to_stdout(const std::vector<Target>& targets) {
  for (const Target& target : targets) {
    if (target.file.empty()) return true;
  }
  return false;
}

net::Result<void> write(const std::vector<Target>& targets, const RunReport& report) {
  std::string failures;
  for (const Target& target : targets) {
    const std::string text = find_format(target.format)->write(report);
    const auto ok = target.file.empty() ? write_to_stdout(text) : write_whole(target.file, text);
    if (!ok) failures += (failures.empty() ? "" : "; ") + ok.error().message;
  }
  if (!failures.empty()) return net::fail(failures);
  return {};
}

net::Result<void> write_whole(const std::string& path, std::string_view text) {
  if (is_special(path)) return write_special(path, text);
  Beside file(resolved(path));
  if (file.error() != 0) return failed(path, file.error());
  if (!file.write(text) || !file.take_place()) return failed(path, errno);
  return {};
}

net::Result<void> can_write(const std::string& path) {
  std::error_code ignored;
  if (auto ok = folder_is_there(path); !ok) return ok;
  if (std::filesystem::is_directory(path, ignored))
    return net::fail(fmt::format("cannot write {}: it is a folder", path));
  if (is_special(path)) {
    if (::access(path.c_str(), W_OK) != 0) return failed(path, errno);
    return {};
  }
  const Beside file(resolved(path));
  if (file.error() != 0) return failed(path, file.error());
  return {};
}

}  // namespace badgate::harness::reports
