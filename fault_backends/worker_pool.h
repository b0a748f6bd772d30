// WorkerPool: so many requests are worked on at a time, the others wait in a queue, first come
// first served; and what they take of the memory.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>

#include "fault_backends/fault.h"

namespace badgate::fault_backends {

class WorkerPool {
 public:
  enum class Entry {
    granted,
    queued,         // `on_turn` will be called, once
    full,           // neither a worker nor a place in the queue
    out_of_memory,  // this request was the one too many: the process is killed
  };

  // A place in the pool, working or waiting; destroying it gives it back, and the next one's
  // `on_turn` is called. Must not outlive the pool.
  class Slot {
   public:
    Slot() = default;
    Slot(Slot&& other) noexcept;
    Slot& operator=(Slot&& other) noexcept;
    ~Slot() { leave(); }
    void leave();

   private:
    friend class WorkerPool;
    Slot(WorkerPool& pool, std::uint64_t ticket) : pool_(&pool), ticket_(ticket) {}
    WorkerPool* pool_ = nullptr;
    std::uint64_t ticket_ = 0;
  };

  explicit WorkerPool(Workers workers) : workers_(workers) {}

  Entry enter(Slot& slot, std::function<void()> on_turn);

  const Workers& workers() const { return workers_; }
  std::size_t busy() const { return busy_; }
  std::size_t waiting() const { return queue_.size(); }

 private:
  struct Waiting {
    std::uint64_t ticket;
    std::function<void()> on_turn;
  };
  void leave(std::uint64_t ticket);

  Workers workers_;
  std::uint64_t tickets_ = 0;
  std::size_t busy_ = 0;
  std::deque<Waiting> queue_;
};

}  // namespace badgate::fault_backends
