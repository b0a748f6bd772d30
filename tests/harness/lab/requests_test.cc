// What comes as JSON: read strictly, refused in words.
#include <doctest/doctest.h>
#include <fmt/core.h>
#include <sys/socket.h>

#include "harness/lab/json_body.h"
#include "harness/lab/permitted.h"
#include "harness/lab/play_request.h"
#include "harness/lab/stage_request.h"
#include "harness/load.h"
#include "harness/run.h"
#include "net/address.h"
#include "net/unique_fd.h"

using namespace badgate::harness;
using namespace badgate::harness::lab;

namespace {

std::string why_not_played(const std::string& body) {
  const auto read = read_play_request(body);
  return read ? "" : read.error().message;
}

const std::string kApp = "title = \"t\"\n[[upstream.app]]\n[[request]]\n";

Scenario scenario(const std::string& text) {
  auto loaded = load_text(text, "t.toml", "t");
  INFO(to_text(loaded.diagnostics));
  REQUIRE(loaded.ok());
  return loaded.scenarios.front();
}

std::string event_error(const std::string& body) {
  const auto request = read_faults_request(body);
  if (!request) return request.error().message;
  const auto event = event_of(*request, scenario(kApp));
  return event ? "" : event.error().message;
}

std::string first_of(const std::vector<Diagnostic>& found) {
  return found.empty() ? "" : found.front().message;
}

}  // namespace

TEST_CASE("JSON is bounded, and what is wrong with it has a place") {
  const auto why = [](const std::string& text) {
    const auto parsed = parse_json(text);
    return parsed ? std::string() : parsed.error().message;
  };
  CHECK(why("") == "the body is empty; it must be JSON");
  CHECK(why("{\"a\":}") == "the body is no JSON: the mistake is at byte 6");
  CHECK(why(std::string(33, '[') + std::string(33, ']')) == "the body is nested more than 32 deep");
  CHECK(why(std::string(32, '[') + std::string(32, ']')) == "");
  CHECK(why("\"" + std::string(100, '[') + "\"") == "");
  CHECK(why("\"\\\"" + std::string(100, '[') + "\"") == "");
  CHECK(why("1e999") == "the body has a number that is too large");
  CHECK(why("\"\xff\"") == "the body is no JSON: the mistake is at byte 2");
  CHECK(to_text("a\xff") == "\"a\xEF\xBF\xBD\"");
}

TEST_CASE("a play names one thing, and nothing unknown") {
  CHECK(why_not_played(R"({"scenario":"a/b","remedy":"c","seed":7})") == "");
  CHECK(why_not_played(R"({"toml":""})") == "");
  CHECK(why_not_played(R"({})") == "the body must have one of `lesson`, `scenario` and `toml`");
  CHECK(why_not_played(R"({"lesson":"a","toml":"b"})") ==
        "the body must have one of `lesson`, `scenario` and `toml`");
  CHECK(why_not_played(R"({"lesson":"a","actons":[]})") ==
        "the body has no \"actons\"; did you mean `actions`?");
  CHECK(why_not_played(R"({"lesson":7})") == "`lesson` of the body must be a text");
  CHECK(why_not_played(R"({"lesson":"a","seed":-1})") ==
        "`seed` of the body must be a whole number, 0 to 9007199254740992");
  CHECK(why_not_played(R"([])") == "the body must be an object: { … }");
  CHECK(why_not_played(R"({"lesson":"a","settings":{"b":[]}})") ==
        "the setting `b` must be a text, a number, true or false");
  CHECK(why_not_played(R"({"lesson":"a","actions":[{"kind":"send","request":1}]})") ==
        "`request` of actions[0] must be a text");
  CHECK(why_not_played(R"({"lesson":"a","actions":[7]})") == "actions[0] must be an object: { … }");
}

TEST_CASE("actions and settings arrive as they were sent") {
  const auto read = read_play_request(
      R"({"lesson":"a","settings":{"x":60,"y":true,"z":"90s"},"seed":3,
          "actions":[{"kind":"break","id":"b"},{"kind":"wait","time":"1m"},{"kind":"heal"},{"kind":"send","request":"r"}]})");
  REQUIRE(read);
  CHECK(read->state.settings == Settings{{"x", "60"}, {"y", "on"}, {"z", "90s"}});
  CHECK(read->state.seed == 3);
  CHECK(read->state.actions ==
        std::vector<Action>{{Action::Kind::break_it, "b"},
                            {Action::Kind::wait, "", std::chrono::minutes(1)},
                            {Action::Kind::heal},
                            {Action::Kind::send, "r"}});
}

