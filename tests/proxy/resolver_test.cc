#include "proxy/resolver.h"

#include <doctest/doctest.h>

#include <array>
#include <functional>

#include "net/clock.h"
#include "net/listener.h"
#include "tests/proxy/name_server_kit.h"

using namespace badgate;
using namespace badgate::proxy;
using namespace badgate::proxy::test;
using namespace std::chrono_literals;

namespace dns = net::dns;

namespace {

// A resolver, and a name server whose `answer` each test writes.
class World : public LogSink {
 public:
  World() : server(loop) {}

  void error_line(Level, std::string_view line) override {
    lines.emplace_back(line.substr(line.find("#1: ") + 4));
  }
  void access_line(std::string_view) override {}

  Resolver& start(std::string_view parameters = "") {
    auto settings = parse_resolver(server.address().to_string() + " " + std::string(parameters));
    REQUIRE(settings.has_value());
    resolver = std::make_unique<Resolver>(loop, *settings, log, net::Rng(1));
    return *resolver;
  }

  struct Asked {
    std::unique_ptr<Resolver::Lookup> lookup;
    std::optional<Resolver::Answer> answer;
    net::Duration at{};
    std::vector<std::string> addresses() const {
      std::vector<std::string> out;
      for (const auto& a : answer->addresses)
        out.push_back(a.host());
      return out;
    }
  };
  Asked& ask(std::string_view name, net::Duration timeout = 30s) {
    Asked& asked = *all.emplace_back(std::make_unique<Asked>());
    asked.lookup = resolver->lookup(name, [this, &asked](const Resolver::Answer& answer) {
      asked.answer = answer;
      asked.at = loop.now().time_since_epoch();
      asked.lookup.reset();
    });
    resolver->start(*asked.lookup, timeout);
    return asked;
  }
  void run_until(net::Duration moment) {
    const auto timer = loop.at(net::TimePoint(moment), [this] { loop.stop(); });
    loop.run();
  }

  std::unique_ptr<net::Clock> clock = net::make_virtual_clock(net::default_epoch());
  net::Loop loop{*clock};
  NameServerKit server;
  ErrorLog log{*this, Level::info, 1, 1};
  std::vector<std::string> lines;
  std::unique_ptr<Resolver> resolver;
  std::vector<std::unique_ptr<Asked>> all;
};

}  // namespace

TEST_CASE_FIXTURE(World, "both families are asked for, and IPv4 comes first") {
  server.records = {{"app.internal", {"127.0.0.2", "[::1]", "127.0.0.3"}}};
  start();
  const auto& asked = ask("App.Internal.");
  run_until(1s);
  REQUIRE(asked.answer.has_value());
  CHECK(asked.answer->state == 0);
  CHECK(asked.addresses() == std::vector<std::string>{"127.0.0.2", "127.0.0.3", "[::1]"});
  CHECK(asked.at == 0s);
  CHECK(server.queries == std::vector<std::string>{"A app.internal", "AAAA app.internal"});
  CHECK(lines.empty());
}

TEST_CASE_FIXTURE(World, "with ipv6=off one query is enough") {
  server.records = {{"app.internal", {"127.0.0.2", "[::1]"}}};
  start("ipv6=off");
  const auto& asked = ask("app.internal");
  run_until(1s);
  REQUIRE(asked.answer.has_value());
  CHECK(asked.addresses() == std::vector<std::string>{"127.0.0.2"});
  CHECK(server.queries == std::vector<std::string>{"A app.internal"});
}

TEST_CASE_FIXTURE(World, "failures are told at once, and are not remembered") {
  struct Case {
    std::uint16_t code;
    int state;
    std::string_view text;
  };
  const std::array<Case, 5> cases{{{dns::no_error, 3, "Host not found"},
                                   {dns::host_not_found, 3, "Host not found"},
                                   {dns::server_failure, 2, "Server failure"},
                                   {dns::unimplemented, 4, "Unimplemented"},
                                   {dns::refused, 5, "Operation refused"}}};
  start();
  for (const Case& c : cases) {
    CAPTURE(c.code);
    server.code = c.code;
    server.queries.clear();
    const auto& asked = ask("app.internal");
    run_until(loop.now().time_since_epoch() + 1s);
    REQUIRE(asked.answer.has_value());
    CHECK(asked.answer->state == c.state);
    CHECK(Resolver::error_text(asked.answer->state) == c.text);
    CHECK(server.queries.size() == 2);
  }
  CHECK(lines.empty());
}

