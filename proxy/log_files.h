// LogFiles: a LogSink that writes to files, for `badgate proxy`. It owns the descriptors that it
// opened. Lines are buffered and written whole; errors of severity `error` and above at once.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "net/result.h"
#include "net/unique_fd.h"
#include "proxy/logs.h"

namespace badgate::proxy {

class LogFiles : public LogSink {
 public:
  struct Paths {
    std::string error = "stderr";  // a path, "stderr" or "stdout", "off"
    std::string access = "stdout";
  };

  // The Error names the file and the errno.
  static net::Result<std::unique_ptr<LogFiles>> open(Paths paths);
  ~LogFiles() override;  // flushes

  void error_line(Level level, std::string_view line) override;
  void access_line(std::string_view line) override;

  // Opens the paths again, for log rotation: buffered lines go to the old files. On an Error the
  // old files stay in use.
  net::Result<void> reopen() { return open_files(paths_); }
  // The same for other paths.
  net::Result<void> reopen(const Paths& paths);
  const Paths& paths() const { return paths_; }

  // Writes what is buffered. Call it when the loop has nothing else to do.
  void flush();

  // Lines that could not be written: the disk was full, the reader gone.
  std::uint64_t lost() const { return lost_; }

 private:
  struct File {
    net::UniqueFd owned;  // empty for stderr, stdout and off
    int fd = -1;
    std::string buffer;
  };

  explicit LogFiles(Paths paths) : paths_(std::move(paths)) {}
  net::Result<void> open_files(const Paths& paths);
  static net::Result<File> open_file(const std::string& path);
  void add(File& file, std::string_view line);
  void flush(File& file);

  Paths paths_;
  File error_;
  File access_;
  std::uint64_t lost_ = 0;
};

}  // namespace badgate::proxy
