#include "harness/check/examine.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "harness/config.h"
#include "harness/probe/url.h"
#include "net/fastcgi.h"
#include "net/http1_writer.h"
#include "net/pem_file.h"
#include "proxy/proxy_pass.h"

namespace badgate::harness::check {
namespace {

using probe::Reached;
using probe::VisitSeen;

constexpr std::size_t kMostAddresses = 16;  // of one name
constexpr int kDepth = 9;
constexpr auto kAllProtocols = net::tls_1_0 | net::tls_1_1 | net::tls_1_2 | net::tls_1_3;

std::string http_request(const Target& target) {
  net::http1::HeaderList headers{
      {"Host", target.http_host.empty() ? "localhost" : target.http_host},
      {"User-Agent", "badgate/" BADGATE_VERSION},
      {"Connection", "close"}};
  return net::http1::request_head("GET", target.uri, headers, net::http1::version_10);
}

// FCGI_GET_VALUES (section 4.1): every FastCGI library answers it itself, and no script is run.
std::string get_values() {
  std::string names;
  net::fastcgi::append_param(names, "FCGI_MAX_CONNS", "");
  std::string out;
  net::fastcgi::append_record(out, net::fastcgi::Type::get_values, 0, names);
  return out;
}

// A request for a script that nobody has.
std::string fastcgi_request() {
  using net::fastcgi::Type;
  std::string params;
  for (const auto& [name, value] :
       {std::pair{"REQUEST_METHOD", "GET"}, std::pair{"SCRIPT_FILENAME", "/badgate-check.php"},
        std::pair{"SCRIPT_NAME", "/badgate-check.php"},
        std::pair{"REQUEST_URI", "/badgate-check.php"}, std::pair{"SERVER_PROTOCOL", "HTTP/1.0"}})
    net::fastcgi::append_param(params, name, value);
  std::string out;
  net::fastcgi::append_begin_request(out, 1, net::fastcgi::Role::responder, 0);
  net::fastcgi::append_record(out, Type::params, 1, params);
  net::fastcgi::append_record(out, Type::params, 1, {});
  net::fastcgi::append_record(out, Type::stdin_data, 1, {});
  return out;
}

std::vector<std::string> sockets_beside(const std::string& path) {
  constexpr std::size_t kMost = 8;
  std::vector<std::string> found;
  std::error_code error;
  const auto folder = std::filesystem::path(path).parent_path();
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (found.size() < kMost && entry.is_socket(error)) found.push_back(entry.path().string());
  }
  std::ranges::sort(found);
  return found;
}

bool somebody_waits(const net::Address& at) {
  const auto queue = net::listen_queue(at);
  return queue && *queue && (*queue)->waiting > 0;
}

bool has_answered(const VisitSeen& seen) {
  return seen.reached >= Reached::header;
}

}  // namespace

bool speaks_fastcgi(const VisitSeen& seen) {
  const auto header = net::fastcgi::parse_header(seen.first_bytes);
  return header && header->version == net::fastcgi::version_1 && header->type >= 3 &&
         header->type <= 11;
}

Examination::Examination(net::Loop& loop, const Target& target, const User& user, Limits limits,
                         OnDone on_done)
    : loop_(loop), target_(target), user_(user), limits_(limits), on_done_(std::move(on_done)) {
  soon_ = loop_.soon([this] { begin(); });
}

Examination::~Examination() = default;

void Examination::begin() {
  if (target_.undecided) return finish();
  if (!target_.path.empty()) {
    seen_.obstacle = obstacle_to_socket(target_.path, user_);
    const auto address = net::Address::unix_path(target_.path);
    const bool there = !seen_.obstacle || seen_.obstacle->kind == Obstacle::Kind::no_way ||
                       seen_.obstacle->kind == Obstacle::Kind::no_right;
    if (!there) seen_.siblings = sockets_beside(target_.path);
    if (!address || !there) return finish();
    return begin_addresses({*address});
  }
  auto lookup = probe::Lookup::start(loop_, target_.host, limits_.longest, [this](auto answer) {
    seen_.name = std::move(answer);
    std::vector<net::Address> addresses;
    for (const auto& address : seen_.name.addresses)
      addresses.push_back(proxy::with_port(address, target_.port));
    begin_addresses(std::move(addresses));
  });
  if (lookup) {
    lookup_ = std::move(*lookup);
  } else {
    seen_.name.error = lookup.error().message;
    finish();
  }
}

void Examination::begin_addresses(std::vector<net::Address> addresses) {
  if (addresses.size() > kMostAddresses) addresses.resize(kMostAddresses);
  if (target_.tls) prepare_tls();
  if (addresses.empty() || !seen_.broken_tls.empty()) return finish();
  for (const auto& address : addresses) {
    AddressSeen& seen = seen_.addresses.emplace_back();
    seen.at = address;
    seen.local = net::is_local(address);
    if (!seen.local) continue;
    if (const auto queue = net::listen_queue(address)) seen.queue = *queue;
  }
  left_ = addresses.size();
  visits_.resize(left_);
  for (std::size_t i = 0; i < addresses.size(); ++i)
    visit(i, Dress::as_told);
}

