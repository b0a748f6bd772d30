// A real nginx with the user's own configuration as the proxy under test: what RunOptions::proxy
// takes. Its servers are the scenario's; everything else is as the user has written it, and what
// had to be replaced is told.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/drivers/driver.h"
#include "harness/own_config/adapt.h"
#include "harness/own_config/own_network.h"

namespace badgate::harness::own_config {

class OwnNginx final : public drivers::Driver {
 public:
  // `program`: the path of nginx, or empty. The Error: there is none.
  static net::Result<std::unique_ptr<OwnNginx>> find(const std::string& program, OwnConfig config);

  std::string name() const override { return "nginx"; }
  std::string version() const override { return plain_->version(); }
  bool in_process() const override { return false; }
  drivers::Places places() const override {
    return network_ ? network_->places() : drivers::Places();
  }
  net::Result<void> can_live_virtually() const override { return plain_->can_live_virtually(); }
  net::Result<void> can_scale_time() const override { return plain_->can_scale_time(); }
  net::Result<std::unique_ptr<drivers::ProxyUnderTest>> start(net::Loop& loop,
                                                              const drivers::Setup& setup,
                                                              Recorder& recorder) const override;

  // Moves this process, which must have one thread, into a network of its own, in which the
  // configuration's addresses and names are the fakes'. The Error: it is not to be had here, and
  // addresses are replaced in the copy. There is no way back.
  net::Result<void> enter_network();
  bool has_network() const { return network_.has_value(); }

  const OwnConfig& config() const { return config_; }
  // Told of what was replaced, each time that a configuration is written.
  void on_adapted(std::function<void(const Adapted&)> callback) {
    on_adapted_ = std::move(callback);
  }

 private:
  OwnNginx(std::string program, OwnConfig config)
      : program_(std::move(program)), config_(std::move(config)) {}
  net::Result<std::string> write(const drivers::Setup& setup,
                                 const drivers::NginxSurroundings& surroundings,
                                 const Others& others, net::WallTime now) const;

  std::string program_;
  OwnConfig config_;
  std::unique_ptr<drivers::Driver> plain_;  // whose abilities it has
  std::function<void(const Adapted&)> on_adapted_;
  std::optional<OwnNetwork> network_;
};

}  // namespace badgate::harness::own_config
