#include "harness/drivers/expressed.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "net/http1_message.h"
#include "proxy/directives.h"
#include "proxy/proxy_pass.h"

namespace badgate::harness::drivers {
namespace {

// Of nginx's own words and numbers, which change nothing for clients and servers.
constexpr std::array<std::string_view, 5> kOfNginxAlone{"error_log_level", "log_format",
                                                        "nginx_version", "server_name", "listen"};

}  // namespace

tl::unexpected<net::Error> not_expressed(std::string_view proxy, std::string_view what) {
  return net::fail(fmt::format("{} has nothing like {}", proxy, what), ENOTSUP);
}

net::Result<void> all_known(const Setup& setup, std::string_view proxy,
                            std::span<const std::string_view> known) {
  for (const auto& [name, text] : setup.directives.directives) {
    // Who writes down what nginx does anyhow asks for nothing.
    const auto* field = net::find_field(proxy::settings_fields(), name);
    if (field != nullptr && field->fallback == text) continue;
    if (std::ranges::find(known, name) == known.end() &&
        std::ranges::find(kOfNginxAlone, name) == kOfNginxAlone.end())
      return not_expressed(proxy, name);
  }
  for (const DirectiveBlock& block : setup.directives.blocks)
    return not_expressed(proxy, fmt::format("`{} {}`", block.name, block.argument));
  return {};
}

bool says(const Setup& setup, std::string_view directive) {
  const auto* field = net::find_field(proxy::settings_fields(), directive);
  const auto& all = setup.directives.directives;
  return std::ranges::any_of(all, [&](const auto& one) {
    return one.first == directive && (field == nullptr || field->fallback != one.second);
  });
}

net::Result<const proxy::Upstream*> only_group(const Setup& setup, std::string_view proxy,
                                               bool knows_fastcgi) {
  const auto& settings = setup.settings;
  const bool fastcgi = !settings.fastcgi_pass.empty();
  if (fastcgi && !knows_fastcgi) return not_expressed(proxy, "fastcgi_pass");
  const auto pass = fastcgi ? proxy::parse_fastcgi_pass(settings.fastcgi_pass)
                            : proxy::parse_proxy_pass(settings.proxy_pass);
  if (!pass)
    return not_expressed(proxy, fastcgi ? fmt::format("fastcgi_pass {}", settings.fastcgi_pass)
                                        : fmt::format("proxy_pass {}", settings.proxy_pass));
  if (pass->uri) return not_expressed(proxy, "a path in proxy_pass");
  const auto group = std::ranges::find(settings.upstreams, pass->host, &proxy::Upstream::name);
  if (group == settings.upstreams.end())
    return not_expressed(proxy, "a proxy_pass without an upstream group");
  for (const proxy::Server& server : group->servers) {
    if (server.resolve || !server.host.empty())
      return not_expressed(proxy, "servers whose names are resolved");
  }
  return &*group;
}

bool passes_upgrade(const proxy::Settings& settings) {
  const auto has = [&](std::string_view name, std::string_view value) {
    return std::ranges::any_of(settings.proxy_set_header, [&](const auto& header) {
      return net::http1::iequals(header.name, name) && header.value == value;
    });
  };
  return has("Upgrade", "$http_upgrade") &&
         (has("Connection", "upgrade") || has("Connection", "$connection_upgrade"));
}

}  // namespace badgate::harness::drivers
