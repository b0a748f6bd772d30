#include "harness/own_config/own_haproxy.h"

#include <fmt/core.h>

#include <cstdlib>
#include <set>
#include <utility>

#include "harness/drivers/external.h"
#include "harness/drivers/haproxy.h"
#include "harness/drivers/kinds.h"
#include "harness/drivers/registry.h"
#include "harness/own_config/beside.h"
#include "harness/processes/program.h"

namespace badgate::harness::own_config {
namespace {

// What its socket() calls take: nobody else is asked for the name.
WantedServer wanted_of(const haproxy_cfg::Server& server) {
  WantedServer out;
  out.written = server.address;
  out.socket = server.path();
  out.host = server.host();
  out.is_name = server.is_name();
  out.port = server.port().value_or(0);
  return out;
}

// "$NAME" and "${NAME…" in a line.
void take_variables(std::string_view line, std::set<std::string>& into) {
  constexpr std::string_view kNames =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
  for (auto at = line.find('$'); at != line.npos; at = line.find('$', at + 1)) {
    const auto begin = line.substr(at + 1, 1) == "{" ? at + 2 : at + 1;
    const auto name = line.substr(begin, line.find_first_not_of(kNames, begin) - begin);
    // How the program is loaded is no matter of its configuration.
    if (!name.empty() && !name.starts_with("LD_")) into.emplace(name);
  }
}

// The variables that the file names, as they are in badgate's environment.
std::vector<std::string> environment_of(const haproxy_cfg::File& file) {
  std::set<std::string> names;
  for (const auto& section : file.sections) {
    take_variables(section.header.text, names);
    for (const auto& line : section.lines)
      take_variables(line.text, names);
  }
  std::vector<std::string> environment;
  for (const std::string& name : names)
    if (const char* value = std::getenv(name.c_str()))
      environment.push_back(fmt::format("{}={}", name, value));
  return environment;
}

drivers::Launching launching_of(AdaptedHaproxy adapted, const drivers::Place& place,
                                std::vector<std::string> environment) {
  std::erase_if(environment, [](const auto& one) { return one.starts_with("SSL_CERT_DIR="); });
  environment.push_back("SSL_CERT_DIR=" + place.folder);
  drivers::Launching launching{.files = {{"haproxy.cfg", std::move(adapted.text)}},
                               .arguments = {"-db", "-f", place.folder + "/haproxy.cfg"},
                               .environment = std::move(environment)};
  for (const std::string& path : adapted.empty_files)
    launching.files.emplace_back(path.substr(place.folder.size() + 1), "");
  return launching;
}

}  // namespace

net::Result<std::unique_ptr<OwnHaproxy>> OwnHaproxy::find(const std::string& program,
                                                          OwnHaproxyConfig config) {
  auto haproxy = drivers::find_driver("haproxy", program);
  if (!haproxy) return tl::unexpected(haproxy.error());
  std::unique_ptr<OwnHaproxy> own(new OwnHaproxy(program, std::move(config)));
  own->plain_ = std::move(*haproxy);
  return own;
}

Wanted OwnHaproxy::wanted() const {
  Wanted wanted;
  wanted.files = {config_.site.file.path,
                  processes::find_program(program_.empty() ? "haproxy" : program_)};
  std::erase(wanted.files, "");
  const auto pair = config_.pair();
  if (!pair) return wanted;
  for (const auto& server : pair->backend->servers)
    wanted.servers.push_back(wanted_of(server));
  return wanted;
}

net::Result<std::unique_ptr<drivers::ProxyUnderTest>> OwnHaproxy::start(net::Loop& loop,
                                                                        const drivers::Setup& setup,
                                                                        Recorder& recorder) const {
  auto others = Beside::start(loop, {fault_backends::Protocol::http});
  if (!others) return tl::unexpected(others.error());
  drivers::Kind kind = drivers::haproxy_kind();
  kind.supports.reload = false;
  kind.render = [this, at = others->address(0)](
                    const drivers::Setup& now,
                    const drivers::Place& place) -> net::Result<drivers::Launching> {
    auto adapted = adapt(config_, now,
                         {.folder = place.folder,
                          .listen = place.listen.to_string(),
                          .log = fmt::format("fd@{}", place.access_fd),
                          .log_format = fmt::format("\"{}\"", drivers::haproxy_log_format()),
                          .others = at},
                         here());
    tell(adapted.differences);
    return launching_of(std::move(adapted), place, environment_of(config_.site.file));
  };
  auto driver = drivers::find_external(std::move(kind), program_);
  if (!driver) return tl::unexpected(driver.error());
  return std::move(*others).run(std::move(*driver), loop, setup, recorder);
}

}  // namespace badgate::harness::own_config
