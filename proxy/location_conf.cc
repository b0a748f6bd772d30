#include "proxy/location_conf.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <span>

#include "proxy/cycle.h"
#include "proxy/directives.h"

namespace badgate::proxy {

namespace {

// ngx_http_fastcgi_hide_headers
constexpr std::array<std::string_view, 6> kHiddenOfFastcgi{"Status",
                                                           "X-Accel-Expires",
                                                           "X-Accel-Redirect",
                                                           "X-Accel-Limit-Rate",
                                                           "X-Accel-Buffering",
                                                           "X-Accel-Charset"};

// ngx_http_proxy_hide_headers
constexpr std::array<std::string_view, 8> kHiddenHeaders{"Date",
                                                         "Server",
                                                         "X-Pad",
                                                         "X-Accel-Expires",
                                                         "X-Accel-Redirect",
                                                         "X-Accel-Limit-Rate",
                                                         "X-Accel-Buffering",
                                                         "X-Accel-Charset"};

template <typename Names>
bool has(const Names& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [name](std::string_view other) { return net::http1::iequals(name, other); });
}

net::Result<std::vector<HeaderConf>> compile(const std::vector<HeaderSetting>& settings) {
  std::vector<HeaderConf> headers;
  for (const HeaderSetting& setting : settings) {
    auto value = ComplexValue::compile(setting.value);
    if (!value) return tl::unexpected(value.error());
    headers.push_back({setting.name, std::move(*value), setting.always});
  }
  return headers;
}

// ngx_http_upstream_hide_headers_hash
void settle_hidden_headers(LocationConf& conf) {
  const auto& settings = conf.pass_settings();
  const bool fastcgi = !conf.fastcgi_pass.empty();
  if (!fastcgi && settings.hide_header.empty() && settings.pass_header.empty()) return;
  auto hidden = settings.hide_header;
  const auto usual = fastcgi ? std::span<const std::string_view>(kHiddenOfFastcgi)
                             : std::span<const std::string_view>(kHiddenHeaders);
  hidden.insert(hidden.end(), usual.begin(), usual.end());
  std::erase_if(hidden, [&](const auto& name) { return has(settings.pass_header, name); });
  conf.own_server = has(hidden, "Server");
  conf.own_date = has(hidden, "Date");
  conf.hidden_headers = std::make_shared<const std::vector<std::string>>(std::move(hidden));
}

template <typename Zones>
auto find_zone(const Zones& zones, const std::string& name)
    -> net::Result<typename Zones::mapped_type> {
  const auto at = zones.find(name);
  if (at != zones.end()) return at->second;
  return net::fail(fmt::format("zero size shared memory zone \"{}\"", name));
}

net::Result<void> settle_limits(LocationConf& conf, const Zones& zones) {
  constexpr std::int64_t unit = 1000;
  for (const LimitReq& limit : conf.limit_req) {
    auto zone = find_zone(zones.rates, limit.zone);
    if (!zone) return tl::unexpected(zone.error());
    conf.rate_limits.push_back({std::move(*zone), limit.burst * unit, limit.delay * unit});
  }
  for (const LimitConn& limit : conf.limit_conn) {
    auto zone = find_zone(zones.connections, limit.zone);
    if (!zone) return tl::unexpected(zone.error());
    conf.connection_limits.push_back({std::move(*zone), limit.most});
  }
  return {};
}

net::Result<void> settle_flow(LocationConf& conf, const Zones& zones) {
  for (const ErrorPageSetting& page : conf.error_page) {
    auto uri = ComplexValue::compile(page.uri);
    if (!uri) return tl::unexpected(uri.error());
    conf.error_pages.push_back({page.statuses, page.overwrite, std::move(*uri)});
  }
  auto text = ComplexValue::compile(conf.returned.text);
  if (!text) return tl::unexpected(text.error());
  conf.return_text = std::move(*text);
  return settle_limits(conf, zones);
}

}  // namespace

bool LocationConf::ignores(std::string_view header) const {
  const auto& ignored = pass_settings().ignore_headers;
  return !ignored.empty() && has(ignored, header);
}

