// Memory: a buffer's bytes, not cleared when it is made: clearing would cost more than what is
// written to it for a small response. MemoryPool: what requests have used and the next ones use
// again; blocks of more than a kibibyte are what malloc is slow with.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace badgate::proxy {

class Memory {
 public:
  Memory() = default;
  explicit Memory(std::size_t size)
      : bytes_(std::make_unique_for_overwrite<char[]>(size)), size_(size) {}
  Memory(std::unique_ptr<char[]> bytes, std::size_t size) : bytes_(std::move(bytes)), size_(size) {}

  char* data() { return bytes_.get(); }
  std::size_t size() const { return size_; }
  bool empty() const { return bytes_ == nullptr; }
  std::span<char> from(std::size_t at) { return {data() + at, size_ - at}; }
  std::unique_ptr<char[]> release() { return std::move(bytes_); }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
};

class MemoryPool {
 public:
  Memory take(std::size_t size) {
    if (free_.empty() || free_.back().size() != size) return Memory(size);
    Memory memory = std::move(free_.back());
    free_.pop_back();
    return memory;
  }
  void give_back(Memory memory) {
    if (memory.empty() || memory.size() > kLargest) return;
    if (free_.size() == kMost) free_.erase(free_.begin());
    free_.push_back(std::move(memory));
  }

 private:
  static constexpr std::size_t kMost = 32;
  static constexpr std::size_t kLargest = 64 * 1024;

  std::vector<Memory> free_;
};

// For std::allocate_shared. The pool must outlive what is made.
template <typename T>
class PoolAllocator {
 public:
  using value_type = T;

  explicit PoolAllocator(MemoryPool& pool) : pool_(&pool) {}
  template <typename U>
  explicit PoolAllocator(const PoolAllocator<U>& other) : pool_(other.pool()) {}

  T* allocate(std::size_t count) {
    return reinterpret_cast<T*>(pool_->take(count * sizeof(T)).release().release());
  }
  void deallocate(T* at, std::size_t count) {
    std::unique_ptr<char[]> bytes(reinterpret_cast<char*>(at));
    pool_->give_back(Memory(std::move(bytes), count * sizeof(T)));
  }
  MemoryPool* pool() const { return pool_; }
  bool operator==(const PoolAllocator&) const = default;

 private:
  MemoryPool* pool_;
};

}  // namespace badgate::proxy
