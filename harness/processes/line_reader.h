// LineReader: hands over what comes through a pipe line by line. It borrows the descriptor.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/loop.h"

namespace badgate::harness::processes {

class LineReader {
 public:
  using OnLine = std::function<void(std::string_view line)>;  // without the line feed

  // `fd` must be non-blocking and outlive it.
  LineReader(int fd, OnLine on_line) : fd_(fd), on_line_(std::move(on_line)) {}

  // From now on lines come whenever the loop runs.
  void watch(net::Loop& loop);
  // Takes what is there without waiting, but not for ever from a program that writes without end.
  // False: the other end is closed; what had no line feed counts as a line, too.
  bool drain();

 private:
  void take(std::string_view bytes);

  int fd_;
  OnLine on_line_;
  std::string begun_;  // of a line whose end has not come
  std::unique_ptr<net::Watch> watch_;
};

}  // namespace badgate::harness::processes
