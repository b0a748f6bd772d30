// Jobs: what is worked out in children, so many at once, the others in a queue that has an end and
// in which clients take turns. Each has a time limit; one that dies costs one answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/lab/child.h"
#include "harness/lab/events.h"
#include "net/result.h"
#include "net/time.h"

namespace badgate::harness::lab {

class Jobs {
 public:
  struct Settings {
    unsigned at_once = 2;
    std::size_t queued = 256;
    net::Duration limit = std::chrono::seconds(5);  // of real time; then it is killed
    std::size_t result = std::size_t{16} << 20;     // bytes that it may answer
    Child::Limits limits;
  };

  // In the child; what it returns is the result.
  using Work = std::function<std::string(int interrupt_fd)>;
  // In the parent, once. The Error is in words for the learner; its code: EBUSY (the queue is
  // full), ETIMEDOUT, ECANCELED, or 0 (the child died).
  using Done = std::function<void(net::Result<std::string>)>;

  // `events` must outlive it.
  Jobs(Events& events, Settings settings);
  // Ends all, without an answer.
  ~Jobs();
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;

  // `client`: whose it is. Returns what `cancel` calls it.
  std::uint64_t submit(std::string client, Work work, Done done);
  // Nobody wants it any more. It may be over.
  void cancel(std::uint64_t id);

 private:
  struct Running;
  struct Waiting {
    std::uint64_t id;
    std::string client;
    Work work;
    Done done;
  };

  Waiting take_next();
  void fill();
  void begin(Waiting waiting);
  void give_up(Running& job, std::string why, int code);
  void read(Running& job);
  void ended(Running& job);
  void finish(Running& job, net::Result<std::string> result);

  Events& events_;
  Settings settings_;
  std::uint64_t submitted_ = 0;
  std::deque<Waiting> queue_;
  std::string last_client_;
  std::vector<std::unique_ptr<Running>> running_;
};

}  // namespace badgate::harness::lab
