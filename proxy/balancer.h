// Balancer: round robin exactly as ngx_http_upstream_round_robin.c does it: smooth and weighted,
// with effective weights, max_fails and fail_timeout counted in ngx_time()'s whole seconds, backup,
// down, max_conns. Time is passed in; nothing here waits.
//
// A Group is what the requests of one upstream share; a Selection is one request's walk through
// it, and keeps its Group alive. The peers of a server with `resolve` come and go with the answers
// of the resolver; a request keeps the one that it is at.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/time.h"
#include "net/tls.h"
#include "proxy/settings.h"

namespace badgate::proxy {

// How an attempt ended, for the server's record (NGX_PEER_…).
enum class PeerState : std::uint8_t {
  ok,      // 0: also for responses cut in the body and for clients that left
  next,    // NGX_PEER_NEXT: another server is tried, without blame
  failed,  // NGX_PEER_FAILED
};

class Group {
 public:
  explicit Group(const Upstream& upstream);

  const std::string& name() const { return name_; }
  // One server and no backup: its failures are never counted.
  bool single() const { return single_; }
  // How many attempts a request may make: servers that are not down, backups too.
  unsigned tries() const;

  // The verdict of active checks on Upstream::servers[index]: an unhealthy server is left out, a
  // single one too.
  void set_healthy(std::size_t index, bool healthy);

  // Where Upstream::servers[index], which has `resolve`, is from now on: peers at addresses that it
  // had before stay as they are, with their failures, others go, and new ones come last
  // (ngx_http_upstream_zone_resolve_handler). The ports of the addresses do not matter. A request
  // that is under way finds no other server once anything has changed.
  void set_addresses(std::size_t index, const std::vector<net::Address>& addresses);
  // Where it is now.
  std::vector<net::Address> addresses_of(std::size_t index) const;

 private:
  friend class Selection;

  struct Peer {
    Server server;
    std::string name;       // the server's address, as it is logged
    std::size_t index = 0;  // in Upstream::servers
    std::int64_t effective_weight = 1;
    std::int64_t current_weight = 0;
    std::int64_t accessed = 0;  // ngx_time() seconds
    std::int64_t checked = 0;
    std::int64_t fail_timeout = 10;
    unsigned fails = 0;
    unsigned conns = 0;
    bool healthy = true;
    net::TlsSession session;  // of the last handshake with it
  };
  using Peers = std::vector<std::shared_ptr<Peer>>;

  void add(std::size_t index, const net::Address& address);
  void settle_single();

  std::string name_;
  std::vector<Server> servers_;  // as they are configured
  Peers primary_;
  Peers backup_;
  bool single_ = false;
  unsigned changes_ = 0;  // of its peers; nginx's `config`
};

class Selection {
 public:
  // `max_tries`: proxy_next_upstream_tries; 0: no limit.
  explicit Selection(std::shared_ptr<Group> group, unsigned max_tries = 0);
  ~Selection();  // frees a server that is still held, as PeerState::ok
  Selection(Selection&& other) noexcept;
  Selection& operator=(Selection&&) = delete;

  // The server for the next attempt, which counts as one of its connections until `free`. Null:
  // "no live upstreams"; the attempt's peer name is then the group's. The pointer is good until
  // the next `get`.
  const Server* get(net::WallTime now);

  // The attempt at the server that `get` gave is over; no-op if there is none. True: nginx now
  // logs "upstream server temporarily disabled" (warn).
  bool free(PeerState state, net::WallTime now);

  const Server* current() const { return current_ ? &current_->server : nullptr; }
  // Its address as it is logged, or the group's name; good as long as the Selection.
  const std::string& peer_name() const { return current_ ? current_->name : group_->name(); }
  // What shortens the next handshake with the current server; may be empty.
  net::TlsSession session() const { return current_ ? current_->session : nullptr; }
  void keep_session(net::TlsSession session) {
    if (current_ != nullptr) current_->session = std::move(session);
  }
  unsigned tries() const { return tries_; }
  void add_try() { ++tries_; }

 private:
  std::shared_ptr<Group::Peer> pick(std::int64_t now);
  bool may_take(const Group::Peer& peer, std::size_t at, std::int64_t now) const;

  std::shared_ptr<Group> group_;
  Group::Peers* peers_;  // primary, later backup
  std::vector<bool> tried_;
  std::shared_ptr<Group::Peer> held_;  // the last one that `get` gave
  Group::Peer* current_ = nullptr;     // the same, until it is freed
  unsigned changes_;                   // of the group, when this began
  unsigned tries_;
};

}  // namespace badgate::proxy