TEST_CASE_FIXTURE(World, "one bad answer of the two spoils the good one") {
  server.records = {{"app.internal", {"127.0.0.2"}}};
  for (const std::uint16_t type : {dns::type_a, dns::type_aaaa}) {
    server.code_for = {type, dns::server_failure};
    start();
    const auto& asked = ask("app.internal");
    run_until(loop.now().time_since_epoch() + 1s);
    REQUIRE(asked.answer.has_value());
    CHECK(asked.answer->state == dns::server_failure);
  }
  server.code_for = {dns::type_aaaa, dns::server_failure};
  start("ipv6=off");
  const auto& asked = ask("app.internal");
  run_until(loop.now().time_since_epoch() + 1s);
  CHECK(asked.addresses() == std::vector<std::string>{"127.0.0.2"});
}

TEST_CASE_FIXTURE(World, "a silent server is asked every five seconds until the timeout") {
  server.silent = true;
  start();
  const auto& first = ask("app.internal", 30s);
  run_until(2s);
  const auto& second = ask("app.internal", 12s);
  run_until(60s);
  REQUIRE(first.answer.has_value());
  CHECK(first.answer->state == Resolver::timed_out);
  CHECK(first.at == 30s);
  CHECK(second.at == 14s);
  CHECK(Resolver::error_text(second.answer->state) == "Operation timed out");
  CHECK(server.queries.size() == 2 * 6);  // at 0, 5, 10, 15, 20 and 25 s
}

TEST_CASE_FIXTURE(World, "an answer is remembered as long as its TTL says, or as valid= says") {
  server.records = {{"app.internal", {"127.0.0.2"}}};
  server.ttl = 10;
  for (const auto& [parameters, last] :
       {std::pair<std::string_view, net::Duration>{"", 10s}, {"valid=3s", 3s}}) {
    CAPTURE(parameters);
    start(parameters);
    server.queries.clear();
    const auto begin = loop.now().time_since_epoch();
    ask("app.internal");
    run_until(begin + 500ms);
    ask("app.internal");
    run_until(begin + last);
    const auto& cached = ask("app.internal");
    CHECK(cached.at == begin + last);  // at once, from inside
    CHECK(server.queries.size() == 2);
    run_until(begin + last + 1s);
    ask("app.internal");
    run_until(begin + last + 2s);
    CHECK(server.queries.size() == 4);
  }
}

TEST_CASE_FIXTURE(World, "several who wait are told by one answer") {
  server.records = {{"app.internal", {"127.0.0.2"}}};
  server.delay = 2s;
  start();
  const auto& first = ask("app.internal");
  run_until(1s);
  const auto& second = ask("app.internal");
  auto& third = ask("app.internal");
  third.lookup.reset();
  run_until(4s);
  CHECK(first.at == 2s);
  CHECK(second.at == 2s);
  CHECK_FALSE(third.answer.has_value());
  CHECK(server.queries.size() == 2);
}

TEST_CASE_FIXTURE(World, "of several addresses, the cache tells each of them first") {
  server.records = {{"app.internal", {"127.0.0.2", "127.0.0.3", "127.0.0.4"}}};
  start();
  ask("app.internal");
  run_until(1s);
  std::map<std::string, int> first;
  for (int i = 0; i < 300; ++i)
    ++first[ask("app.internal").addresses().front()];
  CHECK(first.size() == 3);
  for (const auto& [address, times] : first) {
    CAPTURE(address);
    CHECK(times > 60);
    CHECK(times < 140);
  }
}

