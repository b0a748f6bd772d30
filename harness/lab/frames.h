// Frames: texts through a stream, each with its length in front.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace badgate::harness::lab {

std::string framed(std::string_view text);

class Frames {
 public:
  explicit Frames(std::size_t longest) : longest_(longest) {}

  void feed(std::string_view bytes) { buffer_ += bytes; }
  // The next whole one.
  std::optional<std::string> next();
  // Somebody announces more than the longest: there is nothing to wait for.
  bool broken() const { return broken_; }

 private:
  std::size_t longest_;
  std::string buffer_;
  bool broken_ = false;
};

}  // namespace badgate::harness::lab
