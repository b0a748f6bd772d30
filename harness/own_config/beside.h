// Beside: who answers for everything in a user's configuration that the scenario does not speak of,
// and the proxy that asks them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fault_backends/backend.h"
#include "harness/drivers/driver.h"

namespace badgate::harness::own_config {

class Beside {
 public:
  // One for each protocol, healthy, on loopback. `loop` must outlive it.
  static net::Result<Beside> start(net::Loop& loop,
                                   const std::vector<fault_backends::Protocol>& protocols);

  std::string address(std::size_t n) const { return others_[n]->address().to_string(); }

  // Starts the driver's proxy; what is returned owns it, the driver and the others.
  net::Result<std::unique_ptr<drivers::ProxyUnderTest>> run(std::unique_ptr<drivers::Driver> driver,
                                                            net::Loop& loop,
                                                            const drivers::Setup& setup,
                                                            Recorder& recorder) &&;

 private:
  std::vector<std::unique_ptr<fault_backends::Backend>> others_;
};

}  // namespace badgate::harness::own_config