TEST_CASE_FIXTURE(World, "a CNAME without addresses is followed, a circle of them is not") {
  server.cnames = {
      {"www.internal", "app.internal"}, {"a.internal", "b.internal"}, {"b.internal", "a.internal"}};
  server.records = {{"app.internal", {"127.0.0.2"}}};
  start();
  const auto& asked = ask("www.internal");
  run_until(1s);
  REQUIRE(asked.answer.has_value());
  CHECK(asked.addresses() == std::vector<std::string>{"127.0.0.2"});
  CHECK(server.queries.size() == 4);
  const auto& circle = ask("a.internal");
  run_until(2s);
  REQUIRE(circle.answer.has_value());
  CHECK(circle.answer->state == dns::host_not_found);
}

TEST_CASE_FIXTURE(World, "what cannot be a name is not asked for") {
  start();
  for (const std::string name : {"", "a..b", ".a"}) {
    CAPTURE(name);
    const auto& asked = ask(name);
    REQUIRE(asked.answer.has_value());
    CHECK(asked.answer->state == dns::host_not_found);
  }
  CHECK(server.queries.empty());
}

TEST_CASE_FIXTURE(World, "responses that nginx does not take, in its words") {
  struct Case {
    std::function<std::string(std::string)> spoil;
    std::string_view line;  // '#' stands for the query's id
  };
  const std::vector<Case> cases{
      {[](std::string m) { return m.substr(0, 20); }, "short DNS response"},
      {[](std::string m) {
         m.replace(2, 1, 1, char{1});
         return m;
       },
       "invalid UDP DNS response # fl:0180"},
      {[](std::string m) {
         m[3] = '\x81';
         return m;
       },
       "DNS error (1: Format error), query id:#, name:\"app.internal\""},
      {[](std::string m) {
         m[3] = '\x89';
         return m;
       },
       "DNS error (9: Unknown error), query id:#"},
      {[](std::string m) {
         m[13] = 'b';
         return m;
       },
       "unexpected DNS response for bpp.internal"},
      {[](std::string m) {
         m.replace(29, 1, 1, char{3});
         return m;
       },
       "unknown query class 3 in DNS response"},
      {[](std::string m) {
         m.replace(27, 1, 1, char{16});
         return m;
       },
       "unknown query type 16 in DNS response"},
      {[](std::string m) {
         m.replace(27, 1, 1, char{33});
         return m;
       },
       "unexpected DNS response for app.internal"},
      {[](std::string m) {
         m.replace(5, 1, 1, char{2});
         return m;
       },
       "invalid number of questions in DNS response"},
  };
  server.records = {{"app.internal", {"127.0.0.2"}}};
  for (const Case& c : cases) {
    CAPTURE(c.line);
    lines.clear();
    server.spoil = c.spoil;
    start("ipv6=off");
    const auto begin = loop.now().time_since_epoch();
    const auto& asked = ask("app.internal", 3s);
    run_until(begin + 4s);
    REQUIRE(asked.answer.has_value());
    CHECK(asked.answer->state == Resolver::timed_out);
    std::string expected(c.line);
    if (const auto at = expected.find('#'); at != expected.npos)
      expected.replace(at, 1, std::to_string(server.last_id));
    CHECK(lines == std::vector<std::string>{expected});
  }
}

TEST_CASE_FIXTURE(World, "another query's id is not taken") {
  server.records = {{"app.internal", {"127.0.0.2"}}};
  server.spoil = [](std::string m) {
    m[0] = static_cast<char>(m[0] ^ 1);
    return m;
  };
  start("ipv6=off");
  ask("app.internal", 3s);
  run_until(4s);
  const unsigned id = server.last_id;
  CHECK(lines == std::vector<std::string>{"wrong ident " + std::to_string(id ^ 256U) +
                                          " in DNS response for app.internal, expect " +
                                          std::to_string(id)});
}

