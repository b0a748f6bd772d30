// The file of `badgate proxy --config`.
#include "harness/load_proxy.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

using namespace badgate;

namespace {

constexpr const char* kWhole = R"toml(
error_log = "errors"

[proxy]
listen = "127.0.0.1:8080"
proxy_read_timeout = "3s"

[group.app]
keepalive = 16

[[upstream.app]]
server = "127.0.0.1:9000"
max_fails = 3

[[upstream.app]]
server = "unix:/run/app.sock"
backup = true
)toml";

harness::LoadedProxy loaded(const std::string& text) {
  const std::string path = "/tmp/badgate-proxy-" + std::to_string(::getpid()) + ".toml";
  std::ofstream(path) << text;
  auto result = harness::load_proxy(path);
  std::remove(path.c_str());
  for (auto& diagnostic : result.diagnostics)
    diagnostic.position.file = "proxy.toml";
  return result;
}

std::string replaced(std::string text, const std::string& old, const std::string& by) {
  const auto at = text.find(old);
  REQUIRE(at != std::string::npos);
  return text.replace(at, old.size(), by);
}

}  // namespace

TEST_CASE("A proxy's file: its settings, groups, servers and logs") {
  const auto proxy = loaded(kWhole);
  REQUIRE(harness::to_text(proxy.diagnostics) == "");
  const auto& settings = proxy.config.settings;
  CHECK(proxy.config.logs.error == "errors");
  CHECK(settings.proxy_pass == "http://app");
  CHECK(settings.proxy.read_timeout == std::chrono::seconds(3));
  REQUIRE(settings.upstreams.size() == 1);
  CHECK(settings.upstreams[0].keepalive == 16);
  REQUIRE(settings.upstreams[0].servers.size() == 2);
  CHECK(settings.upstreams[0].servers[0].address.to_string() == "127.0.0.1:9000");
  CHECK(settings.upstreams[0].servers[0].max_fails == 3);
  CHECK(settings.upstreams[0].servers[1].address.to_string() == "unix:/run/app.sock");
  CHECK(settings.upstreams[0].servers[1].backup);
}

TEST_CASE("A proxy's file: each mistake is told at its place") {
  struct Row {
    const char* old;
    const char* by;
    const char* told;
  };
  for (const auto& row : {
           Row{"listen = \"127.0.0.1:8080\"", "",
               "proxy.toml:1:1: error: the proxy listens nowhere"},
           Row{"server = \"127.0.0.1:9000\"", "",
               "proxy.toml:11:1: error: this server has no address"},
           Row{"127.0.0.1:9000", "nowhere", "proxy.toml:12:10: error: "},
           Row{"max_fails", "maxfails", "proxy.toml:13:1: error: unknown key \"maxfails\""},
           Row{"error_log", "errorlog", "proxy.toml:2:1: error: unknown key \"errorlog\""},
           Row{"keepalive = 16", "keepalive = 0",
               "proxy.toml:9:1: error: invalid value \"0\" in \"keepalive\" directive"},
           Row{"max_fails = 3", "backup = true",
               "proxy.toml:11:12: error: no servers in upstream \"app\""},
       }) {
    CAPTURE(row.by);
    const auto told = harness::to_text(loaded(replaced(kWhole, row.old, row.by)).diagnostics);
    CAPTURE(told);
    CHECK(told.starts_with(row.told));
  }
}

TEST_CASE("A proxy's file that is not there") {
  const auto missing = harness::load_proxy("/nowhere/proxy.toml");
  REQUIRE(missing.diagnostics.size() == 1);
  CHECK(missing.diagnostics[0].position.file == "/nowhere/proxy.toml");
}

TEST_CASE("A proxy's file: certificates that cannot be used") {
  struct Row {
    std::string directives;
    std::string_view message;  // the beginning of it, after its place
  };
  const std::string key = "proxy_ssl_certificate_key = \"no.key\"\n";
  for (const Row& row :
       {Row{"proxy_pass = \"https://app\"\nproxy_ssl_certificate = \"no.pem\"\n" + key,
            "proxy.toml:7:1: error: cannot load certificate \"/tmp/no.pem\": BIO_new_file() failed "
            "(SSL: error:80000002:system library::No such file or directory:"},
        Row{"proxy_pass = \"https://app\"\nproxy_ssl_certificate = \"/etc/hostname\"\n" + key,
            "proxy.toml:7:1: error: cannot load certificate \"/etc/hostname\": "
            "PEM_read_bio_X509_AUX() failed (SSL: error:0480006C:PEM routines::no start line:"},
        Row{"proxy_pass = \"https://app\"\nproxy_ssl_verify = \"on\"\n"
            "proxy_ssl_trusted_certificate = \"no.pem\"\n",
            "proxy.toml:8:1: error: SSL_CTX_load_verify_locations(\"/tmp/no.pem\") failed (SSL: "},
        Row{"ssl_certificate = \"no.pem\"\nssl_certificate_key = \"no.key\"\n",
            "proxy.toml:6:1: error: cannot load certificate \"/tmp/no.pem\": BIO_new_file() failed "
            "(SSL: "}}) {
    auto text = replaced(kWhole, "proxy_read_timeout = \"3s\"\n", row.directives);
    if (row.directives.starts_with("ssl_")) {
      text = replaced(text, "\"127.0.0.1:8080\"", "\"127.0.0.1:8080 ssl\"");
    }
    const auto told = harness::to_text(loaded(text).diagnostics);
    CHECK_MESSAGE(told.starts_with(row.message), told);
  }
}
