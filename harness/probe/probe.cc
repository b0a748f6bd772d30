#include "harness/probe/probe.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>

#include "harness/config.h"
#include "net/http1_writer.h"
#include "proxy/proxy_pass.h"

namespace badgate::harness::probe {
namespace {

constexpr std::size_t kMostAddresses = 16;  // of one name are visited
constexpr int kDepth = 9;                   // certificates between, as OpenSSL's verification
constexpr auto kProtocols = net::tls_1_0 | net::tls_1_1 | net::tls_1_2 | net::tls_1_3;

bool is_name(const std::string& host) {
  return !net::Address::parse(host_and_port(host, 0));
}

std::string request_text(const Url& url, const Options& options) {
  net::http1::HeaderList headers;
  const auto given = [&](std::string_view name) {
    return std::ranges::any_of(options.headers, [&](const auto& header) {
      return net::http1::iequals(header.first, name);
    });
  };
  if (!given("Host")) headers.push_back({"Host", url.authority()});
  if (!given("User-Agent")) headers.push_back({"User-Agent", "badgate/" BADGATE_VERSION});
  if (!given("Accept")) headers.push_back({"Accept", "*/*"});
  for (const auto& [name, value] : options.headers)
    headers.push_back({name, value});
  headers.push_back({"Connection", "close"});
  return net::http1::request_head(options.method, url.path, headers);
}

Outcome without_connection(const VisitSeen& seen) {
  if (seen.timed_out || seen.code == ETIMEDOUT) return Outcome::silent_connect;
  switch (seen.code) {
    case ECONNREFUSED:
      return Outcome::refused;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case EAFNOSUPPORT:
    case EADDRNOTAVAIL:
    case EACCES:
    case EPERM:
    case ENETDOWN:
      return Outcome::unreachable;
    default:
      return Outcome::broken_connect;
  }
}

}  // namespace

bool is_untrusted(const VisitSeen& seen) {
  return seen.tls && (seen.tls->verify_error != 0 || !seen.tls->name_matches);
}

Outcome outcome_of(const VisitSeen& seen) {
  constexpr int kServerError = 500;
  if (seen.reached == Reached::nothing) return without_connection(seen);
  if (seen.reached == Reached::connected && seen.tls_failed) return Outcome::tls_failed;
  if (seen.reached < Reached::header) {
    if (seen.reading == net::http1::Reading::not_http ||
        seen.reading == net::http1::Reading::invalid)
      return Outcome::not_http;
    if (!seen.timed_out) return Outcome::closed;
    return seen.reached == Reached::connected ? Outcome::tls_silent : Outcome::silent;
  }
  if (seen.head.status >= kServerError) return Outcome::server_error;
  return seen.reached == Reached::complete ? Outcome::good : Outcome::cut;
}

Probe::Probe(net::Loop& loop, Url url, Options options, OnDone on_done)
    : loop_(loop), options_(std::move(options)), on_done_(std::move(on_done)) {
  report_.url = std::move(url);
  report_.host = report_.url.host;
  report_.at = loop.wall();
}

net::Result<std::unique_ptr<Probe>> Probe::start(net::Loop& loop, Url url, Options options,
                                                 OnDone on_done) {
  std::unique_ptr<Probe> probe(
      new Probe(loop, std::move(url), std::move(options), std::move(on_done)));
  if (auto ok = probe->begin(); !ok) return tl::unexpected(ok.error());
  return probe;
}

net::Result<void> Probe::begin() {
  const Url& url = report_.url;
  if (url.https) {
    tls_.emplace(net::TlsRole::client, kProtocols);
    auto ok = options_.authorities.empty() ? tls_->trust_system()
                                           : tls_->trust(options_.authorities, kDepth);
    if (!ok) return ok;
  }
  const auto given = options_.resolve.find(fmt::format("{}:{}", url.host, url.port));
  if (given != options_.resolve.end()) {
    report_.given = true;
    soon_ = loop_.soon([this, addresses = given->second] { visit({.addresses = addresses}); });
    return {};
  }
  auto lookup = Lookup::start(loop_, url.host, options_.time_limit,
                              [this](Answer answer) { visit(std::move(answer)); });
  if (!lookup) return tl::unexpected(lookup.error());
  lookup_ = std::move(*lookup);
  return {};
}

VisitPlan Probe::plan_for(const net::Address& address) const {
  const Url& url = report_.url;
  return {.to = proxy::with_port(address, url.port),
          .tls = tls_ ? &*tls_ : nullptr,
          .server_name = is_name(url.host) ? url.host : std::string(),
          .verify_name = url.host,
          .request = request_text(url, options_),
          .head_request = options_.method == "HEAD",
          .connect_timeout = options_.connect_timeout,
          .time_limit = options_.time_limit};
}

void Probe::visit(Answer answer) {
  report_.name = std::move(answer);
  const auto& addresses = report_.name.addresses;
  left_ = std::min(addresses.size(), kMostAddresses);
  report_.addresses.resize(left_);
  if (left_ == 0) {
    soon_ = loop_.soon([this] { on_done_(std::move(report_)); });
    return;
  }
  for (std::size_t i = 0; i < report_.addresses.size(); ++i) {
    visits_.push_back(std::make_unique<Visit>(
        loop_, plan_for(addresses[i]), [this, i](VisitSeen seen) { take(i, std::move(seen)); }));
  }
}

void Probe::take(std::size_t index, VisitSeen seen) {
  AddressReport& report = report_.addresses[index];
  report.seen = std::move(seen);
  report.outcome = outcome_of(report.seen);
  if (report.seen.reached >= Reached::header) {
    const auto& head = report.seen.head;
    report.who = who_answered({.status = head.status,
                               .reason = head.status_line,
                               .headers = head.headers,
                               .body = report.seen.body});
  }
  if (--left_ == 0) soon_ = loop_.soon([this] { on_done_(std::move(report_)); });
}

}  // namespace badgate::harness::probe