TEST_CASE("faults are those of scenario files") {
  CHECK(
      event_error(
          R"({"server":"app[0]","faults":[{"crash":"mid-body","times":2},{"slow":"header","delay":"3s"}]})") ==
      "");
  CHECK(event_error(R"({"server":"app[0]","heal":true})") == "");
  CHECK(event_error(R"({"server":"app[0]","faults":[]})") == "");
  CHECK(event_error(R"({"server":"app[1]","heal":true})").find("app[1]") != std::string::npos);
  CHECK(event_error(R"({"server":"app[0]","faults":[{"crsh":"mid-body"}]})")
            .find("did you mean crash?") != std::string::npos);
  CHECK(event_error(R"({"server":"app[0]","heal":true,"restart":true})").find("one of") !=
        std::string::npos);
  CHECK(event_error(R"({"heal":true})").find("`server`") != std::string::npos);
  CHECK(event_error(R"({"server":"app[0]","heal":1})") ==
        "`heal` of the body must be true or false");
  for (const char* fault :
       {"null", "7", "\"crash\"", "[]", "{}", R"({"crash":null})", R"({"crash":{"a":{}}})"})
    CHECK(event_error(std::string(R"({"server":"app[0]","faults":[)") + fault + "]}") != "");
}

TEST_CASE("a file from elsewhere starts nothing, reads nothing, and reaches nobody") {
  const auto found = [](const std::string& text) {
    return first_of(not_permitted(scenario(text)));
  };
  const auto with_proxy = [](const std::string& lines) {
    return "title = \"t\"\n[proxy]\n" + lines +
           "\n[[upstream.app]]\ntls = true\n[[request]]\n[dns.ns]\n";
  };
  CHECK(found(kApp) == "");
  CHECK(found("clock = \"real\"\ntitle = \"t\"\n[[upstream.app]]\nprocess = { command = [\"true\", "
              "\"{port}\"] }\n[[request]]\n") == "the lab starts no programs; `badgate run` does");
  CHECK(found("title = \"t\"\n[[upstream.app]]\naddress = \"127.0.0.2:25\"\n[[request]]\n")
            .find("chooses the ports") != std::string::npos);
  for (const char* fine :
       {"proxy_pass = \"https://app\"", "proxy_pass = \"https://app/api/v1:2\"",
        "proxy_ssl_trusted_certificate = \"ca.pem\"",
        "resolver = \"{ns} valid=5s\"\nset = \"$target app.internal\"\nproxy_pass = "
        "\"https://$target:{app[0].port}\"",
        "resolver = \"{ns}\"\nproxy_pass = \"https://$http_x_target:{app[0].port}\"",
        "error_page = \"502 /sorry\"\nproxy_bind = \"127.0.0.2\""}) {
    CAPTURE(fine);
    CHECK(found(with_proxy(fine)) == "");
  }
  for (const char* wrong :
       {"proxy_temp_path = \"/tmp\"", "client_body_temp_path = \"tmp\"",
        "proxy_ssl_trusted_certificate = \"/etc/ca.pem\"", "resolver = \"127.0.0.53\"",
        "resolver = \"{ns}\"\nproxy_pass = \"http://$http_x_target\"",
        "resolver = \"{ns}\"\nset = \"$t 127.0.0.1:25\"\nproxy_pass = \"http://$t\"",
        "resolver = \"{ns}\"\nset = \"$t a:25\"\nproxy_pass = \"http://$t\"",
        "proxy_pass = \"http://127.0.0.1:25\"", "proxy_pass = \"http://[::1]:25/\"",
        "location.\"/x/\".proxy_pass = \"http://127.0.0.1:25\"",
        "fastcgi_pass = \"unix:/run/php.sock\""}) {
    CAPTURE(wrong);
    CHECK(found(with_proxy(wrong)) != "");
  }
}

