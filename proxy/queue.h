// Queue: first in, first out, in one piece of memory. A std::deque allocates two as soon as it is
// made, which is felt when each request makes some.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace badgate::proxy {

template <typename T>
class Queue {
 public:
  bool empty() const { return first_ == items_.size(); }
  T& front() { return items_[first_]; }
  T& back() { return items_.back(); }
  void push_back(T item) { items_.push_back(std::move(item)); }
  void pop_front() {
    if (++first_ == items_.size()) return clear();
    if (first_ < kMaxUnused) return;
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
  void clear() {
    items_.clear();
    first_ = 0;
  }
  auto begin() const { return items_.begin() + static_cast<std::ptrdiff_t>(first_); }
  auto end() const { return items_.end(); }

 private:
  static constexpr std::size_t kMaxUnused = 1024;  // items taken before their place is used again

  std::vector<T> items_;
  std::size_t first_ = 0;
};

}  // namespace badgate::proxy
