#include "harness/own_config/own_nginx.h"

#include <fmt/core.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <utility>

#include "fault_backends/backend.h"
#include "harness/drivers/nginx.h"
#include "harness/drivers/registry.h"
#include "net/certificate.h"
#include "net/rng.h"

namespace badgate::harness::own_config {
namespace {

using drivers::ProxyUnderTest;
using drivers::Setup;
using fault_backends::Backend;

// nginx, and who answers for the locations that the scenario does not speak of.
class Running final : public ProxyUnderTest {
 public:
  // `driver`: whose configurations name the others.
  Running(std::vector<std::unique_ptr<Backend>> others, std::unique_ptr<drivers::Driver> driver)
      : others_(std::move(others)), driver_(std::move(driver)) {}

  net::Result<void> start(net::Loop& loop, const Setup& setup, Recorder& recorder) {
    auto nginx = driver_->start(loop, setup, recorder);
    if (!nginx) return tl::unexpected(nginx.error());
    nginx_ = std::move(*nginx);
    return {};
  }

  net::Address address() const override { return nginx_->address(); }
  net::Result<void> reload(const Setup& setup) override { return nginx_->reload(setup); }
  std::string condition() const override { return nginx_->condition(); }

 private:
  std::vector<std::unique_ptr<Backend>> others_;
  std::unique_ptr<drivers::Driver> driver_;
  std::unique_ptr<ProxyUnderTest> nginx_;
};

net::Result<std::unique_ptr<Backend>> start_other(net::Loop& loop,
                                                  fault_backends::Protocol protocol) {
  fault_backends::Settings settings;
  settings.name = "others";
  settings.listen = net::Address::loopback();
  settings.protocol = protocol;
  return Backend::start(loop, std::move(settings), net::Rng(1), [](const auto&) {});
}

bool write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  file.close();
  return static_cast<bool>(file);
}

net::Result<void> make_certificate(const Adapted::Certificate& wanted, net::WallTime now) {
  if (wanted.file.empty()) return {};
  net::CertificateSpec spec{.common_name = "badgate",
                            .names = {"localhost"},
                            .from = now - std::chrono::hours(1),
                            .until = now + std::chrono::hours(24 * 3650)};
  for (const auto& name : wanted.names) {
    if (name.find_first_of("~_$ ") == std::string::npos && !name.starts_with('.'))
      spec.names.push_back(name);
  }
  const auto made = net::make_certificate(spec, nullptr);
  if (!made) return tl::unexpected(made.error());
  if (!write_file(wanted.file, made->pem()) || !write_file(wanted.key_file, made->key_pem()))
    return net::fail(fmt::format("cannot write {}: {}", wanted.file, std::strerror(errno)), errno);
  return {};
}

}  // namespace

net::Result<std::unique_ptr<OwnNginx>> OwnNginx::find(const std::string& program,
                                                      OwnConfig config) {
  auto nginx = drivers::find_driver("nginx", program);
  if (!nginx) return tl::unexpected(nginx.error());
  std::unique_ptr<OwnNginx> own(new OwnNginx(program, std::move(config)));
  own->plain_ = std::move(*nginx);
  return own;
}

net::Result<void> OwnNginx::enter_network() {
  if (auto ok = OwnNetwork::available(); !ok) return ok;
  auto network = OwnNetwork::enter(config_, program_);
  if (!network) return tl::unexpected(network.error());
  network_ = std::move(*network);
  return {};
}

net::Result<std::unique_ptr<ProxyUnderTest>> OwnNginx::start(net::Loop& loop, const Setup& setup,
                                                             Recorder& recorder) const {
  using fault_backends::Protocol;
  std::vector<std::unique_ptr<Backend>> others;
  for (const Protocol protocol : {Protocol::http, Protocol::fastcgi}) {
    auto other = start_other(loop, protocol);
    if (!other) return tl::unexpected(other.error());
    others.push_back(std::move(*other));
  }
  const Others at{.http = others[0]->address().to_string(),
                  .fastcgi = others[1]->address().to_string()};
  auto driver = drivers::find_nginx_with(
      program_,
      [this, at, &loop](const Setup& now, const drivers::NginxSurroundings& surroundings) {
        return write(now, surroundings, at, loop.wall());
      });
  if (!driver) return tl::unexpected(driver.error());
  auto running = std::make_unique<Running>(std::move(others), std::move(*driver));
  if (auto ok = running->start(loop, setup, recorder); !ok) return tl::unexpected(ok.error());
  return running;
}

net::Result<std::string> OwnNginx::write(const Setup& setup,
                                         const drivers::NginxSurroundings& surroundings,
                                         const Others& others, net::WallTime now) const {
  const auto made =
      adapt(config_, setup, surroundings, others, network_ ? network_->here() : Here());
  if (auto ok = make_certificate(made.certificate, now); !ok) return tl::unexpected(ok.error());
  if (on_adapted_) on_adapted_(made);
  return made.text;
}

}  // namespace badgate::harness::own_config