namespace {

// A server of this machine that is no scenario's. The kernel accepts in its name.
class Victim {
 public:
  Victim() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    const auto any = badgate::net::Address::loopback();
    REQUIRE(::bind(fd_.get(), any.data(), any.size()) == 0);
    REQUIRE(::listen(fd_.get(), 16) == 0);
    sockaddr_storage at{};
    socklen_t size = sizeof at;
    REQUIRE(::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&at), &size) == 0);
    port_ = badgate::net::Address::from(reinterpret_cast<const sockaddr*>(&at), size).port();
  }

  std::string address() const { return fmt::format("127.0.0.1:{}", port_); }
  // How many have come since.
  int met() {
    int count = 0;
    while (badgate::net::UniqueFd(::accept(fd_.get(), nullptr, nullptr)))
      ++count;
    return count;
  }

 private:
  badgate::net::UniqueFd fd_;
  std::uint16_t port_ = 0;
};

}  // namespace

TEST_CASE("a proxy that may reach its own servers only reaches nobody else, whatever leads there") {
  Victim victim;
  const std::string app = "[[upstream.app]]\n[[request]]\nleave_after = \"20s\"\n";
  const std::string names = "title = \"t\"\n[dns.ns]\n[proxy]\nresolver = \"{ns}\"\n";
  const auto port = victim.address().substr(victim.address().find(':') + 1);
  for (const std::string& text :
       {"title = \"t\"\n[proxy]\nproxy_pass = \"http://" + victim.address() + "\"\n" + app,
        "title = \"t\"\n[proxy]\nproxy_pass = \"http://g\"\n[group.g]\nserver = \"" +
            victim.address() + "\"\n" + app,
        "title = \"t\"\n[group.app]\nhealth_check = \"interval=1s port=" + port + "\"\n" +
            "[[upstream.app]]\nfault = { slow = \"header\", delay = \"10s\" }\n[[request]]\n",
        names + "set = \"$p " + port + "\"\nproxy_pass = \"http://$remote_addr:$p\"\n" + app,
        names + "set = \"$p " + port + "\"\nfastcgi_pass = \"$server_addr:$p\"\n" + app}) {
    CAPTURE(text);
    const auto one = scenario(text);
    const auto bounded = run(one, {.own_servers_only = true});
    CHECK(bounded.broken == "the proxy may not connect to " + victim.address() +
                                ", which is no server of this scenario");
    CHECK(victim.met() == 0);
    CHECK(run(one, {}).broken == "");  // `badgate run` does what the file says
    CHECK(victim.met() > 0);
  }
}

TEST_CASE("a proxy that may reach its own servers only asks no other name server") {
  Victim victim;
  const badgate::net::UniqueFd udp(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const auto at = *badgate::net::Address::parse(victim.address());
  REQUIRE(::bind(udp.get(), at.data(), at.size()) == 0);
  const auto asked = [&] {
    char byte = 0;
    return ::recv(udp.get(), &byte, 1, 0) >= 0;
  };
  const std::string server = "\"" + victim.address() + "\"\n";
  const std::string app = "[[upstream.app]]\n[[request]]\nat = \"10s\"\nleave_after = \"20s\"\n";
  for (const std::string& text :
       {"title = \"t\"\n[proxy]\nset = \"$a a.example\"\nproxy_pass = \"http://$a\"\nresolver = " +
            server + app,
        "title = \"t\"\n[proxy]\nproxy_pass = \"http://g\"\n[group.g]\nzone = \"z 64k\"\n"
        "server = \"a.example resolve\"\nresolver = " +
            server + app}) {
    CAPTURE(text);
    const auto one = scenario(text);
    CHECK(run(one, {.own_servers_only = true}).broken.find(victim.address()) != std::string::npos);
    CHECK_FALSE(asked());
    CHECK(run(one, {}).broken == "");
    CHECK(asked());
    while (asked()) {
    }
  }
}

TEST_CASE("a proxy that may reach its own servers only reaches all of these") {
  const auto own =
      run(scenario("title = \"t\"\n[dns.ns]\nrecords = { \"app.internal\" = \"app[0]\" }\n"
                   "[proxy]\nresolver = \"{ns}\"\nset = \"$a app.internal\"\n"
                   "proxy_pass = \"http://$a:{app[0].port}\"\n"
                   "[[upstream.app]]\n[[request]]\n"),
          {.own_servers_only = true});
  CHECK(own.broken == "");
  REQUIRE(own.responses.size() == 1);
  CHECK(own.responses.front().status == 200);
}
