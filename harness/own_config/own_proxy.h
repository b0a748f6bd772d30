// OwnProxy: a real proxy with the user's own configuration as the proxy under test: what
// RunOptions::proxy takes. Its servers are the scenario's; everything else is as the user has
// written it, and what had to be replaced is told.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/drivers/driver.h"
#include "harness/own_config/difference.h"
#include "harness/own_config/own_network.h"

namespace badgate::harness::own_config {

class OwnProxy : public drivers::Driver {
 public:
  std::string name() const override { return plain_->name(); }
  std::string version() const override { return plain_->version(); }
  bool in_process() const override { return false; }
  bool is_nginx() const override { return plain_->is_nginx(); }
  bool can_reload_virtually() const override { return plain_->can_reload_virtually(); }
  drivers::Places places() const override {
    return network_ ? network_->places() : drivers::Places();
  }
  net::Result<void> can_live_virtually() const override { return plain_->can_live_virtually(); }
  net::Result<void> can_scale_time() const override { return plain_->can_scale_time(); }

  // The configuration's, as it was named.
  virtual std::string file() const = 0;

  // Moves this process, which must have one thread, into a network of its own, in which the
  // configuration's addresses and names are the fakes'. The Error: it is not to be had here, and
  // addresses are replaced in the copy. There is no way back.
  net::Result<void> enter_network();

  // Told of what was replaced, each time that a configuration is written.
  void on_adapted(std::function<void(const std::vector<Difference>&)> callback) {
    on_adapted_ = std::move(callback);
  }

 protected:
  virtual Wanted wanted() const = 0;
  Here here() const { return network_ ? network_->here() : Here(); }
  void tell(const std::vector<Difference>& differences) const {
    if (on_adapted_) on_adapted_(differences);
  }

  std::unique_ptr<drivers::Driver> plain_;  // whose abilities it has

 private:
  std::function<void(const std::vector<Difference>&)> on_adapted_;
  std::optional<OwnNetwork> network_;
};

}  // namespace badgate::harness::own_config
