#include "proxy/balancer.h"

#include <doctest/doctest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

using namespace badgate::proxy;
using badgate::net::Address;
using badgate::net::WallTime;
using namespace std::chrono_literals;

namespace {

using Servers = std::vector<Server>;

// The servers of a Farm have the ports 1, 2, 3 …
char name_of(const Server& server) {
  return static_cast<char>('a' + server.address.port() - 1);
}

// Requests through a group whose servers are called a, b, c …; time stands until it is moved.
class Farm {
 public:
  explicit Farm(Servers servers, unsigned max_tries = 0) : max_tries_(max_tries) {
    for (std::size_t i = 0; i < servers.size(); ++i)
      servers[i].address = Address::loopback(static_cast<std::uint16_t>(i + 1));
    Upstream upstream;
    upstream.name = "app";
    upstream.servers = std::move(servers);
    group = std::make_shared<Group>(upstream);
  }

  // One request that goes on to the next server at each failure, as nginx does with all reasons
  // allowed. "a!" failed, "a!!" failed and was disabled, "-" no live upstreams.
  std::string request() {
    Selection selection(group, max_tries_);
    std::string walk;
    while (true) {
      const Server* server = selection.get(now);
      if (server == nullptr) return walk + "-";
      const char name = name_of(*server);
      walk += name;
      if (!bad.contains(name)) {
        selection.free(PeerState::ok, now);
        return walk;
      }
      walk += selection.free(PeerState::failed, now) ? "!! " : "! ";
      if (selection.tries() == 0) return walk.substr(0, walk.size() - 1);
    }
  }

  std::string requests(int count) {
    std::string all;
    for (int i = 0; i < count; ++i)
      all += (i > 0 ? ", " : "") + request();
    return all;
  }

