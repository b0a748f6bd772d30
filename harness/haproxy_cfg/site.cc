#include "harness/haproxy_cfg/site.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace badgate::harness::haproxy_cfg {
namespace {

constexpr std::array<std::string_view, 3> kModes{"option http-keep-alive",
                                                 "option http-server-close", "option httpclose"};

// Address families that may be written in front.
std::string_view without_family(std::string_view address) {
  for (const std::string_view family : {"ipv4@", "ipv6@", "unix@", "quic4@", "quic6@", "mptcp@"})
    if (address.starts_with(family)) return address.substr(family.size());
  return address;
}

// Where the port begins, behind its colon; npos: there is none.
std::size_t port_at(std::string_view address) {
  const auto colon = address.rfind(':');
  const auto bracket = address.rfind(']');
  if (colon == address.npos || (bracket != address.npos && colon < bracket)) return address.npos;
  return colon + 1;
}

template <typename Named>
const Named* find_if(const std::vector<Named>& all, std::string_view name,
                     bool (Named::*is)() const) {
  const auto found =
      std::ranges::find_if(all, [&](const Named& one) { return one.name == name && (one.*is)(); });
  return found == all.end() ? nullptr : &*found;
}

// Of HAProxy 2.6 (section 4.2 of its manual).
std::string_view default_of(std::string_view setting) {
  constexpr auto kDefaults =
      std::to_array<std::pair<std::string_view, std::string_view>>({{"retries", "3"},
                                                                    {"http-reuse", "safe"},
                                                                    {"retry-on", "conn-failure"},
                                                                    {"mode", "tcp"},
                                                                    {"balance", "roundrobin"}});
  for (const auto& [name, value] : kDefaults)
    if (name == setting) return value;
  return {};
}

}  // namespace

bool Server::is_unix() const {
  return address.starts_with('/') || address.starts_with("unix@");
}

std::string Server::path() const {
  return is_unix() ? std::string(without_family(address)) : std::string();
}

std::string Server::host() const {
  if (is_unix()) return {};
  const auto plain = without_family(address);
  const auto port = port_at(plain);
  auto host = port == plain.npos ? plain : plain.substr(0, port - 1);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return std::string(host);
}

bool Server::is_name() const {
  const auto text = host();
  return !text.empty() && text.find(':') == text.npos && text.find('$') == text.npos &&
         text.find_first_not_of("0123456789.") != text.npos;
}

std::optional<std::uint16_t> Server::port() const {
  const auto plain = without_family(address);
  const auto at = is_unix() ? plain.npos : port_at(plain);
  std::uint16_t port = 0;
  if (at == plain.npos) return std::nullopt;
  const auto [end, error] = std::from_chars(plain.data() + at, plain.data() + plain.size(), port);
  if (error != std::errc() || end != plain.data() + plain.size() || port == 0) return std::nullopt;
  return port;
}

const Setting* Proxy::find(std::string_view setting) const {
  const auto found = settings.find(setting);
  return found == settings.end() ? nullptr : &found->second;
}

Setting Proxy::setting(std::string_view setting) const {
  if (const Setting* said = find(setting)) return *said;
  return {std::string(default_of(setting)), {}};
}

bool Proxy::option(std::string_view option) const {
  const Setting* said = find("option " + std::string(option));
  return said != nullptr && said->value.starts_with("on");
}

std::optional<net::Duration> Proxy::timeout(std::string_view timeout) const {
  const Setting* said = find("timeout " + std::string(timeout));
  return said == nullptr ? std::nullopt : parse_time(said->value);
}

const Proxy* Site::find_frontend(std::string_view name) const {
  return find_if(proxies, name, &Proxy::is_frontend);
}

const Proxy* Site::find_backend(std::string_view name) const {
  return find_if(proxies, name, &Proxy::is_backend);
}

std::optional<net::Duration> parse_time(std::string_view text) {
  using namespace std::chrono_literals;
  constexpr auto kUnits = std::to_array<std::pair<std::string_view, net::Duration>>(
      {{"", 1ms}, {"us", 1us}, {"ms", 1ms}, {"s", 1s}, {"m", 1min}, {"h", 1h}, {"d", 24h}});
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0) return std::nullopt;
  const auto unit = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const auto& [name, length] : kUnits) {
    if (name != unit) continue;
    // timer overflow in 32 bits of milliseconds, as HAProxy has it.
    constexpr auto kMost = std::chrono::milliseconds(INT32_MAX);
    if (number > kMost / length) return std::nullopt;
    return number * length;
  }
  return std::nullopt;
}

const Setting* connection_mode(const Proxy& frontend, const Proxy& backend) {
  const Setting* decides = nullptr;
  for (const Proxy* proxy : {&frontend, &backend}) {
    for (const std::string_view mode : kModes) {
      const Setting* said = proxy->find(mode);
      if (said == nullptr || said->value != "on") continue;
      const bool closes = mode != kModes.front();
      if (closes) return said;
      decides = said;
    }
  }
  return decides;
}

bool keeps_server_connections(const Proxy& frontend, const Proxy& backend) {
  return std::ranges::none_of(std::array{&frontend, &backend}, [](const Proxy* proxy) {
    return proxy->option("httpclose") || proxy->option("http-server-close");
  });
}

}  // namespace badgate::harness::haproxy_cfg
