// A configuration of HAProxy of any bytes, and a line of its log: read, understood and made a
// scenario of, or refused with diagnostics that can be shown; its copy that is to run does no harm.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <string>
#include <string_view>

#include "harness/haproxy_cfg/site.h"
#include "harness/load.h"
#include "harness/own_config/adapt_haproxy.h"
#include "harness/reproduce/configured_haproxy.h"
#include "harness/reproduce/recipe.h"

namespace cfg = badgate::harness::haproxy_cfg;
namespace reproduce = badgate::harness::reproduce;
using badgate::harness::evidence::Evidence;
using badgate::harness::evidence::Source;

namespace {

void play(const cfg::Site& site, const cfg::Proxy& frontend) {
  for (const std::string_view code : {"sH--", "SC--", "cR--"}) {
    Evidence line;
    line.source = Source::haproxy;
    line.server = frontend.name;
    line.upstream_address = frontend.name + "/<NOSRV>";
    line.code = code;
    line.status = 504;
    line.timers.emplace();
    const auto configured = reproduce::configured_by(site, line);
    if (!configured) continue;
    const auto frame = reproduce::frame_of(line, *configured);
    for (const auto& fitting : reproduce::recipes_for(line, frame)) {
      const auto text = reproduce::compose(fitting, line, frame);
      // The limits of scenarios may refuse it, with words; it is TOML in any case.
      if (text) (void)badgate::harness::load_text("title = \"fuzz\"\n" + *text, "f.toml", "f");
    }
  }
}

constexpr const char* kFakes[] = {"127.0.0.1:3", "127.0.0.1:4"};
constexpr std::string_view kOthers = "127.0.0.1:2";
constexpr std::string_view kFolder = "/tmp/f";

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

// Whether a line would run, write, or ask something outside of the run. Its own opinion: what
// adapt() goes by is not asked.
bool does_harm(const cfg::Line& line) {
  const auto keyword = line.word(0);
  const auto what = line.word(1);
  if (keyword.find('$') != keyword.npos || keyword.starts_with('.')) return true;
  if (keyword.starts_with("lua-") ||
      is_one_of(keyword, {"chroot", "command", "daemon", "email-alert", "external-check",
                          "insecure-fork-wanted", "load-server-state-from-file", "localpeer",
                          "log-stderr", "master-worker", "nameserver", "peer", "pidfile", "source",
                          "ssl-engine", "transparent", "uid", "unix-bind"}))
    return true;
  if (keyword == "log") return what != "fd@9";
  if (keyword == "stats") return what == "socket";
  if (keyword == "dispatch") return what != kOthers;
  if (keyword == "bind") return what != "127.0.0.1:1" && !what.starts_with("unix@/tmp/f/own-");
  if (keyword == "option") return is_one_of(what, {"external-check", "transparent", "httplog"});
  if (keyword == "filter")
    return std::ranges::any_of(line.words, [](const cfg::Word& word) {
      return is_one_of(word.text, {"spoe", "opentracing", "trace"});
    });
  // "${NAME[*]}" may be any words: no address stands behind one.
  if (is_one_of(keyword, {"server", "server-template", "default-server"}))
    return std::ranges::any_of(line.words, [&](const cfg::Word& word) {
      const auto raw = line.text.substr(word.begin, word.bytes);
      return raw.find("\"${") == 0 && raw.find("[*]}") != raw.npos;
    });
  if (is_one_of(keyword, {"http-request", "tcp-request"}))
    return what.starts_with("lua.") || what.starts_with("do-resolve");
  return is_one_of(keyword, {"http-check", "tcp-check"}) && what == "connect" &&
         is_one_of(line.word(2), {"addr", "port", "socks4"});
}

bool does_harm(const cfg::Server& server) {
  const auto& at = server.address;
  if (at != kOthers && !is_one_of(at, {kFakes[0], kFakes[1]})) return true;
  return std::ranges::any_of(
      std::initializer_list<std::string_view>{"addr", "agent-check", "init-addr", "namespace",
                                              "port", "resolvers", "socks4", "source"},
      [&](std::string_view parameter) { return server.has(parameter); });
}

void check_copy(const std::string& text) {
  const cfg::File copy = cfg::read_text(text, "copy.cfg");
  for (const cfg::Section& section : copy.sections) {
    if (is_one_of(section.kind, {"acme", "crt-store", "fcgi-app", "log-forward", "mailers", "peers",
                                 "program", "resolvers", "ring", "traces"}))
      std::abort();
    for (const cfg::Line& line : section.lines)
      if (!line.words.empty() && does_harm(line)) std::abort();
  }
  for (const cfg::Proxy& proxy : cfg::site_of(copy).proxies)
    if (std::ranges::any_of(proxy.servers, [](const auto& one) { return does_harm(one); }))
      std::abort();
}

badgate::harness::drivers::Setup setup() {
  badgate::harness::drivers::Setup setup;
  setup.settings.proxy_pass = "https://app";
  auto& group = setup.settings.upstreams.emplace_back();
  for (const char* address : kFakes)
    group.servers.emplace_back().address = *badgate::net::Address::parse(address);
  return setup;
}

// The copy of the user's own file that runs. Of a file that is refused, none runs.
void adapt(const cfg::File& file) {
  namespace own = badgate::harness::own_config;
  own::OwnHaproxyConfig config{
      .site = cfg::site_of(file), .frontend = {}, .backend_and_server = {}};
  for (const cfg::Proxy& proxy : config.site.proxies) {
    if (!proxy.is_frontend()) continue;
    config.frontend = proxy.name;
    config.backend_and_server = proxy.name + "/<NOSRV>";
    break;
  }
  const auto made = own::adapt(config, setup(),
                               {.folder = std::string(kFolder),
                                .listen = "127.0.0.1:1",
                                .log = "fd@9",
                                .log_format = "\"%ST\"",
                                .others = std::string(kOthers)});
  static_cast<void>(own::to_text(made.differences));
  if (file.ok()) check_copy(made.text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  cfg::File file = cfg::read_text(text, "/etc/haproxy/haproxy.cfg");
  const auto shown = badgate::harness::to_text(file.diagnostics);
  if (file.ok() != shown.empty()) std::abort();
  for (const cfg::Section& section : file.sections) {
    for (const cfg::Line& line : section.lines) {
      for (const cfg::Word& word : line.words) {
        const auto again = cfg::split(cfg::quoted(word.text));
        if (!again.mistake.empty() || again.words.size() != 1 || again.words[0].text != word.text)
          std::abort();
      }
    }
  }
  adapt(file);
  const bool ok = file.ok();
  const cfg::Site site = cfg::site_of(std::move(file));
  if (ok && !site.proxies.empty()) play(site, site.proxies.front());
  return 0;
}
