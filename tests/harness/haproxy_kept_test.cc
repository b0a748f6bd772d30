// What of a user's own haproxy.cfg runs beside fakes: nothing that runs a program, writes a file or
// asks somebody.
#include "harness/own_config/haproxy_kept.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <utility>

#include "tests/harness/own_haproxy.h"

namespace badgate::harness::own_config {
namespace {

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
    CAPTURE(std::string(line));
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
                                    "use_backend app if a !{ lua.fetch -m found }",
                                    "http-request capture lua.fetch len 10",
                                    "http-request set-src lua.fetch",
                                    "http-request sc-set-gpt0(0) lua.fetch if { path / }",
                                    "balance hash lua.fetch",
                                    "option \"${OPTION}\"",
                                    "no option \"${OPTION}\"",
                                    "filter \"${FILTER}\"",
                                    "\"${KW}\" x"};
  for (const char* line : of_proxies) {
    CAPTURE(std::string(line));
    const auto made = adapted(with("  server a 10.0.0.1:80\n", fmt::format("  {}\n", line)),
                              setup_of({"127.0.0.1:1001"}));
    CHECK(has(made.text, "bind 127.0.0.1:4711\n\n  default_backend app\n"));
  }
  const auto kept = adapted(with("  server a 10.0.0.1:80\n",
                                 "  http-request set-header X lualua.example.com\n"
                                 "  acl own hdr(host) lua.example.com\n"
                                 "  maxconn \"${MAX}\"\n"),
                            setup_of({"127.0.0.1:1001"}));
  CHECK(has(kept.text, "set-header X lualua.example.com\n"));
  CHECK(has(kept.text, "acl own hdr(host) lua.example.com\n"));
  CHECK(has(kept.text, "  maxconn \"${MAX}\"\n"));
}

// Lines of global, of the frontend, of the backend, or of the end of the file. There is a section
// of peers in front.
enum class Where { global, web, app, end };

AdaptedHaproxy adapted_with(Where where, const std::string& line) {
  const auto in = [&](Where here) { return where == here ? "  " + line + "\n" : std::string(); };
  return adapted("peers p\n  table t type ip size 1\nglobal\n  maxconn 10\n" + in(Where::global) +
                     with(in(Where::app) + "  server a 10.0.0.1:80\n", in(Where::web)) +
                     (where == Where::end ? line + "\n" : ""),
                 setup_of({"127.0.0.1:1001"}));
}

TEST_CASE("Nobody is asked, nothing is written, and the log is badgate's") {
  const std::pair<Where, const char*> lines[] = {
      {Where::global, "unix-bind prefix /run/"},
      {Where::global, "zero-warning"},
      {Where::global, "ssl-engine rdrand"},
      {Where::global, "shm-stats-file /run/stats"},
      {Where::global, "httpclient.resolvers.id dns"},
      {Where::global, "frobnicate /run/a"},
      {Where::global, "stats frobnicate /run/a"},
      {Where::app, "tcp-check connect addr 10.0.0.9 port 53"},
      {Where::app, "tcp-check connect port 53"},
      {Where::app, "http-check connect addr 10.0.0.9"},
      {Where::app, "http-check connect \"${WHERE[*]}\""},
      {Where::app, "option external-check"},
      {Where::app, "option transparent"},
      {Where::app, "transparent"},
      {Where::app, "source 10.0.0.9"},
      {Where::app, "email-alert mailers m"},
      {Where::app, "use-fcgi-app f"},
      {Where::web, "option httplog"},
      {Where::web, "option tcplog"},
      {Where::web, "option httpslog"},
      {Where::web, "option dontlog-normal"},
      {Where::web, "option logasap"},
      {Where::web, "option frobnicate-most-things"},
      {Where::web, "log-format %ST"},
      {Where::web, "log-steps all"},
      {Where::web, "default log 10.0.0.9 local0"},
      {Where::web, "http-request set-log-level silent"},
      {Where::web, "http-response set-log-level silent"},
      {Where::web, "http-request do-resolve(txn.a,dns,ipv4) hdr(host)"},
      {Where::web, "tcp-request content do-resolve(txn.a,dns,ipv4) req.ssl_sni"},
      {Where::web, "http-request send-spoe-group e g"},
      {Where::web, "http-request use-service frobnicate"},
      {Where::web, "http-request frobnicate"},
      {Where::web, "http-request \"${ACTION}\""},
      {Where::web, "http-request set-mark 1"},
      {Where::web, "http-request track-sc0 src table p/t"},
      {Where::web, "http-request deny if { sc_http_req_rate(0,p/t) gt 1 }"},
      {Where::web, "tcp-request connection expect-proxy layer4"},
      {Where::web, "filter opentracing config /x"},
      {Where::web, "filter trace"},
      {Where::web, "filter compression spoe engine e config /x"},
      {Where::web, "filter compression \"${MORE}\""},
      {Where::web, "stick-table type ip size 1 \"${MORE[*]}\""},
      {Where::global, "no frobnicate"},
      {Where::global, "no lua-load /x"},
      {Where::web, "filter spoe engine e config /x"},
      {Where::web, "stats frobnicate"},
      {Where::web, "frobnicate 1"},
      {Where::end, "resolvers dns\n  nameserver a 10.0.0.9:53"},
      {Where::end, "acme a\n  directory https://10.0.0.9/"},
      {Where::end, "crt-store\n  load crt /a.pem"},
      {Where::end, "ring r\n  backing-file /run/a\n  server s 10.0.0.9:514"},
      {Where::end, "mailers m\n  mailer a 10.0.0.9:25"},
      {Where::end, "log-forward f\n  dgram-bind 10.0.0.9:514"},
  };
  for (const auto& [where, line] : lines) {
    CAPTURE(std::string(line));
    const auto made = adapted_with(where, line);
    const std::string_view all = line;
    for (std::size_t at = 0; at < all.size(); at = std::min(all.find('\n', at), all.size() - 1) + 1)
      CHECK_FALSE(has(made.text, all.substr(at, all.find('\n', at) - at)));
    CHECK(has(to_text(made.differences), all.substr(0, std::min<std::size_t>(8, all.find('\n')))));
  }
}

