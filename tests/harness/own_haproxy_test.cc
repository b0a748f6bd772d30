// A user's own haproxy.cfg made fit to run beside fakes: what is replaced, what stays as it is.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <fstream>
#include <string>

#include "harness/temp_folder.h"
#include "tests/harness/own_haproxy.h"

namespace badgate::harness::own_config {
namespace {

TEST_CASE("What is of the machine is left out, the rest stays to the letter") {
  const auto made = adapted(
      "global\n  daemon\n  chroot /var/empty\n  stats socket /run/a.sock\n  user nobody\n"
      "  nbthread 4\n  log /dev/log local0\n  tune.bufsize  16384 # kept\n" +
          with("  server a 10.0.0.1:80\n",
               "  option httplog\n  log global\n  acl x path_reg \"^/\\$\"  # kept\n") +
          "program ls\n  command /bin/ls\npeers p\n  peer a 10.0.0.1:1024\n",
      setup_of({"127.0.0.1:1001"}));
  for (const char* gone : {"daemon", "chroot", "stats socket", "user nobody", "nbthread 4",
                           "/dev/log", "log global", "httplog", "/bin/ls", "10.0.0.1"}) {
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
  const auto made = adapted(
      "global\n  h1-case-adjust-file /none/cases\n" +
          with("  server a 10.0.0.1:80\n  errorfile 503 /none/503.http\n",
               "  acl bad src -f /none/bad.lst\n"
               "  http-request set-var(txn.a) hdr(host),map(/none/hosts.map,b)\n"
               "  http-request set-header X \"%[hdr(x-map),map_beg(/none/hosts.map,${B})]\"\n"
               "  http-request set-map(/none/hosts.map) %[src] 1\n"
               "  http-request return status 200 content-type text/html lf-file /none/a.html\n"
               "  http-request set-header file /none/is-no-file\n"
               "  http-error status 503 content-type text/html file /none/b.html\n"
               "  acl known src -f /dev/null\n"),
      setup_of({"127.0.0.1:1001"}));
  for (const char* line :
       {"acl bad src -f /tmp/run/own-1.lst", "hdr(host),map(/tmp/run/own-2.lst,b)",
        "set-header X \"%[hdr(x-map),map_beg(/tmp/run/own-2.lst,${B})]\"",
        "set-map(/tmp/run/own-2.lst) %[src] 1", "content-type text/html lf-file /tmp/run/own-3.lst",
        "set-header file /none/is-no-file", "content-type text/html file /tmp/run/own-4.lst",
        "acl known src -f /dev/null"})
    CHECK(has(made.text, fmt::format("{}\n", line)));
  CHECK_FALSE(has(made.text, "503.http"));
  CHECK_FALSE(has(made.text, "/none/cases"));
  CHECK(made.empty_files.size() == 4);
}

TEST_CASE("Files are found where they are found from the user's own file") {
  const auto folder = TempFolder::make().value();
  std::ofstream(folder.path() + "/503.http") << "HTTP/1.0 503 Busy\r\n\r\n";
  const auto from = [&](const std::string& way) {
    return adapted("global\n  default-path " + way + "\n" +
                       with("  server a 10.0.0.1:80\n  errorfile 503 503.http\n"),
                   setup_of({"127.0.0.1:1001"}), {}, false, folder.path() + "/haproxy.cfg");
  };
  const auto config = from("config");
  CHECK(has(config.text, "\n  default-path origin " + folder.path() + "\n"));
  CHECK(has(config.text, "\n  errorfile 503 503.http\n"));
  CHECK(has(from("origin " + folder.path()).text, "\n  errorfile 503 503.http\n"));
  CHECK_FALSE(has(from("current").text, "503.http"));
}

}  // namespace
}  // namespace badgate::harness::own_config
