#include "harness/processes/line_reader.h"

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace badgate::harness::processes {
namespace {

// A line that is longer is handed over in pieces.
constexpr std::size_t kMaxLine = 64UL * 1024;
// What a pipe holds (64 KiB), and some more.
constexpr std::size_t kMaxDrained = 128UL * 1024;

}  // namespace

void LineReader::watch(net::Loop& loop) {
  watch_ = loop.watch(fd_, {.read = true}, [this](net::Ready) {
    if (!drain()) watch_->set({});
  });
}

bool LineReader::drain() {
  char buffer[16 * 1024];
  for (std::size_t drained = 0; drained < kMaxDrained;) {
    const ssize_t n = ::read(fd_, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno == EAGAIN;
    if (n == 0) {
      if (!begun_.empty()) on_line_(std::exchange(begun_, {}));
      return false;
    }
    take({buffer, static_cast<std::size_t>(n)});
    drained += static_cast<std::size_t>(n);
  }
  return true;
}

void LineReader::take(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    begun_ += bytes.substr(0, end);
    bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
    if (end == std::string_view::npos && begun_.size() < kMaxLine) return;
    const std::string line = std::exchange(begun_, {});
    on_line_(line);
  }
}

}  // namespace badgate::harness::processes
