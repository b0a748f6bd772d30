// Resolver: names to addresses while the proxy runs, after ngx_resolver.c: A and AAAA queries to
// the configured name servers in turn, again every five seconds until the last one who waits has
// given up, and answers remembered for as long as they are valid. It owns its sockets.
//
// As in nginx: a name has its addresses only when both queries have been answered well, and one bad
// answer of the two is a bad answer; a failure is not remembered.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/address.h"
#include "net/dns.h"
#include "net/loop.h"
#include "net/rng.h"
#include "proxy/error_log.h"
#include "proxy/name_server.h"
#include "proxy/resolver_settings.h"

namespace badgate::proxy {

class Resolver {
 public:
  struct Answer {
    int state = 0;                        // 0, a net::dns::Code, or timed_out
    std::vector<net::Address> addresses;  // with port 0; none if it failed
    std::int64_t valid = 0;               // until which second of the wall clock
  };
  static constexpr int timed_out = 110;
  static constexpr std::int64_t resend_after = 5;    // resend_timeout, seconds
  static constexpr std::int64_t forget_after = 30;   // an answer that nobody asks for, seconds
  static constexpr unsigned most_recursion = 50;     // NGX_RESOLVER_MAX_RECURSION: CNAMEs in a row
  static constexpr std::int64_t failure_valid = 10;  // how long a failure counts, seconds

  using OnAnswer = std::function<void(const Answer&)>;

  // Somebody who waits for a name. Destroying it gives up. Must not outlive the Resolver.
  class Lookup {
   public:
    ~Lookup();
    Lookup(const Lookup&) = delete;
    Lookup& operator=(const Lookup&) = delete;
    // As it is asked for: lower case, no dot at the end.
    const std::string& name() const { return name_; }

   private:
    friend class Resolver;
    Lookup(Resolver& resolver, std::string name, OnAnswer on_answer);
    Resolver& resolver_;
    std::string name_;
    OnAnswer on_answer_;
    std::string waits_at_;  // the node it waits for: its name, or a CNAME's
    bool waiting_ = false;
    unsigned recursion_ = 0;
    net::Timer timer_;
  };

  // `loop` and `log` must outlive it. `rng`: for query ids, and for which address comes first.
  Resolver(net::Loop& loop, ResolverSettings settings, ErrorLog& log, net::Rng rng);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // Somebody who is going to wait. `on_answer` is called once after `start`, unless the Lookup is
  // destroyed before; it may destroy the Lookup, and the Resolver.
  std::unique_ptr<Lookup> lookup(std::string_view name, OnAnswer on_answer);
  // Asks. What is remembered is told at once, from inside. `timeout`: resolver_timeout; 0: none.
  void start(Lookup& lookup, net::Duration timeout);

  // "Host not found", as ngx_resolver_strerror.
  static std::string_view error_text(int state);

 private:
  using Addresses = std::vector<net::Address>;
  // One family of addresses of a name.
  struct Family {
    std::string query;  // empty: is not asked for
    std::uint16_t id = 0;
    bool tcp = false;
    std::optional<Addresses> addresses;  // nothing: not answered yet

    bool pending() const { return !query.empty() && !addresses; }
    std::size_t count() const { return addresses ? addresses->size() : 0; }
  };
  struct Node {
    std::string name;
    Family v4;
    Family v6;
    std::uint16_t code = 0;  // of the answer that came first
    std::string cname;
    std::int64_t valid = 0;   // seconds of the wall clock
    std::int64_t expire = 0;  // when it is asked again, or forgotten
    std::uint32_t ttl = 0;
    std::size_t server = 0;
    std::vector<Lookup*> waiting;  // the last one first
    bool asking = false;           // in resend_, otherwise in expire_
    std::list<Node*>::iterator place;
  };
  using Waiting = std::vector<Lookup*>;

  std::int64_t seconds() const;
  std::int64_t valid_until(std::int64_t ttl) const;
  void find(Waiting asking, std::string name);
  bool from_cache(Node& node, Waiting& asking);
  void ask(Node& node, Waiting asking);
  bool write_queries(Node& node);
  bool send(Node& node);
  bool send(Node& node, const Family& family);
  void resend();
  void expire();
  void move(Node& node, bool asking);
  void forget(Node& node);
  void done();
  void timed_out_now(Lookup& lookup);

  // resolver_response.cc
  void take_message(std::string_view message, bool tcp);
  void log_format_error(std::uint16_t id, std::uint16_t code);
  void take_response(std::string_view message, const net::dns::Header& header,
                     const net::dns::Question& question);
  void ask_over_tcp(Node& node, Family& family);
  void failed(Node& node, Family& family, const Family& other, std::uint16_t code);
  void answered(Node& node, Family& family, const Family& other, net::dns::Answers answers);
  void remember(Node& node);
  void complete(Node& node);
  void follow(Node& node, std::string cname);
  void log(std::string_view message);

  Addresses addresses_of(const Node& node, bool rotate);
  void deliver(Waiting waiting, Answer answer);

  net::Loop& loop_;
  ResolverSettings settings_;
  ErrorLog& log_;
  net::Rng rng_;
  std::vector<std::unique_ptr<NameServer>> servers_;
  std::size_t next_server_ = 0;
  std::map<std::string, Node, std::less<>> nodes_;
  std::list<Node*> resend_;  // asked, the last one first
  std::list<Node*> expire_;  // answered, the last one used first
  net::Timer resend_timer_;
  std::deque<std::pair<Lookup*, std::shared_ptr<const Answer>>> due_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace badgate::proxy
