#include "harness/own_config/own_nginx.h"

#include <fmt/core.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <utility>

#include "harness/drivers/nginx.h"
#include "harness/drivers/registry.h"
#include "harness/own_config/adapter.h"
#include "harness/own_config/beside.h"
#include "harness/processes/program.h"
#include "net/certificate.h"
#include "net/text.h"

namespace badgate::harness::own_config {
namespace {

using drivers::ProxyUnderTest;
using drivers::Setup;

// nginx's own "host:port", "[::1]:80", "host".
WantedServer wanted_of(const nginx_conf::UpstreamServer& server, std::uint16_t default_port) {
  WantedServer out;
  out.written = server.address;
  if (server.is_unix()) {
    out.socket = server.address.substr(5);
    return out;
  }
  const std::string host = server.host();
  out.port = default_port;
  if (const auto colon = server.address.rfind(':');
      colon != std::string::npos && server.address.size() > host.size()) {
    const auto number = net::parse_number(std::string_view(server.address).substr(colon + 1));
    if (number && *number > 0 && *number <= 65535) out.port = static_cast<std::uint16_t>(*number);
  }
  out.is_name = server.is_name();
  out.host = host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
  return out;
}

// Nothing: a socket's path, or a name, which is rewritten.
std::optional<net::Address> listen_of(const nginx_conf::Server& server) {
  std::string text = normal_listen(server.listen.empty() ? "80" : server.listen.front().address);
  if (text.starts_with("unix:")) return std::nullopt;
  if (text.starts_with("*:")) text = "0.0.0.0" + text.substr(1);
  const auto address = net::Address::parse(text);
  return address ? std::optional(*address) : std::nullopt;
}

Wanted wanted_by(const OwnConfig& own, const std::string& program) {
  Wanted wanted;
  wanted.listen = listen_of(own.site.server(own.played));
  wanted.files = {own.tree.file, processes::find_program(program.empty() ? "nginx" : program)};
  std::erase(wanted.files, "");
  const nginx_conf::Group* group = own.site.group(own.played);
  if (group == nullptr) return wanted;
  const std::uint16_t port = own.site.pass(own.played).tls && !group->is_block ? 443 : 80;
  for (const auto& server : group->servers)
    wanted.servers.push_back(wanted_of(server, port));
  return wanted;
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

Wanted OwnNginx::wanted() const {
  return wanted_by(config_, program_);
}

net::Result<std::unique_ptr<ProxyUnderTest>> OwnNginx::start(net::Loop& loop, const Setup& setup,
                                                             Recorder& recorder) const {
  using fault_backends::Protocol;
  auto others = Beside::start(loop, {Protocol::http, Protocol::fastcgi});
  if (!others) return tl::unexpected(others.error());
  const Others at{.http = others->address(0), .fastcgi = others->address(1)};
  auto driver = drivers::find_nginx_with(
      program_,
      [this, at, &loop](const Setup& now, const drivers::NginxSurroundings& surroundings) {
        return write(now, surroundings, at, loop.wall());
      });
  if (!driver) return tl::unexpected(driver.error());
  return std::move(*others).run(std::move(*driver), loop, setup, recorder);
}

net::Result<std::string> OwnNginx::write(const Setup& setup,
                                         const drivers::NginxSurroundings& surroundings,
                                         const Others& others, net::WallTime now) const {
  const auto made = adapt(config_, setup, surroundings, others, here());
  if (auto ok = make_certificate(made.certificate, now); !ok) return tl::unexpected(ok.error());
  tell(made.differences);
  return made.text;
}

}  // namespace badgate::harness::own_config