  std::shared_ptr<Group> group;
  std::set<char> bad;
  WallTime now{1'700'000'000s};

 private:
  unsigned max_tries_;
};

const Server plain;
const Server reserve{.backup = true};

Server weight(unsigned value) {
  return {.weight = value};
}

}  // namespace

// Where a case says "measured", its orders are what nginx 1.22.1 did with the same group.

TEST_CASE("weights are smooth (measured)") {
  Farm farm(Servers{weight(5), weight(1), weight(1)});
  CHECK(farm.requests(14) == "a, a, b, a, c, a, a, a, a, b, a, c, a, a");
}

TEST_CASE("a refused server is out until fail_timeout is over, in whole seconds (measured)") {
  Farm farm(Servers{{.fail_timeout = 2s}, plain});
  farm.now += 300ms;
  farm.bad = {'a'};
  CHECK(farm.requests(5) == "a!! b, b, b, b, b");
  farm.now += 2s;
  CHECK(farm.requests(2) == "b, b");
  farm.now += 1s;
  // Two seconds are over, but its weight has to grow back: it is not asked first.
  CHECK(farm.requests(3) == "b, b, a!! b");
}

TEST_CASE("a failing server loses weight and gets it back one by one (measured)") {
  Farm farm(Servers{{.weight = 4, .max_fails = 2, .fail_timeout = 2s}, weight(2)});
  CHECK(farm.requests(6) == "a, b, a, a, b, a");
  farm.bad = {'a'};
  CHECK(farm.requests(6) == "a! b, b, a!! b, b, b, b");
  farm.bad = {};
  farm.now += 3s;
  CHECK(farm.requests(14) == "b, a, b, a, a, b, a, a, b, a, a, b, a, a");
}

TEST_CASE("backup servers are asked when the others are exhausted (measured)") {
  Farm farm(Servers{plain, reserve, reserve});
  farm.bad = {'a', 'b'};
  CHECK(farm.group->tries() == 3);
  CHECK(farm.requests(4) == "a!! b!! c, c, c, c");
}

TEST_CASE("all out: nobody is tried and all wait for fail_timeout") {
  Farm farm(Servers{plain, plain});
  farm.bad = {'a', 'b'};
  CHECK(farm.requests(3) == "a!! b!!, -, -");
  farm.bad = {};
  farm.now += 10s;
  CHECK(farm.requests(1) == "-");
  farm.now += 1s;
  CHECK(farm.requests(3) == "b, b, a");
}

TEST_CASE("one probe for each fail_timeout") {
  Farm farm(Servers{plain, plain});
  farm.bad = {'a'};
  CHECK(farm.requests(2) == "a!! b, b");
  farm.now += 11s;
  // Its effective weight is 0, then 1: it is asked at the third request, and fails again.
  CHECK(farm.requests(6) == "b, b, a!! b, b, b, b");
}

TEST_CASE("failures add up only if no probe has succeeded in between (measured)") {
  const Server twice{.max_fails = 2, .fail_timeout = 2s};
  Farm farm(Servers{twice, twice});
  farm.bad = {'a'};
  CHECK(farm.request() == "a! b");
  farm.bad = {};
  CHECK(farm.requests(2) == "b, a");  // a success, but within fail_timeout of the failure
  farm.bad = {'a'};
  CHECK(farm.requests(2) == "b, a!! b");
  farm.bad = {};
  farm.now += 3s;
  CHECK(farm.requests(4) == "b, a, b, a");

  Farm calm(Servers{twice, twice});
  calm.bad = {'a'};
  CHECK(calm.request() == "a! b");
  calm.bad = {};
  calm.now += 3s;
  CHECK(calm.requests(2) == "b, a");  // after it: the count begins anew
  calm.bad = {'a'};
  CHECK(calm.requests(2) == "b, a! b");
}

TEST_CASE("a single server is never out") {
  Farm farm(Servers{plain});
  farm.bad = {'a'};
  CHECK(farm.group->single());
  CHECK(farm.requests(3) == "a!, a!, a!");
}

TEST_CASE("a single server with a backup is not single") {
  Farm farm(Servers{plain, reserve});
  CHECK_FALSE(farm.group->single());
  farm.bad = {'a'};
  CHECK(farm.requests(2) == "a!! b, b");
}

TEST_CASE("max_fails 0: never out (measured)") {
  Farm farm(Servers{{.max_fails = 0}, {.max_fails = 0}});
  farm.bad = {'a', 'b'};
  CHECK(farm.requests(3) == "a! b!, b! a!, a! b!");
}

TEST_CASE("servers that are down are not asked and not counted") {
  Farm farm(Servers{{.down = true}, plain, plain});
  CHECK(farm.group->tries() == 2);
  CHECK(farm.requests(4) == "b, c, b, c");
  Farm single(Servers{Server{.down = true}});
  CHECK(single.group->tries() == 0);
  CHECK(single.request() == "-");
}

TEST_CASE("proxy_next_upstream_tries counts the first attempt") {
  Farm farm(Servers{plain, plain, reserve}, 2);
  farm.bad = {'a', 'b'};
  CHECK(farm.requests(2) == "a!! b!!, c");
}

TEST_CASE("403 and 404 go on to the next server without blame (measured)") {
  Farm farm(Servers{plain, plain});
  Selection selection(farm.group);
  REQUIRE(selection.get(farm.now) != nullptr);
  CHECK_FALSE(selection.free(PeerState::next, farm.now));
  CHECK(selection.tries() == 1);
  const Server* second = selection.get(farm.now);
  REQUIRE(second != nullptr);
  CHECK(name_of(*second) == 'b');
  selection.free(PeerState::ok, farm.now);
  CHECK(farm.requests(2) == "b, a");
}

TEST_CASE("max_conns bounds the requests at a time") {
  for (const bool single : {true, false}) {
    CAPTURE(single);
    Servers servers{Server{.max_conns = 2}};
    if (!single) servers.push_back({.max_conns = 1});
    Farm farm(servers);
    std::vector<Selection> open;
    const std::size_t room = single ? 2 : 3;
    for (std::size_t i = 0; i < room; ++i) {
      open.emplace_back(farm.group);
      REQUIRE(open.back().get(farm.now) != nullptr);
    }
    CHECK(farm.request() == "-");
    open.pop_back();  // gives its place back without being told
    CHECK(farm.request() != "-");
  }
}

TEST_CASE("a broken kept connection earns a try at the same single server") {
  Farm farm(Servers{plain});
  Selection selection(farm.group);
  REQUIRE(selection.get(farm.now) != nullptr);
  selection.free(PeerState::failed, farm.now);
  CHECK(selection.tries() == 0);
  selection.add_try();
  CHECK(selection.tries() == 1);
  CHECK(selection.get(farm.now) != nullptr);
}

TEST_CASE("with several servers that try goes to another one, or to nobody") {
  Farm farm(Servers{plain, plain});
  Selection selection(farm.group);
  for (int i = 0; i < 2; ++i) {
    REQUIRE(selection.get(farm.now) != nullptr);
    CHECK(selection.free(PeerState::failed, farm.now));
    selection.add_try();
  }
  CHECK(selection.tries() == 2);
  CHECK(selection.get(farm.now) == nullptr);
  CHECK(selection.current() == nullptr);
}

TEST_CASE("a selection outlives the settings that it came from") {
  Farm farm(Servers{plain, plain});
  Selection selection(farm.group);
  farm.group.reset();
  const Server* server = selection.get(farm.now);
  REQUIRE(server != nullptr);
  CHECK(server->address.to_string() == "127.0.0.1:1");
  CHECK_FALSE(selection.free(PeerState::ok, farm.now));
  CHECK_FALSE(selection.free(PeerState::failed, farm.now));  // nothing is held any more
}

namespace {

// A group of one name, whose answers are lists of last bytes: {2, 3} is 127.0.0.2 and 127.0.0.3.
class Named {
 public:
  explicit Named(Servers others = {}) {
    Upstream upstream{.name = "app", .servers = std::move(others)};
    index_ = upstream.servers.size();
    upstream.servers.push_back({.max_fails = 1, .host = "app.internal", .resolve = true});
    upstream.servers.back().port = 81;
    group = std::make_shared<Group>(upstream);
  }

