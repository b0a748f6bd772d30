// badgate check, without sockets: what nginx would ask for, permissions, and what is said of what
// was seen.
#include "harness/check/check.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <regex>
#include <string>
#include <tuple>
#include <utility>

#include "harness/check/report.h"
#include "harness/nginx_conf/tree.h"
#include "harness/temp_folder.h"
#include "net/certificate.h"
#include "net/loop.h"
#include "net/unique_fd.h"

namespace badgate::harness::check {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Level = Finding::Level;

std::vector<Target> targets_in(const std::string& http) {
  const auto tree = nginx_conf::read_text("events {}\nhttp {\n" + http + "\n}\n", "nginx.conf");
  REQUIRE(tree.ok());
  return targets_of(nginx_conf::site_of(tree));
}

TEST_CASE("each address is asked once of a group and a scheme") {
  const auto targets = targets_in(R"(
    upstream app { server 10.0.0.1:80; server 10.0.0.1:80 weight=2; server 10.0.0.2:80; }
    server {
      location / { proxy_pass http://app; }
      location /tls/ { proxy_pass https://app; }
      location /again/ { proxy_pass http://app/x; }
      location /other/ { proxy_pass http://10.0.0.1:80; }
    })");
  REQUIRE(targets.size() == 5);
  CHECK(targets[1].address == "10.0.0.2:80");
  CHECK(targets[2].tls);
  CHECK(targets[2].used_by == "location /tls/ of *:80");
  CHECK(targets[4].group == "10.0.0.1:80");
}

TEST_CASE("what nginx would ask for") {
  const auto targets = targets_in(R"(
    proxy_read_timeout 10s;
    upstream app { server 10.0.0.1:8080; server app.internal down; server unix:/run/app.sock backup; }
    server {
      server_name shop.example;
      location / { proxy_pass http://app; proxy_set_header Host $host; }
      location /two/ { proxy_pass http://app; }
      location /tls/ { proxy_pass https://app/x/; proxy_ssl_server_name on; proxy_connect_timeout 3s; }
      location /direct/ { proxy_pass https://other.internal; proxy_ssl_verify on; }
      location ~ \.php$ { fastcgi_pass unix:/run/php.sock; fastcgi_read_timeout 5m; }
      location /any/ { proxy_pass http://$arg_to; }
    })");
  REQUIRE(targets.size() == 9);
  CHECK(targets[0].address == "10.0.0.1:8080");
  CHECK(targets[0].host == "10.0.0.1");
  CHECK(targets[0].port == 8080);
  CHECK_FALSE(targets[0].is_name);
  CHECK(targets[0].read_timeout == 10s);
  CHECK(targets[0].connect_timeout == 60s);
  CHECK(targets[0].http_host == "shop.example");
  CHECK(targets[0].used_by == "location / of shop.example");
  CHECK(targets[1].is_name);
  CHECK(targets[1].port == 80);
  CHECK(targets[1].down);
  CHECK(targets[2].path == "/run/app.sock");
  // The group again, by TLS: port 80 stays, as ngx_http_upstream_server has it.
  CHECK(targets[4].address == "app.internal");
  CHECK(targets[4].port == 80);
  REQUIRE(targets[3].tls);
  CHECK(targets[3].tls->send_name);
  CHECK(targets[3].tls->name == "app");
  CHECK(targets[3].connect_timeout == 3s);
  CHECK(targets[3].uri == "/x/");
  CHECK(targets[6].host == "other.internal");
  CHECK(targets[6].port == 443);
  CHECK(targets[6].tls->verify);
  CHECK(targets[6].tls->name == "other.internal");
  CHECK(targets[6].http_host == "other.internal");
  CHECK(targets[7].speaks_fastcgi());
  CHECK(targets[7].path == "/run/php.sock");
  CHECK(targets[7].read_timeout == 300s);
  CHECK(targets[8].undecided);
}

// A user who is nobody on this machine.
const User stranger{"stranger", 54321, {54321}};

TEST_CASE("the way to a unix socket, folder by folder") {
  const auto folder = TempFolder::make().value();
  const std::string inner = folder.path() + "/inner";
  const std::string path = inner + "/app.sock";
  fs::permissions(folder.path(), fs::perms(0711));
  fs::create_directory(inner);
  using Kind = Obstacle::Kind;
  const auto kind = [&] {
    const auto obstacle = obstacle_to_socket(path, stranger);
    REQUIRE(obstacle.has_value());
    return obstacle->kind;
  };
  fs::permissions(inner, fs::perms(0755));
  CHECK(kind() == Kind::missing);
  std::ofstream(path) << "x";
  CHECK(kind() == Kind::not_a_socket);
  fs::remove(path);
  const net::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto at = net::Address::unix_path(path).value();
  REQUIRE(::bind(socket.get(), at.data(), at.size()) == 0);
  fs::permissions(path, fs::perms(0660));
  CHECK(kind() == Kind::no_right);
  fs::permissions(inner, fs::perms(0750));
  CHECK(kind() == Kind::no_way);
  CHECK(obstacle_to_socket(path, stranger)->path == inner);
  fs::permissions(inner, fs::perms(0711));
  fs::permissions(path, fs::perms(0662));
  CHECK_FALSE(obstacle_to_socket(path, stranger).has_value());
  // Its group, which may write, and its owner, who may not: his own bits count.
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  fs::permissions(path, fs::perms(0460));
  const User owner{"owner", status.st_uid == 0 ? 1 : status.st_uid, {status.st_gid}};
  if (status.st_uid == 0) {
    CHECK_FALSE(obstacle_to_socket(path, owner).has_value());
  } else {
    CHECK(kind() == Kind::no_right);
  }
  CHECK_FALSE(obstacle_to_socket(path, {"root", 0, {0}}).has_value());
}

TEST_CASE("an nginx that runs, as /proc shows it") {
  const auto folder = TempFolder::make().value();
  const auto write = [&](const std::string& name, const std::string& text) {
    const fs::path path = fs::path(folder.path()) / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  };
  const auto stat_text = [](int pid, int parent, int started) {
    std::string text = std::to_string(pid) + " (nginx: (x)) S " + std::to_string(parent);
    for (int i = 0; i < 17; ++i)
      text += " 0";
    return text + " " + std::to_string(started) + " 0";
  };
  const auto ticks = static_cast<int>(::sysconf(_SC_CLK_TCK));
  write("uptime", "1000.00 900.00\n");
  // A process that ends while it is read: an error, as a folder gives it.
  fs::create_directories(folder.path() + "/9/cmdline");
  write("10/cmdline", "nginx: master process nginx -c /srv/nginx.conf");
  write("10/stat", stat_text(10, 1, 100 * ticks));
  write("11/cmdline", "nginx: worker process");
  write("11/stat", stat_text(11, 10, 940 * ticks));
  write("11/status",
        "Name:\tnginx\nUid:\t33\t54321\t33\t33\nGid:\t33\t33\t33\t33\nGroups:\t44 55 \n");
  fs::create_directories(folder.path() + "/11/fd");
  fs::create_symlink("socket:[4711]", folder.path() + "/11/fd/5");
  write("10/net/tcp",
        "  sl  local_address rem_address\n"
        "   0: 0100007F:C350 0200007F:1F90 01 00000000:00000000 00:00000000 00000000 0 0 4711 1\n"
        "   1: 0100007F:C351 0300007F:1F90 01 00000000:00000000 00:00000000 00000000 0 0 4712 1\n");
  const auto nginx = find_running_nginx("/srv/nginx.conf", folder.path());
  REQUIRE(nginx.has_value());
  CHECK(nginx->master == 10);
  CHECK(nginx->age == 60s);
  REQUIRE(nginx->user.has_value());
  CHECK(nginx->user->uid == 54321);
  CHECK(nginx->user->is_in(55));
  REQUIRE(nginx->connected.size() == 1);
  CHECK(nginx->connected.front().to_string() == "127.0.0.2:8080");
  CHECK_FALSE(find_running_nginx("/srv/other.conf", folder.path()).has_value());
  // One that runs elsewhere with a file of the same name is another.
  write("20/cmdline", "nginx: master process nginx -p sites -c nginx.conf");
  write("20/stat", stat_text(20, 1, 100 * ticks));
  fs::create_directory_symlink("/home/shop", folder.path() + "/20/cwd");
  write("30/cmdline", "nginx: master process nginx -c nginx.conf");
  write("30/stat", stat_text(30, 1, 100 * ticks));
  const auto master_of = [&](const std::string& config) {
    const auto found = find_running_nginx(config, folder.path());
    return found ? found->master : 0;
  };
  CHECK(master_of("nginx.conf") == 0);
  CHECK(master_of("/home/shop/sites/nginx.conf") == 20);
  CHECK(master_of("/home/shop/nginx.conf") == 0);
  CHECK(master_of("/srv/nginx.conf") == 10);
  // Of one whose folder cannot be seen, only what it says in full is known.
  fs::remove(folder.path() + "/20/cwd");
  const auto here = fs::current_path().string();
  CHECK(master_of(here + "/sites/nginx.conf") == 0);
  write("20/cmdline", "nginx: master process nginx -p /home/shop -c nginx.conf");
  CHECK(master_of("/home/shop/nginx.conf") == 20);
}

Seen at(std::string_view address, int code) {
  Seen seen;
  AddressSeen& one = seen.addresses.emplace_back();
  one.at = net::Address::parse(address).value();
  one.as_told.code = code;
  one.as_told.failure = "failed";
  return seen;
}

Surroundings around() {
  Surroundings surroundings;
  surroundings.user = stranger;
  surroundings.longest = 5s;
  return surroundings;
}

TEST_CASE("nobody waits for a pipe that stands where a certificate should") {
  const auto folder = TempFolder::make().value();
  const std::string pipe = folder.path() + "/pipe.pem";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const std::string large = folder.path() + "/large.pem";
  std::ofstream(large) << std::string((1 << 20) + 1, 'x');
  const auto own = net::make_certificate({.common_name = "x"}, nullptr).value();
  const std::string good = folder.path() + "/good.pem";
  std::ofstream(good) << own.pem();
  for (const auto& [certificate, key, words] :
       {std::tuple{pipe, pipe, "it is no ordinary file"},
        {good, pipe, "it is no ordinary file"},
        {std::string("/dev/zero"), pipe, "it is no ordinary file"},
        {large, pipe, "too large"}}) {
    const auto tree = nginx_conf::read_text(
        "events {} http { server { listen 443 ssl; ssl_certificate " + certificate +
            "; ssl_certificate_key " + key + "; location / { return 200; } } }",
        "nginx.conf");
    const auto reports = check_certificates(nginx_conf::site_of(tree), net::WallTime{});
    REQUIRE(reports.size() == 1);
    REQUIRE_FALSE(reports.front().findings.empty());
    const std::string& what = reports.front().findings.front().what;
    CHECK_MESSAGE(what.find(words) != what.npos, what);
  }
}

TEST_CASE("nor for one among the files for an upstream's TLS") {
  const auto folder = TempFolder::make().value();
  const std::string pipe = folder.path() + "/pipe.pem";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  for (const std::string& directive :
       {"proxy_ssl_trusted_certificate " + pipe,
        "proxy_ssl_certificate " + pipe + "; proxy_ssl_certificate_key " + pipe}) {
    const auto targets =
        targets_in("server { location / { proxy_pass https://127.0.0.1:1; " + directive + "; } }");
    const auto clock = net::make_real_clock();
    net::Loop loop(*clock);
    std::optional<Seen> seen;
    Examination examination(loop, targets.at(0), stranger, {}, [&](Seen done) {
      seen = std::move(done);
      loop.stop();
    });
    loop.run();
    REQUIRE(seen.has_value());
    CHECK(seen->broken_tls == pipe + ": it is no ordinary file");
  }
}

TEST_CASE("what the configuration says does nothing to the terminal") {
  const std::string hostile = "a\x1b]0;x\n.conf";
  Report report;
  report.file = hostile;
  CHECK(to_text(report, false, true) == "a<1B>]0;x<0A>.conf passes requests to nobody.\n");
  CertificateReport& one = report.certificates.emplace_back();
  one.file = hostile;
  one.position = {.file = hostile, .line = 3};
  one.findings = {{Level::wrong, hostile, hostile, {}}};
  const auto text = to_text(report, false, true);
  CAPTURE(text);
  CHECK(text.find('\x1b') == text.npos);
  CHECK(text.find("       a<1B>]0;x<0A>.conf:3\n") != text.npos);
  CHECK(text.find("       cure: a<1B>]0;x<0A>.conf\n") != text.npos);
}

TEST_CASE("what connect(2) says, and which scenario shows it") {
  struct Row {
    int code;
    const char* scenario;
  };
  const auto targets = targets_in("server { location / { proxy_pass http://192.0.2.7:80; } }");
  for (const Row& row :
       {Row{ECONNREFUSED, "upstream-down/application-not-running"},
        Row{EHOSTUNREACH, "firewall/rejects-host-unreachable"},
        Row{ENETUNREACH, "firewall/no-route"}, Row{EACCES, "firewall/forbids-connecting"},
        Row{EINVAL, "firewall/blackhole-route"}, Row{ETIMEDOUT, "firewall/drops-packets"}}) {
    const auto found = findings_of(targets.at(0), at("192.0.2.7:80", row.code), around());
    REQUIRE(found.size() == 1);
    CHECK(found.front().level == Level::wrong);
    CHECK(found.front().scenario == row.scenario);
  }
}

TEST_CASE("what is marked down is not asked, and nothing is wrong with it") {
  const auto targets = targets_in(
      "upstream a { server 192.0.2.7:80 down; server 192.0.2.8:80; } server { location / { "
      "proxy_pass "
      "http://a; } }");
  const auto found = findings_of(targets.at(0), at("192.0.2.7:80", ECONNREFUSED), around());
  REQUIRE(found.size() == 1);
  CHECK(found.front().level == Level::note);
  CHECK(well_of(targets.at(0), at("192.0.2.7:80", ECONNREFUSED)).starts_with("marked down"));
}

TEST_CASE("a socket that badgate itself may not open") {
  const auto targets = targets_in("server { location / { proxy_pass http://unix:/run/a.sock; } }");
  const auto found = findings_of(targets.at(0), at("unix:/run/a.sock", EACCES), around());
  REQUIRE(found.size() == 1);
  CHECK(found.front().level == Level::warning);
  CHECK(found.front().fix == "run badgate check as root");
}

TEST_CASE("one of a name's addresses is dead") {
  const auto targets = targets_in("server { location / { proxy_pass http://localhost:80; } }");
  Seen seen = at("127.0.0.1:80", ECONNREFUSED);
  seen.name.addresses = {seen.addresses.front().at};
  AddressSeen& other = seen.addresses.emplace_back();
  other.at = net::Address::loopback6(80);
  other.as_told.reached = probe::Reached::complete;
  const auto found = findings_of(targets.at(0), seen, around());
  REQUIRE(found.size() == 1);
  CHECK(found.front().scenario == "upstream-down/localhost-has-two-addresses");
}

TEST_CASE("a name that leads elsewhere since nginx was started") {
  const auto targets = targets_in("server { location / { proxy_pass http://app.test:80; } }");
  Seen seen;
  seen.name.addresses = {net::Address::parse("192.0.2.8:0").value()};
  auto& one = seen.addresses.emplace_back();
  one.at = net::Address::parse("192.0.2.8:80").value();
  one.as_told.reached = probe::Reached::complete;
  one.as_told.head.status = 200;
  auto surroundings = around();
  surroundings.known = {one.at};
  surroundings.running =
      RunningNginx{.master = 10, .age = 3600s, .connections_seen = true, .connected = {one.at}};
  auto found = findings_of(targets.at(0), seen, surroundings);
  REQUIRE(found.size() == 1);
  CHECK(found.front().level == Level::note);
  CHECK(found.front().what.find("looked up once, 60 minutes ago") != std::string::npos);
  surroundings.running->connected = {net::Address::parse("192.0.2.7:80").value()};
  found = findings_of(targets.at(0), seen, surroundings);
  CHECK(found.front().level == Level::wrong);
  CHECK(found.front().scenario == "name-resolution/resolved-once-at-start");
  CHECK(found.front().fix == "nginx -s reload");
}

TEST_CASE("SELinux is said to be in the way where it may be") {
  const auto targets = targets_in("server { location / { proxy_pass http://192.0.2.7:80; } }");
  auto surroundings = around();
  surroundings.selinux_enforcing = true;
  surroundings.selinux_may_connect = false;
  const auto found = findings_of(targets.at(0), at("192.0.2.7:80", ECONNREFUSED), surroundings);
  REQUIRE(found.size() == 2);
  CHECK(found.back().fix == "setsebool -P httpd_can_network_connect 1");
}

TEST_CASE("every scenario that is named is in the catalogue") {
  const fs::path source(BADGATE_SOURCE);
  const std::regex name("\"([a-z0-9-]+/[a-z0-9-]+)\"");
  std::size_t found = 0;
  for (const char* file : {"findings.cc", "findings_protocol.cc"}) {
    std::ifstream stream(source / "harness/check" / file);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    for (std::sregex_iterator at(text.begin(), text.end(), name), end; at != end; ++at, ++found)
      CHECK_MESSAGE(fs::exists(source / "scenarios" / ((*at)[1].str() + ".toml")), (*at)[1].str());
  }
  CHECK(found > 40);
}

}  // namespace
}  // namespace badgate::harness::check
