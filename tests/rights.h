// For tests that need more than every machine allows. A test that cannot run here is skipped in
// doctest's own count, and the reason is printed once for each file:
//
//   const bool no_namespace = missing("a network namespace", NetworkNamespace::available());
//   TEST_CASE("…" * doctest::skip(no_namespace)) { … }
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <functional>
#include <string>

#include "net/result.h"

namespace badgate::tests {

inline bool missing(const char* what, const net::Result<void>& available) {
  if (available) return false;
  std::fprintf(stderr, "SKIPPED: tests that need %s: %s\n", what,
               available.error().message.c_str());
  return true;
}

// Runs `story` in a forked child and returns what it returns (at most 64 KiB): a text to compare.
// For what concerns a whole process. "child died" if it did not come to an end.
inline std::string in_child(const std::function<std::string()>& story) {
  int ends[2];
  if (::pipe(ends) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    std::string text;
    try {
      text = story() + "\n";
    } catch (const std::exception& e) {
      text = std::string("exception: ") + e.what() + "\n";
    }
    const bool told = ::write(ends[1], text.data(), text.size()) >= 0;
    ::_exit(told ? 0 : 1);
  }
  ::close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t n = 0; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(n));
  }
  ::close(ends[0]);
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (text.empty()) return "child died";
  text.pop_back();
  return text;
}

}  // namespace badgate::tests
