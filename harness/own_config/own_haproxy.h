// A real HAProxy with the user's own configuration as the proxy under test.
#pragma once

#include <memory>
#include <string>

#include "harness/own_config/adapt_haproxy.h"
#include "harness/own_config/own_proxy.h"

namespace badgate::harness::own_config {

class OwnHaproxy final : public OwnProxy {
 public:
  // `program`: the path of haproxy, or empty. The Error: there is none.
  static net::Result<std::unique_ptr<OwnHaproxy>> find(const std::string& program,
                                                       OwnHaproxyConfig config);

  std::string file() const override { return config_.site.file.path; }
  net::Result<std::unique_ptr<drivers::ProxyUnderTest>> start(net::Loop& loop,
                                                              const drivers::Setup& setup,
                                                              Recorder& recorder) const override;

 private:
  OwnHaproxy(std::string program, OwnHaproxyConfig config)
      : program_(std::move(program)), config_(std::move(config)) {}
  Wanted wanted() const override;

  std::string program_;
  OwnHaproxyConfig config_;
};

}  // namespace badgate::harness::own_config
