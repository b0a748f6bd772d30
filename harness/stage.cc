#include "harness/stage.h"

#include <fmt/core.h>

#include <algorithm>

#include "harness/directive_block.h"
#include "harness/drivers/registry.h"
#include "harness/scenario_needs.h"

namespace badgate::harness {

using fault_backends::Backend;

net::Result<std::unique_ptr<Stage>> Stage::set(net::Loop& loop, const Scenario& scenario,
                                               net::Rng rng, Recorder& recorder,
                                               const StageOptions& options) {
  std::unique_ptr<Stage> stage(new Stage(loop, scenario, recorder));
  if (auto ok = stage->start_backends(rng, options); !ok) return tl::unexpected(ok.error());
  if (auto ok = stage->start_proxy(options); !ok) return tl::unexpected(ok.error());
  return stage;
}

Stage::~Stage() = default;

// A backend that asks another needs that one's address first.
net::Result<void> Stage::start_backends(net::Rng rng, const StageOptions& options) {
  const auto& specs = scenario_.backends;
  for (std::size_t started = 0; started < specs.size();) {
    const std::size_t before = started;
    for (std::size_t i = 0; i < specs.size(); ++i) {
      const bool ready = specs[i].calls.empty() || backends_.contains(specs[i].calls);
      if (backends_.contains(specs[i].name) || !ready) continue;
      if (auto ok = start_backend(i, rng, options); !ok) return ok;
      ++started;
    }
    if (started == before) return net::fail("backends that call each other in a circle");
  }
  return {};
}

net::Result<void> Stage::start_backend(std::size_t index, net::Rng rng,
                                       const StageOptions& options) {
  const BackendSpec& spec = scenario_.backends[index];
  auto address = listen_address(index, options);
  if (!address) return tl::unexpected(address.error());
  auto settings = spec.settings;
  settings.name = spec.name;
  settings.listen = *address;
  settings.network = options.network;
  if (!spec.calls.empty()) {
    settings.calls = backends_.find(spec.calls)->second->address();
    settings.calls_name = spec.calls;
  }
  auto backend = Backend::start(loop_, std::move(settings), rng.stream(spec.name),
                                [this, name = spec.name](const fault_backends::Event& event) {
                                  recorder_.fact(name, event.what);
                                });
  if (!backend)
    return net::fail(fmt::format("{}: {}", spec.name, backend.error().message),
                     backend.error().code);
  recorder_.names().add((*backend)->address(), spec.name);
  backends_.emplace(spec.name, std::move(*backend));
  return {};
}

net::Result<net::Address> Stage::listen_address(std::size_t index, const StageOptions& options) {
  const BackendSpec& spec = scenario_.backends[index];
  const std::uint16_t port = options.first_backend_port
                                 ? static_cast<std::uint16_t>(*options.first_backend_port + index)
                                 : std::uint16_t{0};
  switch (spec.transport) {
    case BackendSpec::Transport::tcp:
      return net::Address::loopback(port);
    case BackendSpec::Transport::tcp6:
      return net::Address::loopback6(port);
    case BackendSpec::Transport::unix:
      break;
  }
  if (!folder_) {
    auto folder = TempFolder::make();
    if (!folder) return tl::unexpected(folder.error());
    folder_.emplace(std::move(*folder));
  }
  std::string file = spec.name;
  std::erase_if(file, [](char c) { return c == '[' || c == ']' || c == '/'; });
  return net::Address::unix_path(fmt::format("{}/{}.sock", folder_->path(), file));
}

// The scenario's settings with the addresses of this run.
proxy::Settings Stage::settings_of_proxy() const {
  proxy::Settings settings = settings_of(directives_, scenario_.proxy_base);
  settings.listen = {proxy_listen_};
  for (proxy::VirtualServer& server : settings.servers)
    server.listen = settings.listen;
  for (proxy::Upstream& upstream : settings.upstreams)
    upstream.servers.clear();
  for (const BackendSpec& spec : scenario_.backends) {
    if (!spec.upstream) continue;
    proxy::Server server = spec.server;
    server.address = backends_.find(spec.name)->second->address();
    settings.upstreams.at(*spec.upstream).servers.push_back(server);
  }
  settings.log_format = Recorder::log_format();
  // Notes below `error` are evidence too; which of them count is for the expectations to say.
  settings.error_log_level = proxy::Level::info;
  return settings;
}

drivers::Setup Stage::setup_of_proxy() const {
  drivers::Setup setup;
  setup.settings = settings_of_proxy();
  setup.directives = directives_;
  setup.ordinary_rights = needs_ordinary_rights(scenario_);
  return setup;
}

net::Result<const drivers::Driver*> Stage::driver_of(const StageOptions& options) {
  if (options.driver != nullptr) return options.driver;
  auto driver = drivers::find_driver("builtin");
  if (!driver) return tl::unexpected(driver.error());
  own_driver_ = std::move(*driver);
  return own_driver_.get();
}

net::Result<void> Stage::start_proxy(const StageOptions& options) {
  const auto driver = driver_of(options);
  if (!driver) return tl::unexpected(driver.error());
  directives_ = scenario_.directives;
  proxy_listen_ = options.proxy_address;
  auto proxy = (*driver)->start(loop_, setup_of_proxy(), recorder_);
  if (!proxy)
    return net::fail("the proxy does not start: " + proxy.error().message, proxy.error().code);
  proxy_ = std::move(*proxy);
  recorder_.names().add(proxy_address(), "proxy");
  return {};
}

net::Address Stage::proxy_address() const {
  return proxy_->address();
}

void Stage::play_events() {
  for (const TimelineEvent& event : scenario_.events) {
    events_.push_back(loop_.at(event.at, [this, &event] { play(event); }));
  }
}

void Stage::play(const TimelineEvent& event) {
  using Kind = TimelineEvent::Kind;
  if (event.kind == Kind::set) {
    change_settings(event);
    return;
  }
  Backend& backend = *backends_.find(event.backend)->second;
  switch (event.kind) {
    case Kind::crash:
      recorder_.fact("event", event.backend + " crashes");
      backend.crash();
      break;
    case Kind::restart:
      recorder_.fact("event", event.backend + " is started again");
      backend.restart();
      break;
    case Kind::heal:
      recorder_.fact("event", event.backend + " heals");
      backend.set_faults({});
      break;
    case Kind::fault:
      recorder_.fact("event", event.backend + " breaks");
      backend.set_faults(event.faults);
      break;
    case Kind::set:
      break;
  }
}

void Stage::change_settings(const TimelineEvent& event) {
  recorder_.fact("event", "the proxy is reloaded with " + to_text(event.directives));
  overlay(directives_, event.directives);
  if (auto ok = proxy_->reload(setup_of_proxy()); !ok) {
    recorder_.outcome().broken = "the proxy does not reload: " + ok.error().message;
    loop_.stop();
  }
}

void Stage::report() {
  for (const BackendSpec& spec : scenario_.backends) {
    const Backend& backend = *backends_.find(spec.name)->second;
    const auto& counts = backend.counts();
    recorder_.outcome().backends.push_back({spec.name, counts.connections, counts.requests,
                                            counts.executed, counts.responses, backend.receipt()});
  }
}

}  // namespace badgate::harness
