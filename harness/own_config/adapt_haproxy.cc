#include "harness/own_config/adapt_haproxy.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "harness/own_config/haproxy_adapter.h"
#include "harness/own_config/haproxy_kept.h"

namespace badgate::harness::own_config {

namespace {

// One thread: time is badgate's. What the machine lacks in descriptors is no mistake.
constexpr std::string_view kGlobal = "  nbthread 1\n  no strict-limits";

// The words as HAProxy reads them, with one blank between.
std::string text_of(const haproxy_cfg::Line& line) {
  std::string out;
  for (const auto& word : line.words)
    out += (out.empty() ? "" : " ") + word.text;
  return out;
}

// "http-request redirect scheme https …".
bool is_way_to_tls(const haproxy_cfg::Line& line) {
  for (std::size_t i = 0; i + 2 < line.words.size(); ++i) {
    if (line.word(i) == "redirect" && line.word(i + 1) == "scheme" && line.word(i + 2) == "https")
      return true;
  }
  return false;
}

}  // namespace

AdaptedHaproxy adapt(const OwnHaproxyConfig& own, const drivers::Setup& setup,
                     const HaproxySurroundings& surroundings, const Here& here) {
  return HaproxyAdapter(own, setup, surroundings, here).adapt();
}

HaproxyAdapter::HaproxyAdapter(const OwnHaproxyConfig& own, const drivers::Setup& setup,
                               const HaproxySurroundings& surroundings, const Here& here)
    : own_(own), setup_(setup), surroundings_(surroundings), here_(here) {
  if (const auto pair = own.pair()) {
    front_ = pair->frontend->section;
    back_ = pair->backend->section;
  }
  for (const Section& section : own.site.file.sections)
    if (section.kind == "peers" && !section.name.empty()) peers_.push_back(section.name + "/");
}

AdaptedHaproxy HaproxyAdapter::adapt() {
  const auto& sections = own_.site.file.sections;
  const bool has_global = std::ranges::find(sections, "global", &Section::kind) != sections.end();
  if (!has_global) put("global\n" + std::string(kGlobal));
  for (std::size_t i = 0; i < sections.size(); ++i)
    add(sections[i], i);
  return std::move(adapted_);
}

void HaproxyAdapter::add(const Section& section, std::size_t index) {
  if (const auto why = why_not_section(section.kind); !why.empty())
    return tell(section.header, {}, why);
  if (!section.header.text.empty()) put(section.header.text);
  if (section.kind == "global" && !std::exchange(global_, true)) put(kGlobal);
  begin(section, index);
  for (const Line& line : section.lines)
    add_line(section, line);
}

void HaproxyAdapter::begin(const Section& section, std::size_t index) {
  front_now_ = index == front_ && section.kind != "backend";
  back_now_ = index == back_;
  bound_ = false;
  others_told_ = false;
  plain_of_tls_ = false;
  const auto& proxies = own_.site.proxies;
  const auto proxy =
      std::ranges::lower_bound(proxies, index, std::less(), &haproxy_cfg::Proxy::section);
  if (proxy != proxies.end() && proxy->section == index) {
    servers_ = &proxy->servers;
    plain_of_tls_ =
        front_now_ && !own_.plain && std::ranges::any_of(proxy->binds, &haproxy_cfg::Bind::tls);
  }
  next_ = 0;
  if (!front_now_ && !back_now_) return;
  put(fmt::format("  log {} format raw local0 debug", surroundings_.log));
  if (front_now_) put("  log-format " + surroundings_.log_format);
}

void HaproxyAdapter::add_line(const Section& section, const Line& line) {
  if (line.words.empty()) return put(line.text);
  if (line.word(0).starts_with('.')) return add_macro(line);
  // HAProxy would take its own branch, and lines of others have not been looked at.
  if (!line.active) return put("");
  const auto keyword = line.word(0);
  if (const auto why = why_not_line(section.kind, line); !why.empty()) return leave_out(line, why);
  if (names_peers(line)) return leave_out(line, "its peers are of your machine");
  if (keyword == "default-server") return add_default_server(line);
  if (keyword == "bind") return add_bind(line);
  if (keyword == "server" || keyword == "server-template") return add_servers(line);
  if (keyword == "dispatch")
    return replace(line, "  dispatch " + surroundings_.others, "somebody who answers everything");
  if (keyword == "stick-table") return add_stick_table(line);
  if (plain_of_tls_ && is_way_to_tls(line))
    return leave_out(line, "clients are taken to come by TLS");
  if (!add_file(line)) add_with_files(line);
}

// Conditions are gone with their other branches; what is said to people is not said here.
void HaproxyAdapter::add_macro(const Line& line) {
  put("");
  const auto name = line.word(0);
  if (name == ".if" || name == ".elif" || name == ".else")
    tell(line, {}, "the first branch is taken");
}

void HaproxyAdapter::add_bind(const Line& line) {
  if (front_now_ && !bound_) {
    bound_ = true;
    return replace(line, "  bind " + surroundings_.listen, "badgate's clients speak plain HTTP");
  }
  if (front_now_) return leave_out(line, "one address is enough");
  put(fmt::format("  bind unix@{}/own-{}.sock", surroundings_.folder, ++sockets_));
  tell(line, {}, "nobody comes there in this run");
}

void HaproxyAdapter::add_stick_table(const Line& line) {
  std::string by = " ";
  bool changed = false;
  for (std::size_t i = 0; i < line.words.size(); ++i) {
    const bool peers = line.word(i) == "peers";
    changed = changed || peers;
    if (peers)
      ++i;
    else
      by.append(" ").append(line.raw(i));
  }
  if (!changed) return put(line.text);
  replace(line, by, "its peers are of your machine");
}

// Tables of `peers` sections: "table p/t", "sc_http_req_rate(0,p/t)".
bool HaproxyAdapter::names_peers(const Line& line) const {
  return std::ranges::any_of(peers_, [&](const std::string& table) {
    return std::ranges::any_of(line.words, [&](const haproxy_cfg::Word& word) {
      const auto at = word.text.find(table);
      return at == 0 ||
             (at != word.text.npos && (word.text[at - 1] == '(' || word.text[at - 1] == ','));
    });
  });
}

void HaproxyAdapter::replace(const Line& line, std::string_view by, std::string_view why) {
  put(by);
  tell(line, by, why);
}

// What asks for an acl still finds it.
void HaproxyAdapter::leave_out(const Line& line, std::string_view why) {
  if (line.word(0) == "acl" && line.words.size() > 2)
    return replace(line, fmt::format("  acl {} always_false", line.raw(1)), why);
  put("");
  tell(line, {}, why);
}

void HaproxyAdapter::tell(const Line& line, std::string_view by, std::string_view why) {
  by.remove_prefix(std::min(by.find_first_not_of(' '), by.size()));
  std::string ran(by);
  const std::string folder = surroundings_.folder + "/";  // it is another one in each run
  if (const auto at = ran.find(folder); at != ran.npos) ran.erase(at, folder.size());
  adapted_.differences.push_back({line.position, text_of(line), std::move(ran), std::string(why)});
}

}  // namespace badgate::harness::own_config
