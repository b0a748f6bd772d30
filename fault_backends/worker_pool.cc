#include "fault_backends/worker_pool.h"

#include <algorithm>
#include <utility>

namespace badgate::fault_backends {

WorkerPool::Slot::Slot(Slot&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)), ticket_(other.ticket_) {}

WorkerPool::Slot& WorkerPool::Slot::operator=(Slot&& other) noexcept {
  if (this != &other) {
    leave();
    pool_ = std::exchange(other.pool_, nullptr);
    ticket_ = other.ticket_;
  }
  return *this;
}

void WorkerPool::Slot::leave() {
  if (pool_ != nullptr) std::exchange(pool_, nullptr)->leave(ticket_);
}

WorkerPool::Entry WorkerPool::enter(Slot& slot, std::function<void()> on_turn) {
  const auto inside = busy_ + queue_.size();
  if (workers_.memory_limit > 0 &&
      (inside + 1) * workers_.memory_per_request > workers_.memory_limit) {
    return Entry::out_of_memory;
  }
  if (workers_.count == 0 || busy_ < workers_.count) {
    ++busy_;
    slot = Slot(*this, ++tickets_);
    return Entry::granted;
  }
  if (workers_.queue && queue_.size() >= *workers_.queue) return Entry::full;
  slot = Slot(*this, ++tickets_);
  queue_.push_back({tickets_, std::move(on_turn)});
  return Entry::queued;
}

void WorkerPool::leave(std::uint64_t ticket) {
  const auto waiting = std::find_if(queue_.begin(), queue_.end(),
                                    [&](const Waiting& w) { return w.ticket == ticket; });
  if (waiting != queue_.end()) {
    queue_.erase(waiting);
    return;
  }
  if (queue_.empty()) {
    --busy_;
    return;
  }
  const auto on_turn = std::move(queue_.front().on_turn);
  queue_.pop_front();  // its worker is the one that became free
  on_turn();
}

}  // namespace badgate::fault_backends