// As ngx_http_proxy_set_ssl; whom it trusts is looked at in any case, whether that counts or not.
void Examination::prepare_tls() {
  const TargetTls& told = *target_.tls;
  const auto protocols = net::parse_tls_protocols(told.protocols);
  tls_.emplace(net::TlsRole::client, protocols.value_or(net::tls_1_2 | net::tls_1_3));
  net::Result<void> ok;
  for (const std::string& file : {told.certificate, told.key, told.trusted}) {
    if (ok && !file.empty()) ok = net::check_pem_file(file);
  }
  if (ok && !told.ciphers.empty()) ok = tls_->set_ciphers(told.ciphers);
  if (ok && !told.certificate.empty()) ok = tls_->use_certificate(told.certificate, told.key);
  if (ok) ok = told.trusted.empty() ? tls_->trust_system() : tls_->trust(told.trusted, kDepth);
  if (!ok) seen_.broken_tls = ok.error().message;
}

probe::VisitPlan Examination::plan_for(const net::Address& at, Dress dress) const {
  probe::VisitPlan plan{.to = at};
  plan.connect_timeout = std::min(target_.connect_timeout, limits_.longest);
  plan.time_limit = std::min(target_.read_timeout + target_.connect_timeout, limits_.longest);
  if ((dress == Dress::as_told || dress == Dress::named) && target_.tls) {
    plan.tls = &*tls_;
    plan.verify_name = target_.tls->name;
    if (target_.tls->send_name || dress == Dress::named) plan.server_name = target_.tls->name;
  }
  if (dress == Dress::named) return plan;  // the handshake tells all
  if (dress == Dress::tls) {
    plan.tls = &*any_tls_;
    plan.verify_name = target_.tls ? target_.tls->name : target_.host;
    plan.server_name = target_.is_name || target_.tls ? plan.verify_name : std::string();
    return plan;
  }
  const bool fastcgi =
      dress == Dress::fastcgi || (dress == Dress::as_told && target_.speaks_fastcgi());
  if (fastcgi || dress == Dress::fastcgi_request) {
    plan.request = fastcgi ? get_values() : fastcgi_request();
    plan.first_bytes_only = true;
  } else if (dress == Dress::plain || target_.speaks_http()) {
    plan.request = http_request(target_);
  }
  return plan;
}

void Examination::visit(std::size_t index, Dress dress) {
  if (dress == Dress::tls && !any_tls_) any_tls_.emplace(net::TlsRole::client, kAllProtocols);
  if (visits_[index]) over_.push_back(std::move(visits_[index]));
  visits_[index] = std::make_unique<probe::Visit>(
      loop_, plan_for(seen_.addresses[index].at, dress),
      [this, index, dress](VisitSeen seen) { visited(index, dress, std::move(seen)); });
}

void Examination::visited(std::size_t index, Dress dress, VisitSeen seen) {
  AddressSeen& address = seen_.addresses[index];
  switch (dress) {
    case Dress::as_told:
      address.as_told = std::move(seen);
      address.unaccepted = address.as_told.timed_out && address.local && somebody_waits(address.at);
      break;
    case Dress::named:
      address.named = std::move(seen);
      break;
    case Dress::plain:
      address.plain = std::move(seen);
      break;
    case Dress::tls:
      address.tls = std::move(seen);
      break;
    case Dress::fastcgi:
      address.fastcgi = std::move(seen);
      break;
    case Dress::fastcgi_request:
      address.fastcgi_request = std::move(seen);
      break;
  }
  if (const auto next = next_dress(address)) return visit(index, *next);
  if (--left_ == 0) finish();
}

// What else is asked to find out why it does not do.
std::optional<Examination::Dress> Examination::next_dress(const AddressSeen& seen) const {
  const VisitSeen& told = seen.as_told;
  if (told.reached == Reached::nothing) return std::nullopt;  // nobody is there to be asked
  if (target_.speaks_fastcgi()) {
    if (speaks_fastcgi(told)) return std::nullopt;
    if (!seen.fastcgi_request) return Dress::fastcgi_request;
    if (speaks_fastcgi(*seen.fastcgi_request) || seen.plain) return std::nullopt;
    return Dress::plain;
  }
  if (!target_.speaks_http()) return std::nullopt;
  constexpr int kBadRequest = 400;
  const bool suspicious = !has_answered(told) || told.head.status == kBadRequest;
  if (!suspicious) return std::nullopt;
  const bool no_handshake = target_.tls && !told.tls;
  if (no_handshake && !target_.tls->send_name && !seen.named) return Dress::named;
  if (!seen.tls) return Dress::tls;
  if (target_.tls) return seen.plain ? std::nullopt : std::optional(Dress::plain);
  if (seen.tls->tls || has_answered(told)) return std::nullopt;
  return seen.fastcgi ? std::nullopt : std::optional(Dress::fastcgi);
}

void Examination::finish() {
  soon_ = loop_.soon([this] { on_done_(std::move(seen_)); });
}

}  // namespace badgate::harness::check
