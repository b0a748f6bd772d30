#include "proxy/resolver.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace badgate::proxy {
namespace {

namespace dns = net::dns;

constexpr std::size_t kMostNames = 10'000;  // nginx has no limit: clients may choose the names

std::string normalised(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  std::string out(name);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

}  // namespace

// ---- who waits

Resolver::Lookup::Lookup(Resolver& resolver, std::string name, OnAnswer on_answer)
    : resolver_(resolver), name_(std::move(name)), on_answer_(std::move(on_answer)) {}

// ngx_resolve_name_done
Resolver::Lookup::~Lookup() {
  if (waiting_) {
    if (const auto node = resolver_.nodes_.find(waits_at_); node != resolver_.nodes_.end())
      std::erase(node->second.waiting, this);
  }
  std::erase_if(resolver_.due_, [this](const auto& due) { return due.first == this; });
  resolver_.done();
}

Resolver::Resolver(net::Loop& loop, ResolverSettings settings, ErrorLog& log, net::Rng rng)
    : loop_(loop), settings_(std::move(settings)), log_(log), rng_(rng) {
  for (const auto& address : settings_.servers) {
    servers_.push_back(std::make_unique<NameServer>(
        loop_, address, log_,
        [this](std::string_view message, bool tcp) { take_message(message, tcp); }));
  }
}

Resolver::~Resolver() {
  *alive_ = false;
}

std::unique_ptr<Resolver::Lookup> Resolver::lookup(std::string_view name, OnAnswer on_answer) {
  return std::unique_ptr<Lookup>(new Lookup(*this, normalised(name), std::move(on_answer)));
}

void Resolver::start(Lookup& lookup, net::Duration timeout) {
  if (timeout > net::Duration::zero())
    lookup.timer_ = loop_.after(timeout, [this, &lookup] { timed_out_now(lookup); });
  find({&lookup}, lookup.name_);
}

// ngx_resolver_timeout_handler
void Resolver::timed_out_now(Lookup& lookup) {
  if (const auto node = nodes_.find(lookup.waits_at_); node != nodes_.end())
    std::erase(node->second.waiting, &lookup);
  deliver({&lookup}, {.state = timed_out});
}

// Callbacks may destroy any Lookup, and the Resolver itself.
void Resolver::deliver(Waiting waiting, Answer answer) {
  const auto shared = std::make_shared<const Answer>(std::move(answer));
  for (Lookup* lookup : waiting) {
    lookup->waiting_ = false;
    lookup->timer_.cancel();
    due_.emplace_back(lookup, shared);
  }
  const auto alive = alive_;
  while (*alive && !due_.empty()) {
    const auto [lookup, its] = due_.front();
    due_.pop_front();
    const auto on_answer = std::move(lookup->on_answer_);
    on_answer(*its);
  }
}

void Resolver::done() {
  expire();
  if (resend_.empty()) resend_timer_.cancel();
}

// ---- names

std::int64_t Resolver::seconds() const {
  return std::chrono::floor<std::chrono::seconds>(loop_.wall().time_since_epoch()).count();
}

std::int64_t Resolver::valid_until(std::int64_t ttl) const {
  const auto valid = std::chrono::floor<std::chrono::seconds>(settings_.valid).count();
  return seconds() + (valid != 0 ? valid : ttl);
}

// ngx_resolve_name_locked
void Resolver::find(Waiting asking, std::string name) {
  while (true) {
    const auto at = nodes_.find(name);
    if (at == nodes_.end()) {
      Node& node = nodes_[name];
      node.name = name;
      node.place = expire_.insert(expire_.begin(), &node);
      return ask(node, std::move(asking));
    }
    Node& node = at->second;
    if (!node.waiting.empty()) {
      for (Lookup* lookup : asking) {
        lookup->waits_at_ = name;
        lookup->waiting_ = true;
      }
      node.waiting.insert(node.waiting.begin(), asking.begin(), asking.end());
      return;
    }
    if (node.valid < seconds()) return ask(node, std::move(asking));
    if (from_cache(node, asking)) return;
    name = node.cname;
  }
}

// False: it is the CNAME that must be asked for.
bool Resolver::from_cache(Node& node, Waiting& asking) {
  node.expire = seconds() + forget_after;
  move(node, false);
  if (node.v4.count() + node.v6.count() > 0) {
    deliver(std::move(asking), {.addresses = addresses_of(node, true), .valid = node.valid});
    return true;
  }
  if (asking.front()->recursion_++ < most_recursion) return false;
  deliver(std::move(asking), {.state = dns::host_not_found, .valid = valid_until(failure_valid)});
  return true;
}

void Resolver::ask(Node& node, Waiting asking) {
  node.v4 = node.v6 = {};
  node.cname.clear();
  node.code = 0;
  node.valid = 0;
  node.ttl = 0xffffffff;
  if (!write_queries(node)) {
    forget(node);
    return deliver(std::move(asking), {.state = dns::host_not_found});
  }
  for (Lookup* lookup : asking) {
    lookup->waits_at_ = node.name;
    lookup->waiting_ = true;
  }
  node.waiting = std::move(asking);
  node.server = next_server_;
  next_server_ = (next_server_ + 1) % servers_.size();
  if (!send(node)) {
    node.server = (node.server + 1) % servers_.size();
    send(node);
  }
  if (resend_.empty())
    resend_timer_ = loop_.after(std::chrono::seconds(resend_after), [this] { resend(); });
  node.expire = seconds() + resend_after;
  move(node, true);
}

bool Resolver::write_queries(Node& node) {
  const auto write = [&](Family& family, bool wanted, std::uint16_t type) {
    family.addresses.reset();
    if (!wanted) {
      family.addresses.emplace();
      return true;
    }
    family.id = static_cast<std::uint16_t>(rng_.below(0x10000));
    auto query = dns::write_query(family.id, node.name, type);
    if (query) family.query = std::move(*query);
    return query.has_value();
  };
  return write(node.v4, settings_.ipv4, dns::type_a) &&
         write(node.v6, settings_.ipv6, dns::type_aaaa);
}

// ngx_resolver_send_query
bool Resolver::send(Node& node) {
  return send(node, node.v4) && send(node, node.v6);
}

bool Resolver::send(Node& node, const Family& family) {
  if (!family.pending()) return true;
  NameServer& server = *servers_[node.server];
  return family.tcp ? server.send_tcp(family.query) : server.send_udp(family.query);
}

// ngx_resolver_resend: the next server is asked, as long as somebody waits.
void Resolver::resend() {
  const auto now = seconds();
  while (!resend_.empty()) {
    Node& node = *resend_.back();
    if (now < node.expire) {
      resend_timer_ = loop_.after(std::chrono::seconds(node.expire - now), [this] { resend(); });
      return;
    }
    if (node.waiting.empty()) {
      forget(node);
      continue;
    }
    node.server = (node.server + 1) % servers_.size();
    send(node);
    node.expire = now + resend_after;
    move(node, true);
  }
}

// ngx_resolver_expire
void Resolver::expire() {
  const auto now = seconds();
  for (int i = 0; i < 2 && !expire_.empty(); ++i) {
    Node& node = *expire_.back();
    if (now <= node.expire && nodes_.size() <= kMostNames) return;
    forget(node);
  }
}

// To the front of one of the two queues.
void Resolver::move(Node& node, bool asking) {
  auto& from = node.asking ? resend_ : expire_;
  auto& to = asking ? resend_ : expire_;
  to.splice(to.begin(), from, node.place);
  node.asking = asking;
}

void Resolver::forget(Node& node) {
  (node.asking ? resend_ : expire_).erase(node.place);
  nodes_.erase(nodes_.find(node.name));
}

// ngx_resolver_export: IPv4 first; from the cache each time another one first.
Resolver::Addresses Resolver::addresses_of(const Node& node, bool rotate) {
  const std::size_t total = node.v4.count() + node.v6.count();
  Addresses out(total);
  std::size_t at = rotate && total > 1 ? rng_.below(total) : 0;
  for (const Family* family : {&node.v4, &node.v6}) {
    const std::size_t count = family->count();
    const std::size_t first = rotate && count > 1 ? rng_.below(count) : 0;
    for (std::size_t i = 0; i < count; ++i, at = (at + 1) % total)
      out[at] = (*family->addresses)[(first + i) % count];
  }
  return out;
}

std::string_view Resolver::error_text(int state) {
  constexpr std::array<std::string_view, 5> texts{
      "Format error", "Server failure", "Host not found", "Unimplemented", "Operation refused"};
  if (state > 0 && state <= static_cast<int>(texts.size()))
    return texts[static_cast<std::size_t>(state) - 1];
  return state == timed_out ? "Operation timed out" : "Unknown error";
}

}  // namespace badgate::proxy
