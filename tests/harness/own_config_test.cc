// A user's own configuration under a real nginx: what is replaced, and that it runs.
#include "harness/own_config/own_nginx.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "harness/drivers/registry.h"
#include "harness/load.h"
#include "harness/nginx_conf/locate.h"
#include "harness/run.h"
#include "harness/temp_folder.h"
#include "harness/workers.h"

namespace badgate::harness::own_config {
namespace {

namespace fs = std::filesystem;

// As people have them: several servers, TLS, logs, users, files that are not here.
constexpr const char* kShop = R"(user www-data;
worker_processes auto;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log warn;
load_module modules/ngx_nowhere_module.so;
events { worker_connections 768; }
stream { server { listen 5432; proxy_pass 10.0.0.9:5432; } }
http {
  include mime.types;
  log_format main '$remote_addr "$request" $status';
  access_log /var/log/nginx/access.log main;
  map $http_upgrade $connection_upgrade { default upgrade; "" close; }
  proxy_cache_path /var/cache/nginx keys_zone=pages:1m;
  upstream app { server 10.0.0.1:8080 max_fails=2; server 10.0.0.2:8080 backup; keepalive 16; }
  upstream images { server images.internal; }
  server {
    listen 80 default_server;
    listen [::]:80 default_server;
    server_name shop.example;
    return 301 https://$host$request_uri;
  }
  server {
    listen 443 ssl http2;
    server_name shop.example www.shop.example;
    ssl_certificate /etc/letsencrypt/live/shop/fullchain.pem;
    ssl_certificate_key /etc/letsencrypt/live/shop/privkey.pem;
    ssl_stapling on;
    resolver 10.0.0.53 valid=30s;
    auth_request /auth;
    location / {
      proxy_pass http://app;
      proxy_read_timeout 5s;
      proxy_set_header Connection $connection_upgrade;
      access_log off;
    }
    location = /auth { internal; proxy_pass http://10.0.0.7:9000/check; proxy_pass_request_body off; }
    location /images/ { proxy_pass http://images/; }
    location ~ \.php$ { include fastcgi_params; fastcgi_pass unix:/run/php/php-fpm.sock; }
    location ~ "^/(\d{2,})/$" { proxy_pass http://app; }
  }
}
)";

OwnConfig config(const TempFolder& folder, const std::string& text, const std::string& host,
                 const std::string& uri) {
  const std::string path = folder.path() + "/nginx.conf";
  std::ofstream(path) << text;
  auto own = OwnConfig::read(path);
  REQUIRE_MESSAGE(own.has_value(), own.error().message);
  // Of two servers of the name the one with the location.
  bool found = false;
  for (std::size_t i = 0; i < own->site.servers.size() && !found; ++i) {
    const auto& names = own->site.servers[i].names;
    const auto location = nginx_conf::find_location(own->site.servers[i], uri);
    if (!location || std::ranges::find(names, host) == names.end()) continue;
    own->played = {i, *location};
    found = true;
  }
  REQUIRE(found);
  return std::move(*own);
}

drivers::Setup setup_with(std::vector<std::string> servers) {
  drivers::Setup setup;
  setup.settings.listen = {proxy::Listen(net::Address::loopback(4711), false)};
  auto& group = setup.settings.upstreams.emplace_back();
  group.name = "app";
  for (const auto& address : servers)
    group.servers.push_back({.address = net::Address::parse(address).value()});
  return setup;
}

const drivers::NginxSurroundings kSurroundings{.folder = "/tmp/run",
                                               .listen = net::Address::loopback(4711),
                                               .access_log = "/proc/self/fd/4",
                                               .user = "root root",
                                               .temp_paths = {"proxy"}};
const Others kOthers{.http = "127.0.0.1:5001", .fastcgi = "127.0.0.1:5002"};

Adapted adapted_shop() {
  const auto folder = TempFolder::make().value();
  return adapt(config(folder, kShop, "shop.example", "/"),
               setup_with({"127.0.0.1:6001", "127.0.0.1:6002"}), kSurroundings, kOthers);
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != text.npos;
}

TEST_CASE("addresses and files of the user's machine are replaced, the rest is not") {
  const auto adapted = adapted_shop();
  const std::string& text = adapted.text;
  CAPTURE(text);
  // What a request meets is as it was written.
  for (const char* kept :
       {"worker_connections 768;", "map $http_upgrade $connection_upgrade {", "\"\" close;",
        "keepalive 16;", "proxy_read_timeout 5s;", "return 301 https://$host$request_uri;",
        "auth_request /auth;", "location ~ \"\\\\.php$\" {", "location ~ \"^/(\\\\d{2,})/$\" {",
        "proxy_pass http://app;", "proxy_pass http://images/;",
        "proxy_set_header Connection $connection_upgrade;",
        "server_name shop.example www.shop.example;"})
    CHECK_MESSAGE(has(text, kept), kept);
  for (const char* ran :
       {"listen 127.0.0.1:4711;", "listen unix:/tmp/run/listen-1.sock default_server;",
        "server 127.0.0.1:6001 max_fails=2;", "server 127.0.0.1:6002 backup;",
        "server 127.0.0.1:5001;", "proxy_pass http://127.0.0.1:5001/check;",
        "fastcgi_pass 127.0.0.1:5002;", "ssl_certificate /tmp/run/own-certificate.pem;",
        "ssl_certificate_key /tmp/run/own-key.pem;", "ssl_stapling off;",
        "resolver 127.0.0.1:9 valid=30s;", "access_log /proc/self/fd/4 badgate;",
        "error_log stderr info;", "user root root;",
        "fastcgi_param SCRIPT_NAME $fastcgi_script_name;"})
    CHECK_MESSAGE(has(text, ran), ran);
  // Nothing of theirs is contacted, written or bound.
  for (const char* gone :
       {"10.0.0.", "images.internal", "/var/log", "/var/cache", "/run/php", "/etc/letsencrypt",
        "listen 80", "443", "www-data", "modules/", "5432", "mime.types"})
    CHECK_MESSAGE(!has(text, gone), gone);
  CHECK(adapted.certificate.names == std::vector<std::string>{"shop.example", "www.shop.example",
                                                              "shop.example", "www.shop.example"});
}

TEST_CASE("every difference is told, with its line and why") {
  const auto told = to_text(adapted_shop().differences);
  CAPTURE(told);
  for (const char* line :
       {"nginx.conf:14: server 10.0.0.1:8080 max_fails=2 → server 127.0.0.1:6001 max_fails=2  (the "
        "scenario's fake)",
        "nginx.conf:15: server images.internal → server 127.0.0.1:5001  (a fake that is well)",
        "listen 443 ssl http2 → listen 127.0.0.1:4711  (where the scenario's client connects to; "
        "it "
        "speaks plain HTTP)",
        "load_module modules/ngx_nowhere_module.so → left out  (it is not here)"})
    CHECK_MESSAGE(has(told, line), line);
}

TEST_CASE("a location that names its server itself") {
  const auto folder = TempFolder::make().value();
  const auto text = [&](const std::string& location, std::vector<std::string> servers) {
    const auto own =
        config(folder, "http { server { server_name x; " + location + " } }", "x", "/a/b");
    return adapt(own, setup_with(std::move(servers)), kSurroundings, kOthers).text;
  };
  CHECK(has(text("location /a/ { proxy_pass http://10.0.0.1:8080/b/; }", {"127.0.0.1:6001"}),
            "proxy_pass http://127.0.0.1:6001/b/;"));
  CHECK(
      has(text("location /a/ { proxy_pass http://unix:/run/app.sock:/b/; }", {"unix:/tmp/a.sock"}),
          "proxy_pass http://unix:/tmp/a.sock:/b/;"));
  CHECK(has(text("location /a/ { fastcgi_pass unix:/run/php.sock; }", {"unix:/tmp/a.sock"}),
            "fastcgi_pass unix:/tmp/a.sock;"));
  const auto tls =
      text("location /a/ { proxy_pass https://app.internal:8443; }", {"127.0.0.1:6001"});
  CHECK(has(tls, "proxy_pass https://127.0.0.1:6001;"));
  CHECK(has(tls, "proxy_ssl_name app.internal;"));
  CHECK(has(text("location /a/ { proxy_pass http://10.0.0.1; }", {"127.0.0.1:6001"}), "events {"));
}

TEST_CASE("a part of a server that is a file of its own") {
  const auto folder = TempFolder::make().value();
  const auto own = config(folder,
                          "upstream app { server 10.0.0.1:8080; }\n"
                          "server_name x;\n"
                          "proxy_pass http://nowhere;\n"
                          "location / { proxy_pass http://app; }\n",
                          "x", "/");
  const auto adapted = adapt(own, setup_with({"127.0.0.1:6001"}), kSurroundings, kOthers);
  CAPTURE(adapted.text);
  CHECK(nginx_conf::read_text(adapted.text, "nginx.conf").ok());
  CHECK(has(adapted.text, "upstream app {\n    server 127.0.0.1:6001;"));
  CHECK(has(adapted.text,
            "  server {\n    listen 127.0.0.1:4711;\n    server_name x;\n    location / {\n"));
  CHECK(has(to_text(adapted.differences),
            "nginx.conf:3: proxy_pass http://nowhere → left out  (it stands in no location)"));
}

TEST_CASE("without a network of its own, variables lead to the fakes only") {
  const auto folder = TempFolder::make().value();
  const auto adapted = [&](const std::string& server, const Here& here = {}) {
    const auto own = config(folder,
                            "http { map $host $m { default app; y 10.0.0.8; }\n"
                            "upstream app { server 10.0.0.9; }\n"
                            "server { server_name x; " +
                                server + " } }",
                            "x", "/a/b");
    return adapt(own, setup_with({"127.0.0.1:6001"}), kSurroundings, kOthers, here);
  };
  const auto text = [&](const std::string& server) { return adapted(server).text; };
  const std::string plain = "location /a/ { set $b 127.0.0.1:8080; proxy_pass http://$b; }";
  const auto played = adapted(plain);
  CHECK(has(played.text, "proxy_pass http://127.0.0.1:6001;"));
  CHECK(has(to_text(played.differences),
            "proxy_pass http://$b → proxy_pass http://127.0.0.1:6001  (the fake that breaks)"));
  // Neither by a value that is not known, nor by one that is another at times.
  CHECK(has(text("location /a/ { proxy_pass http://$arg_to; }"),
            "proxy_pass http://127.0.0.1:5001;"));
  CHECK(has(text("location /a/ { proxy_pass $arg_to; }"), "proxy_pass http://127.0.0.1:5001;"));
  CHECK(has(text("location /a/ { proxy_pass http://$m; }"), "proxy_pass http://app;"));
  CHECK(has(text("location /a/ { set $b app; if ($arg_x) { set $b 10.0.0.8; } "
                 "proxy_pass http://$b; }"),
            "proxy_pass http://app;"));
  CHECK(has(text("location /a/ { set $b unix:/run/php.sock; fastcgi_pass $b; }"),
            "fastcgi_pass 127.0.0.1:6001;"));
  // Another location, and one in an `if`.
  CHECK(has(text("location /a/ { proxy_pass http://app; } "
                 "location /c/ { set $b 10.0.0.8; proxy_pass https://$b; }"),
            "proxy_pass https://127.0.0.1:5001;"));
  CHECK(has(text("location /a/ { set $b 10.0.0.8; if ($arg_x) { proxy_pass http://$b; } "
                 "proxy_pass http://app; }"),
            "proxy_pass http://127.0.0.1:5001;"));
  // The URI is what it would have been.
  CHECK(has(text("location /a/ { proxy_pass http://app$request_uri; }"),
            "proxy_pass http://app$request_uri;"));
  CHECK(has(text("location /a/ { proxy_pass http://10.0.0.8$request_uri; }"),
            "proxy_pass http://127.0.0.1:6001$request_uri;"));
  CHECK(has(text("location /a/ { set $b 10.0.0.8; proxy_pass http://$b/c/; }"),
            "proxy_pass http://127.0.0.1:6001/c/$http_x_badgate_nothing;"));
  Here here;
  here.own_network = true;
  CHECK(has(adapted(plain, here).text, "proxy_pass http://$b;"));
}

TEST_CASE("nothing is written outside of the run's folder") {
  const auto folder = TempFolder::make().value();
  const auto own = config(folder, R"(google_perftools_profiles /var/prof;
http {
  uwsgi_cache_path /var/cache/uwsgi keys_zone=u:1m;
  scgi_cache_path /var/cache/scgi keys_zone=s:1m;
  server {
    server_name x;
    location / {
      proxy_pass http://10.0.0.1;
      proxy_store /var/www/store$uri;
      fastcgi_store off;
      dav_methods PUT DELETE;
    }
    location /b/ { proxy_pass http://10.0.0.1; proxy_store on; dav_methods off; }
  }
})",
                          "x", "/a");
  const auto adapted = adapt(own, setup_with({"127.0.0.1:6001"}), kSurroundings, kOthers);
  CAPTURE(adapted.text);
  for (const char* gone : {"/var/", "proxy_store", "PUT", "google_perftools"})
    CHECK_FALSE_MESSAGE(has(adapted.text, gone), gone);
  for (const char* kept : {"fastcgi_store off;", "dav_methods off;",
                           "uwsgi_cache_path /tmp/run/own-", "scgi_cache_path /tmp/run/own-"})
    CHECK_MESSAGE(has(adapted.text, kept), kept);
  CHECK(has(to_text(adapted.differences),
            "proxy_store on → left out  (it would write into your files)"));
}

TEST_CASE("differences do nothing to the terminal") {
  const std::string hostile = "a\x1b]0;x\n";
  const auto text = to_text({{.position = {.file = hostile, .line = 3},
                              .yours = hostile,
                              .ran = hostile,
                              .why = hostile}});
  CHECK(text == "a<1B>]0;x<0A>:3: a<1B>]0;x<0A> → a<1B>]0;x<0A>  (a<1B>]0;x<0A>)\n");
}

TEST_CASE("a socket's folder is covered only if nothing else is in it that is needed") {
  const auto folder = TempFolder::make().value();
  const std::string& path = folder.path();
  fs::create_directories(path + "/run/app");
  fs::create_directory_symlink("/etc", path + "/etc");
  fs::create_directory_symlink(path + "/run", path + "/var");
  const std::vector<std::string> needed{path + "/run/nginx/sbin/nginx"};
  CHECK(coverable_folder(path + "/run/app/a.sock", needed) == path + "/run/app");
  CHECK(coverable_folder(path + "/run/app/new/a.sock", needed) == path + "/run/app");
  CHECK(coverable_folder(path + "/var/app/a.sock", needed) == path + "/run/app");
  for (const std::string& refused :
       {path + "/run/a.sock", path + "/var/a.sock", path + "/etc/a.sock",
        path + "/etc/nowhere/a.sock", path + "/run/app/nowhere/../../../etc/a.sock",
        path + "/run/app/../app/a.sock", std::string("/etc/a.sock"), std::string("/a.sock"),
        std::string("a.sock"), std::string("/run/nowhere/../../etc/nowhere/a.sock"),
        fs::temp_directory_path().string() + "/a.sock"})
    CHECK_MESSAGE(coverable_folder(refused, needed).empty(), refused);
}

// ---- with a real nginx

Outcome play(const OwnNginx& nginx, const std::string& toml) {
  auto loaded = load_text(toml, "own.toml", "own");
  REQUIRE_MESSAGE(loaded.ok(), to_text(loaded.diagnostics));
  RunOptions options;
  options.proxy = &nginx;
  if (!nginx.can_live_virtually()) options.clock = ClockChoice::real_clock;
  return run(loaded.scenarios.front(), options);
}

constexpr const char* kSlow = R"(title = "x"
[proxy]
[[upstream.app]]
fault = { slow = "header", delay = "75s" }
[[upstream.app]]
backup = true
[[request]]
path = "/cart?id=1"
headers = { Host = "shop.example" }
[expect]
status = 504
)";

TEST_CASE("nginx runs it, and says what it would have said") {
  const auto folder = TempFolder::make().value();
  auto nginx = OwnNginx::find({}, config(folder, kShop, "shop.example", "/"));
  if (!nginx) {
    MESSAGE("skipped: ", nginx.error().message);
    return;
  }
  const auto outcome = play(**nginx, kSlow);
  REQUIRE_MESSAGE(outcome.broken.empty(), outcome.broken);
  REQUIRE_MESSAGE(outcome.skipped.empty(), outcome.skipped);
  REQUIRE(outcome.responses.size() == 1);
  std::string log;
  for (const auto& line : outcome.error_log)
    log += line.whole + "\n";
  CAPTURE(log);
  CHECK(outcome.responses.front().status == 200);
  CHECK(has(log,
            "upstream timed out (110: Connection timed out) while reading response header from "
            "upstream"));
  CHECK(has(log, "server: shop.example, request: \"GET /cart?id=1 HTTP/1.1\""));
}

constexpr const char* kWell =
    "title = \"x\"\n[[upstream.app]]\n[[request]]\n[expect]\nstatus = 200\n";

TEST_CASE("realistic configurations start, whichever location is played") {
  if (const auto installed = drivers::find_driver("nginx"); !installed) {
    MESSAGE("skipped: ", installed.error().message);
    return;
  }
  std::vector<std::string> files{BADGATE_SOURCE "/tests/configs/includes/nginx.conf"};
  for (const auto& entry : fs::directory_iterator(BADGATE_SOURCE "/tests/configs")) {
    if (entry.path().extension() == ".conf") files.push_back(entry.path().string());
  }
  constexpr std::size_t kMost = 2;  // locations of each
  std::size_t played = 0;
  for (const auto& file : files) {
    CAPTURE(file);
    auto own = OwnConfig::read(file);
    REQUIRE_MESSAGE(own.has_value(), own.error().message);
    const auto passing = own->site.passing();
    for (std::size_t i = 0; i < std::min(passing.size(), kMost); ++i) {
      own->played = passing[i];
      CAPTURE(own->site.location(passing[i]).title());
      const auto outcome = play(**OwnNginx::find({}, *own), kWell);
      CHECK_MESSAGE(outcome.broken.empty(), outcome.broken);
      // That this nginx was built without a module, is not our affair.
      const bool unknown = outcome.skipped.find("unknown directive") != std::string::npos;
      CHECK_MESSAGE((outcome.skipped.empty() || unknown), outcome.skipped);
      if (unknown) MESSAGE(file, ": ", outcome.skipped);
      ++played;
    }
  }
  CHECK(played > 20);
}

// Plays it in a process that has a network of its own: what nginx logged, what was replaced.
std::string played_in_own_network(OwnConfig own, const std::string& toml) {
  std::string result;
  Workers workers;
  workers.tasks = 1;
  workers.work = [&](std::size_t, int) {
    auto nginx = OwnNginx::find({}, own);
    if (!nginx) return "skipped: " + nginx.error().message;
    std::string told;
    (*nginx)->on_adapted([&](const std::vector<Difference>& all) { told = to_text(all); });
    if (auto ok = (*nginx)->enter_network(); !ok) return "skipped: " + ok.error().message;
    const auto loaded = load_text(toml, "own.toml", "own");
    RunOptions options;
    options.proxy = nginx->get();
    if (!(*nginx)->can_live_virtually()) options.clock = ClockChoice::real_clock;
    const auto outcome = run(loaded.scenarios.front(), options);
    std::string text = outcome.broken + outcome.skipped + "\n";
    for (const auto& line : outcome.error_log)
      text += (line.written.empty() ? line.whole : line.written) + "\n";
    return text + told;
  };
  workers.on_result = [&](std::size_t, std::string text, std::string how_died) {
    result = how_died.empty() ? text : "died: " + how_died;
    return true;
  };
  REQUIRE(run_workers(workers).has_value());
  return result;
}

TEST_CASE("in a network of its own, addresses and names stay as they are written") {
  const auto folder = TempFolder::make().value();
  const auto text = played_in_own_network(config(folder, kShop, "shop.example", "/"), kSlow);
  CAPTURE(text);
  if (text.starts_with("skipped")) {
    MESSAGE(text);
    return;
  }
  CHECK(has(text, "while reading response header from upstream, client: "));
  CHECK(has(text, "upstream: \"http://10.0.0.1:8080/cart?id=1\""));
  CHECK_FALSE(has(text, "server 10.0.0.1:8080 max_fails=2 → "));
  CHECK(has(text,
            "listen 443 ssl http2 → listen 443  (where the scenario's client connects to; it "
            "speaks plain HTTP)"));
}

TEST_CASE(
    "in a network of its own, names lead to the fakes, and sockets are where they should be") {
  const auto folder = TempFolder::make().value();
  const std::string slow =
      "title = \"x\"\n[[upstream.app]]\nfault = { crash = \"after-request\" }\n"
      "[[request]]\npath = \"/a\"\n[expect]\nstatus = 502\n";
  const auto play_with = [&](const std::string& pass, const std::string& toml) {
    return played_in_own_network(
        config(folder, "http { server { server_name x; location / { " + pass + " } } }", "x", "/a"),
        toml);
  };
  const auto named = play_with("proxy_pass http://app.internal:8080;", slow);
  CAPTURE(named);
  if (named.starts_with("skipped")) {
    MESSAGE(named);
    return;
  }
  CHECK(has(named, "upstream prematurely closed connection while reading response header"));
  CHECK(has(named, "upstream: \"http://192.0.2.10:8080/a\""));
  CHECK_FALSE(has(named, "proxy_pass"));
  const auto v6 = play_with("proxy_pass http://[2001:db8::7]:8080;", slow);
  CAPTURE(v6);
  CHECK(has(v6, "upstream: \"http://[2001:db8::7]:8080/a\""));
  const std::string socket =
      "title = \"x\"\n[[upstream.app]]\ntransport = \"unix\"\nfault = { down "
      "= \"stale\" }\n[[request]]\n[expect]\nstatus = 502\n";
  const auto unix_socket =
      play_with("fastcgi_pass unix:/run/nowhere/php.sock; include fastcgi_params;", socket);
  CAPTURE(unix_socket);
  CHECK(has(unix_socket, "connect() to unix:/run/nowhere/php.sock failed"));
  CHECK_FALSE(fs::exists("/run/nowhere"));
}

}  // namespace
}  // namespace badgate::harness::own_config
