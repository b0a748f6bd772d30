#include "proxy/balancer.h"

#include <algorithm>
#include <utility>

namespace badgate::proxy {
namespace {

// nginx's ngx_time(): whole seconds of the wall clock.
std::int64_t seconds(net::WallTime now) {
  return std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
}

}  // namespace

Group::Group(const Upstream& upstream) : name_(upstream.name) {
  for (std::size_t i = 0; i < upstream.servers.size(); ++i) {
    const Server& server = upstream.servers[i];
    Peer peer;
    peer.server = server;
    peer.name = server.address.to_string();
    peer.index = i;
    peer.effective_weight = server.weight;
    peer.fail_timeout = std::chrono::floor<std::chrono::seconds>(server.fail_timeout).count();
    (server.backup ? backup_ : primary_).push_back(std::move(peer));
  }
  single_ = primary_.size() == 1 && backup_.empty();
}

unsigned Group::tries() const {
  const auto up = [](const Peer& peer) { return !peer.server.down; };
  const auto count = std::count_if(primary_.begin(), primary_.end(), up) +
                     std::count_if(backup_.begin(), backup_.end(), up);
  return static_cast<unsigned>(count);
}

void Group::set_healthy(std::size_t index, bool healthy) {
  for (Peers* peers : {&primary_, &backup_}) {
    for (Peer& peer : *peers)
      if (peer.index == index) peer.healthy = healthy;
  }
}

Selection::Selection(std::shared_ptr<Group> group, unsigned max_tries)
    : group_(std::move(group)),
      peers_(&group_->primary_),
      tried_(peers_->size(), false),
      tries_(group_->tries()) {
  if (max_tries != 0) tries_ = std::min(tries_, max_tries);
}

Selection::Selection(Selection&& other) noexcept
    : group_(std::move(other.group_)),
      peers_(other.peers_),
      tried_(std::move(other.tried_)),
      current_(std::exchange(other.current_, nullptr)),
      tries_(other.tries_) {}

Selection::~Selection() {
  if (current_ != nullptr) --current_->conns;
}

const Server* Selection::get(net::WallTime now) {
  if (current_ != nullptr) free(PeerState::ok, now);
  current_ = pick(seconds(now));
  // Once a request has turned to the backup servers, it does not come back.
  if (current_ == nullptr && peers_ == &group_->primary_ && !group_->backup_.empty()) {
    peers_ = &group_->backup_;
    tried_.assign(peers_->size(), false);
    current_ = pick(seconds(now));
  }
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
Group::Peer* Selection::pick(std::int64_t now) {
  Group::Peer* best = nullptr;
  std::size_t best_at = 0;
  std::int64_t total = 0;
  for (std::size_t at = 0; at < peers_->size(); ++at) {
    Group::Peer& peer = (*peers_)[at];
    if (!may_take(peer, at, now)) continue;
    if (group_->single_) return &peer;
    peer.current_weight += peer.effective_weight;
    total += peer.effective_weight;
    // A server that has failed comes back by one a request.
    if (peer.effective_weight < peer.server.weight) ++peer.effective_weight;
    if (best != nullptr && peer.current_weight <= best->current_weight) continue;
    best = &peer;
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
