#include "harness/own_config/beside.h"

#include <utility>

#include "net/rng.h"

namespace badgate::harness::own_config {
namespace {

using drivers::ProxyUnderTest;
using drivers::Setup;
using fault_backends::Backend;

class Running final : public ProxyUnderTest {
 public:
  // `driver`: whose configurations name the others.
  Running(std::vector<std::unique_ptr<Backend>> others, std::unique_ptr<drivers::Driver> driver)
      : others_(std::move(others)), driver_(std::move(driver)) {}

  net::Result<void> start(net::Loop& loop, const Setup& setup, Recorder& recorder) {
    auto proxy = driver_->start(loop, setup, recorder);
    if (!proxy) return tl::unexpected(proxy.error());
    proxy_ = std::move(*proxy);
    return {};
  }

  net::Address address() const override { return proxy_->address(); }
  net::Result<void> reload(const Setup& setup) override { return proxy_->reload(setup); }
  std::string condition() const override { return proxy_->condition(); }

 private:
  std::vector<std::unique_ptr<Backend>> others_;
  std::unique_ptr<drivers::Driver> driver_;
  std::unique_ptr<ProxyUnderTest> proxy_;
};

}  // namespace

net::Result<Beside> Beside::start(net::Loop& loop,
                                  const std::vector<fault_backends::Protocol>& protocols) {
  Beside beside;
  for (const auto protocol : protocols) {
    fault_backends::Settings settings;
    settings.name = "others";
    settings.listen = net::Address::loopback();
    settings.protocol = protocol;
    auto other = Backend::start(loop, std::move(settings), net::Rng(1), [](const auto&) {});
    if (!other) return tl::unexpected(other.error());
    beside.others_.push_back(std::move(*other));
  }
  return beside;
}

net::Result<std::unique_ptr<ProxyUnderTest>> Beside::run(std::unique_ptr<drivers::Driver> driver,
                                                         net::Loop& loop, const Setup& setup,
                                                         Recorder& recorder) && {
  auto running = std::make_unique<Running>(std::move(others_), std::move(driver));
  if (auto ok = running->start(loop, setup, recorder); !ok) return tl::unexpected(ok.error());
  return running;
}

}  // namespace badgate::harness::own_config
