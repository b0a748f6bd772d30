#include "proxy/cycle.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>

#include "proxy/directives.h"

namespace badgate::proxy {
namespace {

const Upstream* find_upstream(const Settings& settings, std::string_view name) {
  const auto at = std::find_if(settings.upstreams.begin(), settings.upstreams.end(),
                               [&](const Upstream& u) { return u.name == name; });
  return at == settings.upstreams.end() ? nullptr : &*at;
}

net::http1::RequestRules request_rules_of(const Settings& settings) {
  net::http1::RequestRules rules;
  rules.client_header_buffer_size = settings.client_header_buffer_size;
  rules.large_client_header_buffers = settings.large_client_header_buffers.number;
  rules.large_client_header_buffer_size = settings.large_client_header_buffers.size;
  return rules;
}

}  // namespace

net::Result<ProxyPass> parse_proxy_pass(const std::string& url) {
  constexpr std::string_view scheme = "http://";
  if (!url.starts_with(scheme)) return net::fail("proxy_pass: invalid URL prefix");
  const std::string rest = url.substr(scheme.size());
  const auto slash = rest.find('/');
  ProxyPass pass;
  pass.host = rest.substr(0, slash);
  if (pass.host.empty()) return net::fail("proxy_pass: no host in upstream");
  if (slash != std::string::npos) pass.uri = rest.substr(slash);
  pass.redirect_prefix = pass.uri ? url : url + "/";
  return pass;
}

net::Result<std::shared_ptr<Cycle>> Cycle::create(net::Loop& loop, Settings settings,
                                                  LogSink& sink) {
  auto pass = parse_proxy_pass(settings.proxy_pass);
  if (!pass) return tl::unexpected(pass.error());
  const Upstream* upstream = find_upstream(settings, pass->host);
  if (upstream == nullptr) {
    return net::fail(fmt::format("proxy_pass: host not found in upstream \"{}\"", pass->host));
  }
  auto format = LogFormat::compile(settings.log_format.empty() ? LogFormat::default_text()
                                                               : settings.log_format);
  if (!format) return tl::unexpected(format.error());

  const Rules rules = rules_of(settings.nginx_version);
  // Runs on the virtual clock repeat to the byte, so the process's number must not show.
  const int pid = loop.clock().is_virtual() ? 1 : ::getpid();
  const int version = upstream_http_version(settings);
  auto group = std::make_shared<Group>(*upstream);
  const auto limits = KeepalivePool::Limits::of(*upstream, rules);
  const bool keepalive = version == net::http1::version_11 &&
                         (limits.connections > 0 || rules.http11_default_upstream);
  const auto request_rules = request_rules_of(settings);
  const auto busy = busy_buffers_size(settings);
  const Level level = settings.error_log_level;
  return std::shared_ptr<Cycle>(new Cycle{
      .settings = std::move(settings),
      .rules = rules,
      .pass = std::move(*pass),
      .group = std::move(group),
      .pool = KeepalivePool(loop, limits),
      .error_log = ErrorLog(sink, level, pid, pid),
      .access_log = AccessLog(sink, std::move(*format), rules.join_headers),
      .response_rules = net::http1::ResponseRules::of(rules.version),
      .request_rules = request_rules,
      .upstream_version = version,
      .upstream_keepalive = keepalive,
      .busy_buffers = busy,
  });
}

}  // namespace badgate::proxy