TEST_CASE_FIXTURE(World, "a truncated response is asked for again over TCP") {
  server.records = {{"app.internal", {"127.0.0.2", "127.0.0.3"}}};
  server.truncate = true;
  server.listen();
  start("ipv6=off");
  const auto& asked = ask("app.internal");
  run_until(1s);
  REQUIRE(asked.answer.has_value());
  CHECK(asked.addresses() == std::vector<std::string>{"127.0.0.2", "127.0.0.3"});
  CHECK(server.queries == std::vector<std::string>{"A app.internal", "A app.internal over TCP"});
  CHECK(lines.empty());
}

TEST_CASE_FIXTURE(World, "nobody listens for TCP") {
  server.truncate = true;
  start("ipv6=off");
  const auto& asked = ask("app.internal", 3s);
  run_until(4s);
  CHECK(asked.answer->state == Resolver::timed_out);
  CHECK(lines == std::vector<std::string>{
                     "recv() failed (111: Connection refused) while resolving, resolver: " +
                     server.address().to_string()});
}

TEST_CASE_FIXTURE(World, "no name server: refused at once, and again every five seconds") {
  const std::string where = " failed (111: Connection refused) while resolving, resolver: " +
                            server.address().to_string();
  server.close();
  start("ipv6=off");
  ask("app.internal", 8s);
  run_until(9s);
  CHECK(lines == std::vector<std::string>(2, "recv()" + where));
  lines.clear();
  // The refusal of the first query is noticed when the second is sent, and both are sent again.
  start();
  ask("app.internal", 8s);
  run_until(18s);
  CHECK(lines == std::vector<std::string>(3, "send()" + where));
}

TEST_CASE_FIXTURE(World, "the next server is asked when one says nothing") {
  NameServerKit second(loop);
  second.records = {{"app.internal", {"127.0.0.2"}}};
  server.silent = true;
  start(second.address().to_string());
  const auto& asked = ask("app.internal");
  run_until(20s);
  CHECK(asked.at == 5s);
  CHECK(asked.addresses() == std::vector<std::string>{"127.0.0.2"});
}

TEST_CASE_FIXTURE(World, "the one who is told may take the resolver away") {
  server.records = {{"app.internal", {"127.0.0.2"}}};
  start("ipv6=off");
  bool told = false;
  std::unique_ptr<Resolver::Lookup> lookup =
      resolver->lookup("app.internal", [&](const Resolver::Answer&) {
        told = true;
        lookup.reset();
        resolver.reset();
      });
  resolver->start(*lookup, 30s);
  run_until(1s);
  CHECK(told);
}

TEST_CASE("what resolver can say, and what it cannot") {
  const auto good = parse_resolver("127.0.0.1 127.0.0.2:5353 [::1] [::1]:54 valid=10s ipv6=off");
  REQUIRE(good.has_value());
  std::vector<std::string> servers;
  for (const auto& a : good->servers)
    servers.push_back(a.to_string());
  CHECK(servers ==
        std::vector<std::string>{"127.0.0.1:53", "127.0.0.2:5353", "[::1]:53", "[::1]:54"});
  CHECK(good->valid == 10s);
  CHECK_FALSE(good->ipv6);
  struct Case {
    std::string_view text;
    std::string_view error;
  };
  for (const Case& c : std::array<Case, 8>{{
           {"", "no name servers defined"},
           {"valid=10s", "no name servers defined"},
           {"8.8.8.8", "\"8.8.8.8\" is not a loopback address, and badgate asks nobody else"},
           {"dns.example",
            "\"dns.example\" is not the address of a name server; write it as "
            "127.0.0.1:5353"},
           {"127.0.0.1:x",
            "\"127.0.0.1:x\" is not the address of a name server; write it as "
            "127.0.0.1:5353"},
           {"127.0.0.1 valid=1x", "invalid parameter: valid=1x"},
           {"127.0.0.1 ipv6=maybe", "invalid parameter: ipv6=maybe"},
           {"127.0.0.1 ipv4=off ipv6=off", "\"ipv4\" and \"ipv6\" cannot both be \"off\""},
       }}) {
    CAPTURE(c.text);
    const auto bad = parse_resolver(c.text);
    REQUIRE_FALSE(bad.has_value());
    CHECK(bad.error().message == c.error);
  }
}
