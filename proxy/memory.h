// Memory: a buffer's bytes, not cleared when it is made: clearing would cost more than what is
// written to it for a small response.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace badgate::proxy {

class Memory {
 public:
  Memory() = default;
  explicit Memory(std::size_t size)
      : bytes_(std::make_unique_for_overwrite<char[]>(size)), size_(size) {}

  char* data() { return bytes_.get(); }
  std::size_t size() const { return size_; }
  bool empty() const { return bytes_ == nullptr; }
  std::span<char> from(std::size_t at) { return {data() + at, size_ - at}; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
};

}  // namespace badgate::proxy