const ErrorPageConf* LocationConf::find_error_page(int status) const {
  const auto at =
      std::find_if(error_pages.begin(), error_pages.end(), [status](const ErrorPageConf& page) {
        const auto& statuses = page.statuses;
        return std::find(statuses.begin(), statuses.end(), status) != statuses.end();
      });
  return at == error_pages.end() ? nullptr : &*at;
}

bool LocationConf::hides(std::string_view header) const {
  return hidden_headers ? has(*hidden_headers, header) : has(kHiddenHeaders, header);
}

UpstreamConf::UpstreamConf(net::Loop& loop, const Upstream& upstream, const Rules& rules)
    : limits(KeepalivePool::Limits::of(upstream, rules)),
      group(std::make_shared<Group>(upstream)),
      pool(loop, limits) {}

namespace {

// Where requests are passed to, and how.
net::Result<void> settle_pass(LocationConf& conf, net::Loop& loop, Cycle& cycle) {
  const std::string directive = conf.fastcgi_pass.empty() ? "proxy_pass: " : "fastcgi_pass: ";
  const bool variables = has_variables(conf.pass_text());
  if (variables) {
    auto compiled = PassVariables::compile(conf);
    if (!compiled) return net::fail(directive + compiled.error().message);
    conf.pass_variables = std::move(*compiled);
  } else {
    auto pass = conf.fastcgi_pass.empty() ? parse_proxy_pass(conf.proxy_pass)
                                          : parse_fastcgi_pass(conf.fastcgi_pass);
    if (!pass) return net::fail(directive + pass.error().message);
    conf.pass = std::move(*pass);
    auto upstream = cycle.upstream_at_start(loop, conf.pass);
    if (!upstream) return net::fail(directive + upstream.error().message);
    conf.upstream = *upstream;
  }
  if (!conf.fastcgi_pass.empty()) return {};
  if (!variables) {
    // ngx_http_proxy_pass, ngx_http_proxy_merge_loc_conf: proxy_redirect default
    if (conf.match != Location::Match::named) conf.pass.redirect_to = conf.path;
    conf.pass.redirect_prefix = conf.proxy_pass + (conf.pass.uri ? "" : conf.pass.redirect_to);
  }
  if (conf.pass.ssl || variables) {
    auto context = UpstreamSsl::create(conf, cycle.rules);
    if (!context) return tl::unexpected(context.error());
    conf.ssl = std::make_shared<const UpstreamSsl>(std::move(*context));
  }
  return {};
}

net::Result<void> settle_fastcgi(LocationConf& conf) {
  if (conf.fastcgi_pass.empty()) return {};
  auto params = FastcgiParams::compile(conf.fastcgi_params_in_force());
  if (!params) return net::fail("fastcgi_param: " + params.error().message);
  conf.fastcgi_params = std::move(*params);
  auto split = FastcgiSplit::compile(conf.fastcgi_split_path_info);
  if (!split) return net::fail("fastcgi_split_path_info: " + split.error().message);
  conf.fastcgi_split = std::move(*split);
  return {};
}

}  // namespace

net::Result<LocationConf> LocationConf::create(net::Loop& loop, const Location& location,
                                               Cycle& cycle) {
  LocationConf conf;
  static_cast<Location&>(conf) = location;
  conf.names = cycle.resolver_of(loop, location.resolver);
  if (auto ok = settle_pass(conf, loop, cycle); !ok) return tl::unexpected(ok.error());
  conf.upstream_version = upstream_http_version(conf, cycle.rules);
  const unsigned kept = conf.upstream == nullptr ? 0 : conf.upstream->limits.connections;
  conf.upstream_keepalive = conf.upstream_version == net::http1::version_11 &&
                            (kept > 0 || cycle.rules.http11_default_upstream);
  if (auto ok = settle_fastcgi(conf); !ok) return tl::unexpected(ok.error());
  conf.busy_buffers = busy_buffers_size(conf.pass_settings());
  auto set = compile(conf.proxy_set_header);
  if (!set) return tl::unexpected(set.error());
  conf.set_headers = std::move(*set);
  auto added = compile(conf.add_header);
  if (!added) return tl::unexpected(added.error());
  conf.added_headers = std::move(*added);
  settle_hidden_headers(conf);
  if (auto ok = settle_flow(conf, cycle.zones); !ok) return tl::unexpected(ok.error());
  return conf;
}

}  // namespace badgate::proxy
