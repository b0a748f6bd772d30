// Places: how many connections a worker may hold: worker_connections and, since each takes a
// descriptor, worker_rlimit_nofile. Counted, not enforced by the kernel: the proxy shares its
// process with its surroundings. A Place is one connection's; destroying it gives it back. Places
// must outlive them.
#pragma once

#include <optional>
#include <utility>

namespace badgate::proxy {

class Places {
 public:
  class Place {
   public:
    explicit Place(unsigned& used) : used_(&used) { ++used; }
    Place(Place&& other) noexcept : used_(std::exchange(other.used_, nullptr)) {}
    Place& operator=(Place&& other) noexcept {
      std::swap(used_, other.used_);
      return *this;
    }
    ~Place() {
      if (used_ != nullptr) --*used_;
    }

   private:
    unsigned* used_;
  };

  // 0: no limit. `listeners` take places, too.
  void set_limits(unsigned connections, unsigned descriptors, unsigned listeners) {
    connections_ = connections;
    descriptors_ = descriptors;
    // ngx_event_process_init; ngx_worker_process_init takes one for the channel to the master.
    fixed_ = listeners + 1;
    fixed_descriptors_ = listeners + kOwnDescriptors;
  }

  unsigned limit() const { return connections_; }
  unsigned left() const {
    const unsigned used = used_ + fixed_;
    return used < connections_ ? connections_ - used : 0;
  }
  bool out_of_descriptors() const {
    return descriptors_ != 0 && used_ + fixed_descriptors_ >= descriptors_;
  }
  // Nothing: "worker_connections are not enough".
  std::optional<Place> take() {
    if (connections_ != 0 && left() == 0) return std::nullopt;
    return Place(used_);
  }

 private:
  // Of an nginx worker, beside its listeners: standard streams, logs, epoll, eventfd, channel.
  static constexpr unsigned kOwnDescriptors = 10;

  unsigned connections_ = 0;
  unsigned descriptors_ = 0;
  unsigned fixed_ = 0;
  unsigned fixed_descriptors_ = 0;
  unsigned used_ = 0;
};

}  // namespace badgate::proxy