  void answer(const std::vector<int>& hosts) {
    std::vector<Address> addresses;
    for (const int host : hosts)
      addresses.push_back(*Address::parse("127.0.0." + std::to_string(host) + ":0"));
    group->set_addresses(index_, addresses);
  }
  // "2" for 127.0.0.2; "-": no live upstreams.
  std::string request(PeerState end = PeerState::ok) {
    Selection selection(group);
    const Server* server = selection.get(now);
    if (server == nullptr) return "-";
    std::string host(server->address.host().substr(8));
    CHECK(server->address.port() == 81);
    selection.free(end, now);
    return host;
  }
  std::string requests(int count) {
    std::string all;
    for (int i = 0; i < count; ++i)
      all += request();
    return all;
  }

  std::shared_ptr<Group> group;
  WallTime now{1'700'000'000s};

 private:
  std::size_t index_ = 0;
};

}  // namespace

TEST_CASE("a name has no peers before it is resolved, and those of the last answer then") {
  Named named;
  CHECK(named.group->tries() == 0);
  CHECK(named.request() == "-");
  named.answer({2, 3});
  CHECK_FALSE(named.group->single());
  CHECK(named.group->tries() == 2);
  CHECK(named.requests(4) == "2323");
  named.answer({3});
  CHECK(named.group->single());
  CHECK(named.requests(2) == "33");
  named.answer({});
  CHECK(named.request() == "-");
}

TEST_CASE("an address that stays keeps its failures, one that comes back has none") {
  Named named;
  named.answer({2, 3});
  CHECK(named.request(PeerState::failed) == "2");
  named.answer({4, 2});
  CHECK(named.requests(3) == "444");
  named.answer({4});
  named.answer({4, 2});
  CHECK(named.requests(4).find('2') != std::string::npos);
}

TEST_CASE("a name beside a server that is always there") {
  Named named(Servers{{.address = *Address::parse("127.0.0.9:81")}});
  CHECK(named.group->single());
  CHECK(named.requests(2) == "99");
  named.answer({2});
  CHECK_FALSE(named.group->single());
  CHECK(named.requests(4) == "9292");
}

TEST_CASE("a request keeps its server when that goes, and finds no other one") {
  Named named;
  named.answer({2, 3});
  Selection selection(named.group);
  const Server* server = selection.get(named.now);
  REQUIRE(server != nullptr);
  named.answer({4});
  CHECK(server->address.host() == "127.0.0.2");
  CHECK(selection.current() == server);
  selection.free(PeerState::failed, named.now);
  CHECK(selection.get(named.now) == nullptr);
  CHECK(named.request() == "4");
  // The same answer changes nothing for a request under way.
  Selection other(named.group);
  named.answer({4});
  CHECK(other.get(named.now) != nullptr);
}