TEST_CASE("What is harmless stays to the letter") {
  const std::pair<Where, const char*> lines[] = {
      {Where::global, "tune.frobnicated 1"},
      {Where::global, "ssl-default-bind-options  ssl-min-ver TLSv1.2"},
      {Where::global, "setenv A b"},
      {Where::global, "stats timeout 30s"},
      {Where::global, "no strict-limits"},
      {Where::app, "option httpchk GET /healthz"},
      {Where::app, "http-check connect default linger"},
      {Where::app, "http-check expect status 200"},
      {Where::app, "tcp-check send-binary 00"},
      {Where::app, "stick-table type ip size 1m"},
      {Where::app, "no option forwardfor"},
      {Where::app, "timeout server \"${TIME}\""},
      {Where::end, "backend lua.b\n  server lua.c 127.0.0.1:4712\nlisten l\n  use_backend lua.b"},
      {Where::web, "stats uri /stats"},
      {Where::web, "filter compression"},
      {Where::web, "option dontlognull"},
      {Where::web, "http-request set-var(txn.a) src"},
      {Where::web, "http-request track-sc0 src"},
      {Where::web, "http-request sc-inc-gpc0(0)"},
      {Where::web, "http-request use-service prometheus-exporter"},
      {Where::web, "tcp-request inspect-delay 5s"},
      {Where::web, "tcp-request connection reject if { src 10.0.0.9 }"},
      {Where::end, "cache c\n  total-max-size 4"},
      {Where::end, "userlist u\n  user a password b"},
  };
  for (const auto& [where, line] : lines) {
    CAPTURE(std::string(line));
    CHECK(has(adapted_with(where, line).text, std::string(line) + "\n"));
  }
}

TEST_CASE("Of sections that stay, lines that are not known are left out") {
  for (const std::string section : {"cache c", "userlist u", "http-errors e"})
    CHECK_FALSE(has(adapted_with(Where::end, section + "\n  frobnicate /run/a").text, "/run/a"));
}

TEST_CASE("What asks for something that is left out does not fail by it") {
  CHECK(has(adapted_with(Where::web, "acl \"is bad\" sc_http_req_rate(0,p/t) gt 1").text,
            "\n  acl \"is bad\" always_false\n"));
  CHECK(has(adapted_with(Where::app, "stick-table type ip size 1m peers p expire \"${TIME}\"").text,
            "\n  stick-table type ip size 1m expire \"${TIME}\"\n"));
}

TEST_CASE("No name of a server is an address, too") {
  const auto made = adapted(with("  server a 10.0.0.1:80\n  server \"${N[*]}\" 10.0.0.2:80\n") +
                                "backend other\n  server \"${N[*]}\" 10.0.0.2:80\n"
                                "  server-template t \"${N[*]}\" 10.0.0.2:80\n"
                                "  server \"${N}\" 10.0.0.2:80\n",
                            setup_of({"127.0.0.1:1001", "127.0.0.1:1002"}));
  CHECK_FALSE(has(made.text, "\"${N[*]}\""));
  CHECK(has(made.text, "  server \"\\${N[*]}\" 127.0.0.1:1002\n"));
  CHECK(has(made.text, "  server \"${N}\" 127.0.0.1:4712\n"));
}

TEST_CASE("Parameters of servers are known ones") {
  const std::pair<const char*, const char*> servers[] = {
      {"frobnicate 10.0.0.9 weight 3", "weight 3"},
      {"check \"${P[*]}\" backup", "check backup"},
      {"\"${P}\" 10.0.0.9 weight \"${W}\"", "weight \"${W}\""},
      {"weight \"${W[*]}\" check", "check"},
      {"check agent-check agent-addr 10.0.0.9 agent-port 53", "check"},
      {"check check-via-socks4 socks4 10.0.0.9:1080", "check"},
      {"no-check cookie 'a b'", "no-check cookie 'a b'"},
  };
  for (const auto& [written, runs] : servers) {
    CAPTURE(std::string(written));
    const auto made = adapted(with(fmt::format("  server a 10.0.0.1:80 {}\n", written)),
                              setup_of({"127.0.0.1:1001"}));
    CHECK(has(made.text, fmt::format("\n  server a 127.0.0.1:1001 {}\n", runs)));
  }
}

}  // namespace
}  // namespace badgate::harness::own_config
