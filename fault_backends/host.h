// Host: what a Session needs from the process it belongs to. The Backend implements it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "fault_backends/backend.h"
#include "fault_backends/plan.h"

namespace badgate::fault_backends {

class Host {
 public:
  virtual ~Host() = default;

  virtual net::Loop& loop() = 0;
  virtual const Settings& settings() const = 0;
  virtual const std::shared_ptr<Plan>& plan() const = 0;  // for what begins now
  virtual const net::TlsContext* tls() const = 0;         // nullptr: it speaks plain
  virtual Counts& counts() = 0;
  virtual std::uint64_t number_request() = 0;  // from 1, over all connections
  virtual FpmPool* fpm() = 0;                  // nullptr: it is none
  virtual WorkerPool* workers() = 0;           // nullptr: no limit
  virtual net::Duration draw_service_time() = 0;

  virtual void tell(std::string what) = 0;    // the timeline
  virtual void record(std::string what) = 0;  // the receipt, and the timeline

  // The whole process ends here and now; every Session is killed before it returns.
  virtual void exit(const std::string& why, net::Duration restart_after) = 0;
  // The connection is over; its Session is destroyed later.
  virtual void over(std::uint64_t connection) = 0;
};

}  // namespace badgate::fault_backends
