// A user's own haproxy.cfg made fit to run beside fakes: what is replaced, what stays as it is.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <string>

#include "harness/own_config/adapt_haproxy.h"

namespace badgate::harness::own_config {
namespace {

drivers::Setup setup_of(const std::vector<const char*>& addresses,
                        const char* pass = "http://app") {
  drivers::Setup setup;
  setup.settings.proxy_pass = pass;
  setup.settings.proxy_ssl_trusted_certificate = "/run/ca.pem";
  proxy::Upstream group;
  group.name = "app";
  for (const char* address : addresses) {
    proxy::Server server;
    const std::string_view text = address;
    server.address = text.starts_with('/') ? *net::Address::unix_path(std::string(text))
                                           : *net::Address::parse(text);
    group.servers.push_back(std::move(server));
  }
  setup.settings.upstreams.push_back(std::move(group));
  return setup;
}

AdaptedHaproxy adapted(const std::string& text, const drivers::Setup& setup, const Here& here = {},
                       bool plain = false) {
  auto file = haproxy_cfg::read_text(text, "haproxy.cfg");
  REQUIRE_MESSAGE(file.ok(), to_text(file.diagnostics));
  const OwnHaproxyConfig own{.site = haproxy_cfg::site_of(std::move(file)),
                             .frontend = "web",
                             .backend_and_server = "app/a",
                             .plain = plain};
  REQUIRE(own.pair());
  return adapt(own, setup,
               {.folder = "/tmp/run",
                .listen = "127.0.0.1:4711",
                .log = "fd@9",
                .log_format = "\"%ST\"",
                .others = "127.0.0.1:4712"},
               here);
}

std::string with(const std::string& lines_of_app, const std::string& lines_of_web = {}) {
  return "defaults\n  mode http\nfrontend web\n  bind :80\n" + lines_of_web +
         "  default_backend app\nbackend app\n" + lines_of_app;
}

bool has(const std::string& text, std::string_view part) {
  INFO(text);
  return text.find(part) != text.npos;
}

TEST_CASE("What is of the machine is left out, the rest stays to the letter") {
  const auto made = adapted(
      "global\n  daemon\n  chroot /var/empty\n  stats socket /run/a.sock\n  user nobody\n"
      "  nbthread 4\n  log /dev/log local0\n  tune.bufsize  16384 # kept\n" +
          with("  server a 10.0.0.1:80\n",
               "  option httplog\n  log global\n  acl x path_reg \"^/\\$\"  # kept\n") +
          "program ls\n  command /bin/ls\npeers p\n  peer a 10.0.0.1:1024\n",
      setup_of({"127.0.0.1:1001"}));
  for (const char* gone : {"daemon", "chroot", "stats socket", "user nobody", "nbthread 4",
                           "/dev/log", "log global", "/bin/ls", "10.0.0.1"}) {
    CAPTURE(gone);
    CHECK_FALSE(has(made.text, gone));
  }
  CHECK(has(made.text, "global\n  nbthread 1\n  no strict-limits\n"));
  CHECK(has(made.text, "\n  tune.bufsize  16384 # kept\n"));
  CHECK(has(made.text, "\n  acl x path_reg \"^/\\$\"  # kept\n"));
  CHECK(has(made.text, "frontend web\n  log fd@9 format raw local0 debug\n  log-format \"%ST\"\n"));
  CHECK(has(made.text, "\n  bind 127.0.0.1:4711\n"));
  CHECK(has(made.text, "\n  server a 127.0.0.1:1001\n"));
  const auto told = to_text(made.differences);
  CHECK(has(told, "haproxy.cfg:2: daemon → left out  ("));
  CHECK(has(told, "haproxy.cfg:12: bind :80 → bind 127.0.0.1:4711  ("));
  CHECK(has(told, "server a 10.0.0.1:80 → server a 127.0.0.1:1001  (a fake's address)"));
  CHECK(has(told, "program ls → left out"));
}

TEST_CASE("Nothing of a branch that is not taken runs, whatever HAProxy thinks of its condition") {
  const auto made = adapted(
      ".if defined(X)\nglobal\n  maxconn 10\n.else\nglobal\n  stats socket /run/a.sock\n"
      "  lua-load /etc/hostname\nprogram ls\n  command /bin/ls\n.endif\n" +
          with("  server a 10.0.0.1:80\n.if 1\n  retries 2\n.elif feature(LUA)\n"
               "  server b 10.0.0.2:80\n.else\n  log 10.0.0.3 local0\n.endif\n"),
      setup_of({"127.0.0.1:1001"}));
  for (const char* gone : {".if", ".el", ".endif", "program", "stats socket", "lua-load", "/bin/ls",
                           "10.0.0.2", "10.0.0.3"}) {
    CAPTURE(gone);
    CHECK_FALSE(has(made.text, gone));
  }
  CHECK(has(made.text, "  maxconn 10\n"));
  CHECK(has(made.text, "  retries 2\n"));
  CHECK(has(made.text, "  server a 127.0.0.1:1001\n"));
}

TEST_CASE("No program of the user's runs") {
  const char* const gone[] = {
      "lua-load /etc/hostname",   "lua-load-per-thread /etc/hostname", "lua-prepend-path /x/?.lua",
      "\vlua-load /etc/hostname", "\flua-load\f/etc/hostname",         "\"lua-load\" /etc/hostname",
      "\"${KW}\" /etc/hostname",  "\"l${KW}\" /etc/hostname",          "no \"${KW}\"",
      "set-var proc.x lua.f"};
  for (const char* line : gone) {
    CAPTURE(line);
    const auto made = adapted(
        fmt::format("global\n  maxconn 10\n  {}\n", line) + with("  server a 10.0.0.1:80\n"),
        setup_of({"127.0.0.1:1001"}));
    CHECK(has(made.text, "  maxconn 10\n\ndefaults\n"));
    CHECK(has(to_text(made.differences), "haproxy.cfg:3: "));
  }
  const char* const of_proxies[] = {"http-request lua.act if { path / }",
                                    "http-request use-service lua.serve",
                                    "http-request set-header X %[src,lua.conv]",
                                    "http-request set-header X \"%[lua.fetch(1)]\"",
                                    "use_backend app if { lua.fetch -m found }",
                                    "option \"${OPTION}\"",
                                    "no option \"${OPTION}\"",
                                    "filter \"${FILTER}\"",
                                    "\"${KW}\" x"};
  for (const char* line : of_proxies) {
    CAPTURE(line);
    const auto made = adapted(with("  server a 10.0.0.1:80\n", fmt::format("  {}\n", line)),
                              setup_of({"127.0.0.1:1001"}));
    CHECK(has(made.text, "bind 127.0.0.1:4711\n\n  default_backend app\n"));
  }
  const auto kept = adapted(with("  server a 10.0.0.1:80\n",
                                 "  http-request set-header X lualua.example.com\n"
                                 "  maxconn \"${MAX}\"\n"),
                            setup_of({"127.0.0.1:1001"}));
  CHECK(has(kept.text, "set-header X lualua.example.com\n"));
  CHECK(has(kept.text, "  maxconn \"${MAX}\"\n"));
}

TEST_CASE("Addresses that lead to the fakes stay") {
  Here here;
  here.own_network = true;
  here.leads_to["10.0.0.1:80"] = "10.0.0.1:80";
  const auto made = adapted(with("  server a 10.0.0.1:80 check  inter 1s\n"
                                 "  server b 10.0.0.2:80 send-proxy\n"),
                            setup_of({"10.0.0.1:80", "127.0.0.1:1002"}), here);
  CHECK(has(made.text, "\n  server a 10.0.0.1:80 check  inter 1s\n"));
  CHECK(has(made.text, "\n  server b 127.0.0.1:1002\n"));
  CHECK_FALSE(has(to_text(made.differences), "server a"));
}

TEST_CASE("Parameters of servers that cannot be here") {
  struct Case {
    const char* line;
    const char* runs;
  };
  const Case plain[] = {
      {"server a 10.0.0.1:80 ssl verify required ca-file /x sni str(a) weight 3",
       "server a 127.0.0.1:1001 weight 3"},
      {"server a 10.0.0.1:80 resolvers dns init-addr none check port 81 addr 10.0.0.9",
       "server a 127.0.0.1:1001 check"},
      {"server a 10.0.0.1:80 source 10.9.9.9 send-proxy-v2 proto h2 maxconn 5",
       "server a 127.0.0.1:1001 maxconn 5"},
      {"default-server inter 1s resolvers dns\n  server a 10.0.0.1:80",
       "default-server inter 1s\n  server a 127.0.0.1:1001"},
  };
  for (const Case& c : plain) {
    CAPTURE(c.line);
    const auto made = adapted(with(fmt::format("  {}\n", c.line)), setup_of({"127.0.0.1:1001"}));
    CHECK(has(made.text, fmt::format("\n  {}\n", c.runs)));
  }
  const auto tls = adapted(with("  server a 10.0.0.1:443 ssl verify required ca-file /x alpn h2\n"),
                           setup_of({"127.0.0.1:1001"}, "https://app"));
  CHECK(has(tls.text, "  server a 127.0.0.1:1001 ssl verify required ca-file /run/ca.pem\n"));
  const auto socket = adapted(with("  server a /run/a.sock\n"), setup_of({"/tmp/run/a.sock"}));
  CHECK(has(socket.text, "  server a unix@/tmp/run/a.sock\n"));
  const auto templated = adapted(with("  server-template t 1-2 pool:80 check\n  server a b:1\n"),
                                 setup_of({"127.0.0.1:1001", "127.0.0.1:1002", "127.0.0.1:1003"}));
  CHECK(has(templated.text,
            "  server t1 127.0.0.1:1001 check\n  server t2 127.0.0.1:1002 check\n"
            "  server a 127.0.0.1:1003\n"));
}

TEST_CASE("Clients come by TLS, unless it is the redirect there that is played") {
  const std::string text = with("  server a 10.0.0.1:80\n",
                                "  bind :443 ssl crt /none.pem\n"
                                "  http-request redirect scheme https unless { ssl_fc }\n");
  const auto setup = setup_of({"127.0.0.1:1001"});
  CHECK_FALSE(has(adapted(text, setup).text, "redirect"));
  CHECK(has(adapted(text, setup, {}, true).text, "redirect scheme https"));
  CHECK_FALSE(has(adapted(text, setup).text, "none.pem"));
}

TEST_CASE("Other proxies answer, and listen where nobody comes") {
  const auto made = adapted(with("  server a 10.0.0.1:80\n") +
                                "listen db\n  mode tcp\n  bind 10.0.0.5:3306\n"
                                "  server one 10.0.7.1:3306 ssl\n  server two 10.0.7.2:3306\n",
                            setup_of({"127.0.0.1:1001"}));
  CHECK(has(made.text,
            "\n  bind unix@/tmp/run/own-1.sock\n  server one 127.0.0.1:4712\n"
            "  server two 127.0.0.1:4712\n"));
  CHECK(made.differences.size() == 4);
}

TEST_CASE("Files that are not here") {
  const auto made =
      adapted(with("  server a 10.0.0.1:80\n  errorfile 503 /none/503.http\n",
                   "  acl bad src -f /none/bad.lst\n"
                   "  http-request set-var(txn.a) hdr(host),map(/none/hosts.map,b)\n"
                   "  filter spoe engine x config /none/spoe.cfg\n  option external-check\n"),
              setup_of({"127.0.0.1:1001"}));
  CHECK_FALSE(has(made.text, "/none/"));
  CHECK_FALSE(has(made.text, "external-check"));
  CHECK(has(made.text, "acl bad src -f /tmp/run/own-1.lst\n"));
  CHECK(has(made.text, "hdr(host),map(/tmp/run/own-2.lst,b)\n"));
  CHECK(made.empty_files.size() == 2);
}

}  // namespace
}  // namespace badgate::harness::own_config
