#include "proxy/balancer.h"

#include <algorithm>
#include <utility>

#include "proxy/proxy_pass.h"

namespace badgate::proxy {
namespace {

// nginx's ngx_time(): whole seconds of the wall clock.
std::int64_t seconds(net::WallTime now) {
  return std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
}

}  // namespace

Group::Group(const Upstream& upstream) : name_(upstream.name), servers_(upstream.servers) {
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    if (!servers_[i].resolve) add(i, servers_[i].address);
  }
  settle_single();
}

void Group::add(std::size_t index, const net::Address& address) {
  auto peer = std::make_shared<Peer>();
  peer->server = servers_[index];
  peer->server.address = address;
  peer->name = address.to_string();
  peer->index = index;
  peer->effective_weight = peer->server.weight;
  peer->fail_timeout = std::chrono::floor<std::chrono::seconds>(peer->server.fail_timeout).count();
  (peer->server.backup ? backup_ : primary_).push_back(std::move(peer));
}

// ngx_http_upstream_zone_set_single
void Group::settle_single() {
  single_ = primary_.size() == 1 && backup_.empty();
}

void Group::set_addresses(std::size_t index, const std::vector<net::Address>& addresses) {
  const Server& server = servers_[index];
  std::vector<net::Address> added;
  for (const net::Address& address : addresses)
    added.push_back(with_port(address, server.port));
  const std::size_t gone =
      std::erase_if(server.backup ? backup_ : primary_, [&](const std::shared_ptr<Peer>& peer) {
        if (peer->index != index) return false;
        const auto same = std::find(added.begin(), added.end(), peer->server.address);
        if (same == added.end()) return true;
        added.erase(same);
        return false;
      });
  if (gone == 0 && added.empty()) return;
  for (const net::Address& address : added)
    add(index, address);
  settle_single();
  ++changes_;
}

std::vector<net::Address> Group::addresses_of(std::size_t index) const {
  std::vector<net::Address> out;
  for (const auto& peer : servers_[index].backup ? backup_ : primary_) {
    if (peer->index == index) out.push_back(peer->server.address);
  }
  return out;
}

unsigned Group::tries() const {
  const auto up = [](const std::shared_ptr<Peer>& peer) { return !peer->server.down; };
  const auto count = std::count_if(primary_.begin(), primary_.end(), up) +
                     std::count_if(backup_.begin(), backup_.end(), up);
  return static_cast<unsigned>(count);
}

void Group::set_healthy(std::size_t index, bool healthy) {
  for (Peers* peers : {&primary_, &backup_}) {
    for (const auto& peer : *peers)
      if (peer->index == index) peer->healthy = healthy;
  }
}

Selection::Selection(std::shared_ptr<Group> group, unsigned max_tries)
    : group_(std::move(group)),
      peers_(&group_->primary_),
      tried_(peers_->size(), false),
      changes_(group_->changes_),
      tries_(group_->tries()) {
  if (max_tries != 0) tries_ = std::min(tries_, max_tries);
}

Selection::Selection(Selection&& other) noexcept
    : group_(std::move(other.group_)),
      peers_(other.peers_),
      tried_(std::move(other.tried_)),
      held_(std::move(other.held_)),
      current_(std::exchange(other.current_, nullptr)),
      changes_(other.changes_),
      tries_(other.tries_) {}

Selection::~Selection() {
  if (current_ != nullptr) --current_->conns;
}

const Server* Selection::get(net::WallTime now) {
  if (current_ != nullptr) free(PeerState::ok, now);
  // ngx_http_upstream_get_round_robin_peer: busy
  if (changes_ != group_->changes_) return nullptr;
  held_ = pick(seconds(now));
  // Once a request has turned to the backup servers, it does not come back.
  if (held_ == nullptr && peers_ == &group_->primary_ && !group_->backup_.empty()) {
    peers_ = &group_->backup_;
    tried_.assign(peers_->size(), false);
    held_ = pick(seconds(now));
  }
  current_ = held_.get();
  if (current_ == nullptr) return nullptr;
  ++current_->conns;
  return &current_->server;
}

bool Selection::may_take(const Group::Peer& peer, std::size_t at, std::int64_t now) const {
  const Server& server = peer.server;
  if (server.down || !peer.healthy) return false;
  if (server.max_conns != 0 && peer.conns >= server.max_conns) return false;
  if (group_->single_) return true;
  if (tried_[at]) return false;
  const bool out = server.max_fails != 0 && peer.fails >= server.max_fails;
  return !out || now - peer.checked > peer.fail_timeout;
}

// ngx_http_upstream_get_peer: everyone who may be taken gains its effective weight, the one with
// the most is taken and pays for all.
std::shared_ptr<Group::Peer> Selection::pick(std::int64_t now) {
  std::shared_ptr<Group::Peer> best;
  std::size_t best_at = 0;
  std::int64_t total = 0;
  for (std::size_t at = 0; at < peers_->size(); ++at) {
    const auto& peer = (*peers_)[at];
    if (!may_take(*peer, at, now)) continue;
    if (group_->single_) return peer;
    peer->current_weight += peer->effective_weight;
    total += peer->effective_weight;
    // A server that has failed comes back by one a request.
    if (peer->effective_weight < peer->server.weight) ++peer->effective_weight;
    if (best != nullptr && peer->current_weight <= best->current_weight) continue;
    best = peer;
    best_at = at;
  }
  if (best == nullptr) return nullptr;
  tried_[best_at] = true;
  best->current_weight -= total;
  // Only this request probes a server whose fail_timeout is over.
  if (now - best->checked > best->fail_timeout) best->checked = now;
  return best;
}

bool Selection::free(PeerState state, net::WallTime now) {
  if (current_ == nullptr) return false;
  Group::Peer& peer = *std::exchange(current_, nullptr);
  --peer.conns;
  if (group_->single_) {
    peer.fails = 0;
    tries_ = 0;
    return false;
  }
  if (tries_ > 0) --tries_;
  if (state != PeerState::failed) {
    // A success counts only after the probe that follows a fail_timeout.
    if (peer.accessed < peer.checked) peer.fails = 0;
    return false;
  }
  ++peer.fails;
  peer.accessed = peer.checked = seconds(now);
  const unsigned max_fails = peer.server.max_fails;
  if (max_fails == 0) return false;
  peer.effective_weight -= peer.server.weight / max_fails;
  peer.effective_weight = std::max<std::int64_t>(peer.effective_weight, 0);
  return peer.fails >= max_fails;
}

}  // namespace badgate::proxy
