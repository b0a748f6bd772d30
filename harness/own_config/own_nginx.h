// A real nginx with the user's own configuration as the proxy under test: what RunOptions::proxy
// takes. Its servers are the scenario's; everything else is as the user has written it, and what
// had to be replaced is told.
#pragma once

#include <memory>
#include <string>

#include "harness/drivers/driver.h"
#include "harness/own_config/adapt.h"
#include "harness/own_config/own_proxy.h"

namespace badgate::harness::own_config {

class OwnNginx final : public OwnProxy {
 public:
  // `program`: the path of nginx, or empty. The Error: there is none.
  static net::Result<std::unique_ptr<OwnNginx>> find(const std::string& program, OwnConfig config);

  std::string file() const override { return config_.tree.file; }
  net::Result<std::unique_ptr<drivers::ProxyUnderTest>> start(net::Loop& loop,
                                                              const drivers::Setup& setup,
                                                              Recorder& recorder) const override;

 private:
  OwnNginx(std::string program, OwnConfig config)
      : program_(std::move(program)), config_(std::move(config)) {}
  Wanted wanted() const override;
  net::Result<std::string> write(const drivers::Setup& setup,
                                 const drivers::NginxSurroundings& surroundings,
                                 const Others& others, net::WallTime now) const;

  std::string program_;
  OwnConfig config_;
};

}  // namespace badgate::harness::own_config
