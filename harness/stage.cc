#include "harness/stage.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "harness/certificate_files.h"
#include "harness/directive_block.h"
#include "harness/drivers/registry.h"
#include "harness/processes/listening.h"
#include "harness/processes/signal_names.h"
#include "harness/scenario_needs.h"

namespace badgate::harness {
namespace {

constexpr int kMostPorts = 8;  // that are tried, where several addresses share one

// What can be done to backends and to name servers alike.
template <typename Server>
void play_on(Server& server, const TimelineEvent& event, Recorder& recorder) {
  using Kind = TimelineEvent::Kind;
  switch (event.kind) {
    case Kind::crash:
      recorder.fact("event", event.backend + " crashes");
      server.crash();
      break;
    case Kind::restart:
      recorder.fact("event", event.backend + " is started again");
      server.restart();
      break;
    case Kind::heal:
      recorder.fact("event", event.backend + " heals");
      server.set_faults({});
      break;
    case Kind::fault:
      recorder.fact("event", event.backend + " breaks");
      server.set_faults(event.faults);
      break;
    case Kind::records:
    case Kind::set:
    case Kind::signal:
      break;
  }
}

// Whether a proxy that does not start has said no to its settings.
bool refused(const net::Error& error) {
  constexpr std::array<int, 5> kNotThat{ENOTSUP, ECHILD, ETIMEDOUT, EADDRINUSE, ECANCELED};
  return std::ranges::find(kNotThat, error.code) == kNotThat.end();
}

}  // namespace

using fault_backends::Backend;

net::Result<std::unique_ptr<Stage>> Stage::set(net::Loop& loop, const Scenario& scenario,
                                               net::Rng rng, Recorder& recorder,
                                               const StageOptions& options) {
  std::unique_ptr<Stage> stage(new Stage(loop, scenario, rng, recorder));
  if (options.own_servers_only) stage->reach_own_servers_only();
  if (auto ok = stage->start_real_backends(rng, options); !ok) return tl::unexpected(ok.error());
  if (auto ok = stage->start_backends(rng, options); !ok) return tl::unexpected(ok.error());
  if (auto ok = stage->start_name_servers(rng); !ok) return tl::unexpected(ok.error());
  if (auto ok = stage->start_proxy(options); !ok) return tl::unexpected(ok.error());
  return stage;
}

Stage::~Stage() {
  if (own_servers_only_) loop_.reach_only({});
}

void Stage::reach_own_servers_only() {
  own_servers_only_ = true;
  loop_.reach_only([this](const net::Address& peer) {
    if (has_put_up(peer)) return true;
    const auto what =
        fmt::format("may not connect to {}, which is no server of this scenario", peer.to_string());
    recorder_.fact("proxy", what);
    if (recorder_.outcome().broken.empty()) recorder_.outcome().broken = "the proxy " + what;
    return false;
  });
}

bool Stage::has_put_up(const net::Address& address) const {
  if (proxy_ && proxy_->address() == address) return true;
  const auto is_at = [&](const auto& server) { return address_of(server.name) == address; };
  return std::ranges::any_of(scenario_.backends, is_at) ||
         std::ranges::any_of(scenario_.dns, is_at);
}

// A port that one backend has got from the kernel, and another one shares at an address of its own,
// may be taken there: then all of them are started at other ports.
net::Result<void> Stage::start_backends(net::Rng rng, const StageOptions& options) {
  const bool shared = std::ranges::any_of(scenario_.backends, [](const BackendSpec& spec) {
    return !placeholders_in(spec.address).empty();
  });
  auto started = start_all_backends(rng, options);
  for (int i = 1; i < kMostPorts && shared && !started && started.error().code == EADDRINUSE; ++i) {
    backends_.clear();
    started = start_all_backends(rng, options);
  }
  if (!started) return started;
  for (const auto& [name, backend] : backends_)
    recorder_.names().add(backend->address(), name);
  return {};
}

// They come first: whatever the fakes have set a timer for would begin while these still start.
net::Result<void> Stage::start_real_backends(net::Rng rng, const StageOptions& options) {
  for (std::size_t i = 0; i < scenario_.backends.size(); ++i) {
    const BackendSpec& spec = scenario_.backends[i];
    if (!spec.process) continue;
    auto address = listen_address(i, options);
    if (!address) return tl::unexpected(address.error());
    if (!address->is_unix() && address->port() == 0) {
      auto ports = rng.stream(spec.name);
      const auto port = processes::free_port(ports);
      if (!port) return tl::unexpected(port.error());
      const bool v6 = spec.transport == BackendSpec::Transport::tcp6;
      address = v6 ? net::Address::loopback6(*port) : net::Address::loopback(*port);
    }
    const auto path = folder();
    if (!path) return tl::unexpected(path.error());
    if (auto ok = real_backends_.begin(spec, *address, *path); !ok) return ok;
  }
  return real_backends_.wait_until_ready(options.interrupt_fd);
}

// A backend that asks another, or shares its port, needs that one's address first.
bool Stage::can_start(const BackendSpec& spec) const {
  return (spec.calls.empty() || address_of(spec.calls)) &&
         std::ranges::all_of(placeholders_in(spec.address),
                             [&](const std::string& name) { return address_of(name).has_value(); });
}

net::Result<void> Stage::start_all_backends(net::Rng rng, const StageOptions& options) {
  const auto& specs = scenario_.backends;
  const auto fakes = static_cast<std::size_t>(
      std::ranges::count_if(specs, [](const BackendSpec& spec) { return !spec.process; }));
  for (std::size_t started = 0; started < fakes;) {
    const std::size_t before = started;
    for (std::size_t i = 0; i < specs.size(); ++i) {
      if (specs[i].process || backends_.contains(specs[i].name) || !can_start(specs[i])) continue;
      if (auto ok = start_backend(i, rng, options); !ok) return ok;
      ++started;
    }
    if (started == before) return net::fail("backends that wait for each other in a circle");
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
  settings.certificates = &certificates_;
  if (!spec.calls.empty()) {
    settings.calls = address_of(spec.calls);
    settings.calls_name = spec.calls;
  }
  auto backend = Backend::start(loop_, std::move(settings), rng.stream(spec.name),
                                [this, name = spec.name](const fault_backends::Event& event) {
                                  recorder_.fact(name, event.what);
                                });
  if (!backend)
    return net::fail(fmt::format("{}: {}", spec.name, backend.error().message),
                     backend.error().code);
  backends_.emplace(spec.name, std::move(*backend));
  return {};
}

net::Result<net::Address> Stage::listen_address(std::size_t index, const StageOptions& options) {
  const BackendSpec& spec = scenario_.backends[index];
  if (const auto at = options.addresses.find(spec.name); at != options.addresses.end())
    return at->second;
  if (!spec.address.empty()) {
    const auto text = fill_placeholders(spec.address, names_of_run());
    if (const auto host = loopback_host(text)) return *host;
    return net::Address::parse(text);
  }
  if (const auto at = place_of(index, options)) return *at;
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
  const auto path = folder();
  if (!path) return tl::unexpected(path.error());
  std::string file = spec.name;
  std::erase_if(file, [](char c) { return c == '[' || c == ']' || c == '/'; });
  return net::Address::unix_path(fmt::format("{}/{}.sock", *path, file));
}

// A network of the scenario's own has none of the driver's addresses.
std::optional<net::Address> Stage::place_of(std::size_t index, const StageOptions& options) const {
  const auto& specs = scenario_.backends;
  if (options.driver == nullptr || options.network != nullptr || specs[index].upstream != 0U)
    return std::nullopt;
  const auto nth = static_cast<std::size_t>(
      std::count_if(specs.begin(), specs.begin() + static_cast<std::ptrdiff_t>(index),
                    [](const BackendSpec& spec) { return spec.upstream == 0U; }));
  const auto servers = options.driver->places().servers;
  const bool unix_socket = specs[index].transport == BackendSpec::Transport::unix;
  if (nth >= servers.size() || servers[nth].is_unix() != unix_socket) return std::nullopt;
  return servers[nth];
}

net::Result<std::string> Stage::folder() {
  if (!folder_) {
    auto folder = TempFolder::make();
    if (!folder) return tl::unexpected(folder.error());
    folder_.emplace(std::move(*folder));
  }
  return folder_->path();
}

net::Result<void> Stage::start_name_servers(net::Rng rng) {
  for (const DnsSpec& spec : scenario_.dns) {
    fault_backends::DnsServer::Settings settings;
    settings.name = spec.name;
    settings.listen = net::Address::loopback();
    settings.records = hosts_of(spec.records, names_of_run());
    settings.ttl = spec.ttl;
    settings.rotate = spec.rotate;
    settings.faults = spec.faults;
    auto server = fault_backends::DnsServer::start(
        loop_, std::move(settings), rng.stream(spec.name),
        [this, name = spec.name](const fault_backends::Event& event) {
          recorder_.fact(name, event.what);
        });
    if (!server)
      return net::fail(fmt::format("{}: {}", spec.name, server.error().message),
                       server.error().code);
    recorder_.names().add((*server)->address(), spec.name);
    name_servers_.emplace(spec.name, std::move(*server));
  }
  return {};
}

std::optional<net::Address> Stage::address_of(std::string_view name) const {
  if (const auto at = backends_.find(name); at != backends_.end()) return at->second->address();
  if (const auto at = name_servers_.find(name); at != name_servers_.end())
    return at->second->address();
  if (const net::Address* address = real_backends_.address_of(name)) return *address;
  return std::nullopt;
}

AddressOf Stage::names_of_run() const {
  return [this](std::string_view name) { return address_of(name); };
}

// What the machine's own resolver would say now: it asks the same name servers.
proxy::Hosts Stage::hosts_now() const {
  proxy::Hosts hosts;
  for (const auto& [name, server] : name_servers_) {
    proxy::Hosts known = server->records();
    hosts.merge(known);
  }
  return hosts;
}

// The scenario's settings with the addresses of this run.
proxy::Settings Stage::settings_of_proxy(const DirectiveBlock& directives) const {
  proxy::Settings settings = settings_of(directives, scenario_.proxy_base);
  settings.hosts = hosts_now();
  settings.rng = rng_.stream("proxy");
  const bool ssl =
      std::ranges::any_of(settings.listen, [](const proxy::Listen& listen) { return listen.ssl; });
  settings.listen = {proxy::Listen(proxy_listen_, ssl)};
  for (proxy::VirtualServer& server : settings.servers)
    server.listen = settings.listen;
  for (proxy::Upstream& upstream : settings.upstreams)
    upstream.servers.clear();
  for (const BackendSpec& spec : scenario_.backends) {
    if (!spec.upstream) continue;
    proxy::Server server = spec.server;
    server.address = address_of(spec.name).value();
    settings.upstreams.at(*spec.upstream).servers.push_back(server);
  }
  for (const DirectiveBlock& group : scenario_.groups)
    apply_group(fill_placeholders(group, names_of_run()), settings);
  settings.log_format = Recorder::log_format();
  // Notes below `error` are evidence too; which of them count is for the expectations to say.
  settings.error_log_level = proxy::Level::info;
  return settings;
}

net::Result<drivers::Setup> Stage::setup_of_proxy() {
  drivers::Setup setup;
  setup.directives = real_backends_.with_folders(fill_placeholders(directives_, names_of_run()));
  if (auto placed = place_certificates(setup.directives); !placed) {
    return tl::unexpected(placed.error());
  }
  setup.settings = settings_of_proxy(setup.directives);
  setup.time_scale = time_scale_;
  setup.ordinary_rights = needs_ordinary_rights(scenario_);
  return setup;
}

// The files that the directives name, in this run's folder.
net::Result<void> Stage::place_certificates(DirectiveBlock& directives) {
  bool any = false;
  for_each_certificate_file(directives, [&](const std::string&) { any = true; });
  if (!any) return {};
  const auto path = folder();
  if (!path) return tl::unexpected(path.error());
  return place_certificate_files(directives, scenario_.backends, certificates_, *path);
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
  if (const auto own = (*driver)->places().listen; own && options.network == nullptr)
    proxy_listen_ = *own;
  time_scale_ = options.time_scale;
  auto setup = setup_of_proxy();
  if (!setup) return tl::unexpected(setup.error());
  setup->interrupt_fd = options.interrupt_fd;
  if (folder_) setup->folder = folder_->path();
  auto proxy = (*driver)->start(loop_, *setup, recorder_);
  if (!proxy && scenario_.expect.start_error && refused(proxy.error()))
    recorder_.outcome().start_error = proxy.error().message;
  if (!proxy) {
    const auto who = (*driver)->in_process()
                         ? "the proxy"
                         : fmt::format("{} {}", (*driver)->name(), (*driver)->version());
    // What it cannot express, its driver says by name.
    if (proxy.error().message.starts_with((*driver)->name()) || proxy.error().code == ECANCELED)
      return tl::unexpected(proxy.error());
    return net::fail(fmt::format("{} does not start: {}", who, proxy.error().message),
                     proxy.error().code);
  }
  proxy_ = std::move(*proxy);
  recorder_.names().add(proxy_address(), "proxy");
  return {};
}

net::Address Stage::proxy_address() const {
  return proxy_->address();
}

std::string Stage::condition_of_proxy() const {
  return proxy_->condition();
}

void Stage::play_events() {
  for (const TimelineEvent& event : scenario_.events) {
    if (!event.after.empty()) continue;
    events_.push_back(loop_.at(event.at, [this, &event] { play(event); }));
  }
}

void Stage::request_ended(std::string_view name) {
  for (const TimelineEvent& event : scenario_.events) {
    if (event.after != name || event.after.empty()) continue;
    events_.push_back(loop_.after(event.pause, [this, &event] { play(event); }));
  }
}

void Stage::play(const TimelineEvent& event) {
  using Kind = TimelineEvent::Kind;
  if (event.kind == Kind::set) {
    change_settings(event);
    return;
  }
  if (const auto at = name_servers_.find(event.backend); at != name_servers_.end()) {
    play_on(*at->second, event, recorder_);
    if (event.kind == Kind::records) {
      recorder_.fact("event", event.backend + " has other records");
      at->second->set_records(hosts_of(event.records, names_of_run()));
    }
  } else if (real_backends_.has(event.backend)) {
    real_backends_.play(event);
  } else if (event.kind == Kind::signal) {
    const bool child = event.whom == processes::Whom::child;
    recorder_.fact("event", fmt::format("{}{} gets {}", child ? "a child of " : "", event.backend,
                                        processes::signal_name(event.signal)));
    backends_.find(event.backend)->second->signal(event.signal, child);
  } else {
    play_on(*backends_.find(event.backend)->second, event, recorder_);
  }
}

void Stage::change_settings(const TimelineEvent& event) {
  recorder_.fact("event", "the proxy is reloaded with " + to_text(event.directives));
  overlay(directives_, event.directives);
  const auto setup = setup_of_proxy();
  const net::Result<void> ok = setup ? proxy_->reload(*setup) : tl::unexpected(setup.error());
  if (!ok) {
    auto& outcome = recorder_.outcome();
    (ok.error().code == ENOTSUP ? outcome.skipped : outcome.broken) =
        "the proxy does not reload: " + ok.error().message;
    loop_.stop();
  }
}

bool Stage::logs_complete() const {
  return real_backends_.has_written(scenario_.expect.backends);
}

net::Result<void> Stage::end_programs() {
  return real_backends_.end();
}

void Stage::report() {
  for (const BackendSpec& spec : scenario_.backends) {
    if (spec.process) {
      real_backends_.report(spec.name);
      continue;
    }
    const Backend& backend = *backends_.find(spec.name)->second;
    const auto& counts = backend.counts();
    recorder_.outcome().backends.push_back({spec.name, counts.connections, counts.requests,
                                            counts.executed, counts.responses, backend.receipt(),
                                            backend.log()});
  }
  for (const auto& [name, server] : name_servers_) {
    const auto& counts = server->counts();
    recorder_.outcome().backends.push_back({name,
                                            counts.connections,
                                            counts.requests,
                                            counts.executed,
                                            counts.responses,
                                            server->receipt(),
                                            {}});
  }
}

}  // namespace badgate::harness
