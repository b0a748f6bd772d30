// The proxy of badgate itself, in this process and on the scenario's own loop.
#include "harness/config.h"
#include "harness/drivers/registry.h"
#include "proxy/proxy.h"

namespace badgate::harness::drivers {
namespace {

class Builtin final : public ProxyUnderTest {
 public:
  explicit Builtin(std::unique_ptr<proxy::Proxy> proxy) : proxy_(std::move(proxy)) {}

  net::Address address() const override { return proxy_->addresses().front(); }
  net::Result<void> reload(const Setup& setup) override { return proxy_->reload(setup.settings); }

 private:
  std::unique_ptr<proxy::Proxy> proxy_;
};

class BuiltinDriver final : public Driver {
 public:
  std::string name() const override { return "builtin"; }
  std::string version() const override { return BADGATE_VERSION; }
  bool in_process() const override { return true; }
  net::Result<void> can_live_virtually() const override { return {}; }
  net::Result<void> can_scale_time() const override { return {}; }

  net::Result<std::unique_ptr<ProxyUnderTest>> start(net::Loop& loop, const Setup& setup,
                                                     Recorder& recorder) const override {
    auto proxy =
        proxy::Proxy::start(loop, setup.settings, recorder,
                            [&recorder](const proxy::Event& e) { recorder.proxy_event(e); });
    if (!proxy) return tl::unexpected(proxy.error());
    return std::make_unique<Builtin>(std::move(*proxy));
  }
};

}  // namespace

Supports supports_builtin() {
  return {.tls = TlsSupport::both,
          .fastcgi = true,
          .retries = RetrySupport::as_set,
          .health = HealthSupport::active,
          .reload = true,
          .time = TimeSupport::simulated};
}

net::Result<std::unique_ptr<Driver>> find_builtin(const std::string& path) {
  if (!path.empty()) return net::fail("badgate's own proxy is no program of its own");
  return std::make_unique<BuiltinDriver>();
}

}  // namespace badgate::harness::drivers
