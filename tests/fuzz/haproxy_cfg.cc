// A configuration of HAProxy of any bytes, and a line of its log: read, understood and made a
// scenario of, or refused with diagnostics that can be shown.
#include <cstdint>
#include <cstdlib>
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

// The copy of the user's own file that runs; it can be read, as far as the file itself can.
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
  const auto made = own::adapt(config, {},
                               {.folder = "/tmp/f",
                                .listen = "127.0.0.1:1",
                                .log = "fd@9",
                                .log_format = "\"%ST\"",
                                .others = "127.0.0.1:2"});
  static_cast<void>(own::to_text(made.differences));
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
