#include "harness/own_config/adapt_haproxy.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>

#include "harness/haproxy_cfg/check.h"

namespace badgate::harness::own_config {
namespace {

using haproxy_cfg::Line;
using haproxy_cfg::Proxy;
using haproxy_cfg::Section;
using haproxy_cfg::Server;

constexpr std::string_view kOfProcess = "it runs in front, as who you are";
constexpr std::string_view kNoFile = "there is no such file here";
constexpr std::string_view kPrograms = "it would run your programs";
constexpr std::string_view kVariable = "what it means is in your environment";
constexpr std::string_view kFakes = "the fakes speak HTTP/1.1, and nothing in front of it";

template <std::size_t N>
bool has(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool can_read(const std::string& path) {
  return ::access(path.c_str(), R_OK) == 0;
}

// "10.0.0.1:80", "unix:/run/a.sock" as HAProxy writes them.
std::string as_haproxy(const net::Address& address) {
  return address.is_unix() ? "unix@" + address.path() : address.to_string();
}

// Whether a fetch, converter, action or service of Lua stands in it: "lua.f", "src,lua.f".
bool says_lua(std::string_view word) {
  for (auto at = word.find("lua."); at != word.npos; at = word.find("lua.", at + 1)) {
    const char before = at == 0 ? ' ' : word[at - 1];
    const bool in_name = (before >= 'a' && before <= 'z') || (before >= 'A' && before <= 'Z') ||
                         (before >= '0' && before <= '9') || before == '_' || before == '.' ||
                         before == '-';
    if (!in_name) return true;
  }
  return false;
}

bool uses_lua(const Line& line) {
  return line.word(0).starts_with("lua-") ||
         std::ranges::any_of(line.words, says_lua, &haproxy_cfg::Word::text);
}

// Whether a variable of the environment decides what the line is.
bool is_of_environment(const Line& line) {
  constexpr auto kDeciding =
      std::to_array<std::string_view>({"option", "filter", "stats", "no", "default"});
  const auto has_variable = [&](std::size_t n) {
    return line.word(n).find('$') != line.word(n).npos;
  };
  return has_variable(0) || (has(kDeciding, line.word(0)) && (has_variable(1) || has_variable(2)));
}

// What of `global` is of the user's machine.
std::string_view why_not_in_global(const Line& line) {
  constexpr auto kProcess = std::to_array<std::string_view>(
      {"daemon", "master-worker", "nbproc", "nbthread", "thread-groups", "cpu-map", "pidfile",
       "chroot", "user", "group", "uid", "gid", "ulimit-n", "set-dumpable", "mworker-max-reloads",
       "strict-limits"});
  constexpr auto kFiles = std::to_array<std::string_view>(
      {"ssl-dh-param-file", "issuers-chain-path", "server-state-file"});
  const auto keyword = line.word(0);
  if (has(kProcess, keyword)) return kOfProcess;
  if (keyword == "stats" && line.word(1) == "socket") return "of your machine";
  if (keyword == "no" && line.word(1) == "strict-limits") return {};
  if (keyword == "external-check" || keyword == "insecure-fork-wanted") return kPrograms;
  if (keyword == "server-state-base" || keyword == "localpeer") return "of your machine";
  if (has(kFiles, keyword) && !can_read(std::string(line.word(1)))) return kNoFile;
  return {};
}

// What of proxies and of `defaults` is of the user's machine.
std::string_view why_not_in_proxy(const Line& line) {
  const auto keyword = line.word(0);
  if (keyword == "external-check" || (keyword == "option" && line.word(1) == "external-check"))
    return kPrograms;
  if (keyword == "source") return "an address of your machine";
  if (keyword == "email-alert") return "it would send mail";
  if (keyword == "bind-process" || keyword == "load-server-state-from-file") return kOfProcess;
  if (keyword == "errorfile" && !can_read(std::string(line.word(2)))) return kNoFile;
  if (keyword == "filter" && line.word(1) == "spoe") return "its agents are of your machine";
  return {};
}

bool is_log(const Line& line) {
  const auto keyword = line.word(0);
  return keyword == "log" || keyword == "log-format" || keyword == "log-format-sd" ||
         keyword == "error-log-format" || keyword == "log-stderr" ||
         (keyword == "no" && line.word(1) == "log");
}

// Parameters of servers that cannot be here: each with how many words, and why.
struct Dropped {
  std::size_t words = 0;
  std::string_view why;
};
Dropped dropped(std::string_view parameter, std::string_view value) {
  constexpr auto kAddresses =
      std::to_array<std::string_view>({"source", "usesrc", "interface", "namespace", "socks4"});
  constexpr auto kResolving = std::to_array<std::string_view>(
      {"resolvers", "resolve-prefer", "resolve-net", "resolve-opts", "init-addr"});
  constexpr auto kProtocol = std::to_array<std::string_view>(
      {"proto", "alpn", "npn", "check-proto", "check-alpn", "proxy-v2-options", "ws"});
  constexpr auto kElsewhere = std::to_array<std::string_view>(
      {"port", "addr", "agent-addr", "agent-port", "agent-inter", "agent-send"});
  if (has(kAddresses, parameter)) return {2, "of your machine"};
  if (has(kResolving, parameter)) return {2, "names are those of the run"};
  if (has(kProtocol, parameter)) return {2, kFakes};
  if (has(kElsewhere, parameter)) return {2, "checks go to the fakes themselves"};
  if (parameter == "agent-check") return {1, "checks go to the fakes themselves"};
  if (parameter.starts_with("send-proxy") || parameter == "check-send-proxy") return {1, kFakes};
  if ((parameter == "crt" || parameter == "crl-file") && !can_read(std::string(value)))
    return {2, kNoFile};
  return {};
}

class HaproxyAdapter {
 public:
  HaproxyAdapter(const OwnHaproxyConfig& own, const drivers::Setup& setup,
                 const HaproxySurroundings& surroundings, const Here& here)
      : own_(own), setup_(setup), surroundings_(surroundings), here_(here) {
    if (const auto pair = own.pair()) {
      front_ = pair->frontend->section;
      back_ = pair->backend->section;
    }
  }

  AdaptedHaproxy adapt() {
    const auto& sections = own_.site.file.sections;
    const bool has_global = std::ranges::any_of(
        sections, [](const Section& section) { return section.kind == "global"; });
    if (!has_global) put("global\n" + std::string(kGlobal));
    for (std::size_t i = 0; i < sections.size(); ++i)
      add(sections[i], i);
    return std::move(adapted_);
  }

 private:
  // One thread: time is badgate's. What the machine lacks in descriptors is no mistake.
  static constexpr std::string_view kGlobal = "  nbthread 1\n  no strict-limits";

  void put(std::string_view text) { adapted_.text.append(text).append("\n"); }

  void add(const Section& section, std::size_t index) {
    constexpr auto kElsewhere = std::to_array<std::string_view>(
        {"program", "peers", "ring", "log-forward", "mailers", "traces"});
    if (has(kElsewhere, section.kind)) {
      tell(section.header, {}, "of your machine");
      return;
    }
    if (!section.header.text.empty()) put(section.header.text);
    if (section.kind == "global" && !std::exchange(global_, true)) put(kGlobal);
    begin(section, index);
    for (const Line& line : section.lines)
      add_line(section, line);
  }

  void begin(const Section& section, std::size_t index) {
    front_now_ = index == front_ && section.kind != "backend";
    back_now_ = index == back_;
    bound_ = false;
    others_told_ = false;
    plain_of_tls_ = false;
    const auto& proxies = own_.site.proxies;
    const auto proxy = std::ranges::find(proxies, index, &Proxy::section);
    if (haproxy_cfg::is_proxy(section.kind) && proxy != proxies.end()) {
      servers_ = &proxy->servers;
      plain_of_tls_ =
          front_now_ && !own_.plain && std::ranges::any_of(proxy->binds, &haproxy_cfg::Bind::tls);
    }
    next_ = 0;
    if (front_now_) {
      put(fmt::format("  log {} format raw local0 debug", surroundings_.log));
      put("  log-format " + surroundings_.log_format);
    } else if (back_now_) {
      put(fmt::format("  log {} format raw local0 debug", surroundings_.log));
    }
  }

  void add_line(const Section& section, const Line& line) {
    if (line.words.empty()) return put(line.text);
    // HAProxy would take its own branch, and a line of another one has not been looked at.
    if (!line.active) return put("");
    if (is_of_environment(line)) return leave_out(line, kVariable);
    if (uses_lua(line)) return leave_out(line, kPrograms);
    const auto keyword = line.word(0);
    if (is_log(line)) return leave_out(line, kLogs);
    const bool proxy = haproxy_cfg::is_proxy(section.kind);
    const auto why = section.kind == "global" ? why_not_in_global(line) : why_not_in_proxy(line);
    if (!why.empty()) return leave_out(line, why);
    if (proxy && keyword == "bind") return add_bind(line);
    if (proxy && (keyword == "server" || keyword == "server-template")) return add_servers(line);
    if (keyword == "default-server") return add_default_server(line);
    if (proxy && keyword == "dispatch")
      return replace(line, "  dispatch " + surroundings_.others, "somebody who answers everything");
    if (plain_of_tls_ && is_way_to_tls(line))
      return leave_out(line, "clients are taken to come by TLS");
    add_with_files(line);
  }

  // "http-request redirect scheme https …".
  static bool is_way_to_tls(const Line& line) {
    for (std::size_t i = 0; i + 2 < line.words.size(); ++i) {
      if (line.word(i) == "redirect" && line.word(i + 1) == "scheme" && line.word(i + 2) == "https")
        return true;
    }
    return false;
  }

  void add_bind(const Line& line) {
    if (front_now_ && !bound_) {
      bound_ = true;
      return replace(line, "  bind " + surroundings_.listen, "badgate's clients speak plain HTTP");
    }
    if (front_now_) return leave_out(line, "one address is enough");
    const auto path = fmt::format("{}/own-{}.sock", surroundings_.folder, ++sockets_);
    put("  bind unix@" + path);
    adapted_.differences.push_back(
        {line.position, text_of(line), "", "nobody comes there in this run"});
  }

  // Of the other backends, one line tells of all.
  void add_servers(const Line& line) {
    const bool templated = line.word(0) == "server-template";
    const std::size_t parameters = templated ? 4 : 3;
    if (line.words.size() < parameters) return put(line.text);
    if (!back_now_) {
      put_others(line, parameters, templated);
      if (!std::exchange(others_told_, true))
        adapted_.differences.push_back({line.position, text_of(line) + " …",
                                        "server " + std::string(line.word(1)) + " OTHERS",
                                        "somebody else answers for backends that are not played"});
      return;
    }
    // `disabled` and so on are of the line; the names are of the site.
    std::size_t count = 1;
    if (templated) {
      const auto& all = *servers_;
      count = 0;
      while (next_ + count < all.size() && all[next_ + count].position.line == line.position.line)
        ++count;
    }
    for (std::size_t i = 0; i < count; ++i)
      put_fake(line, parameters, templated);
  }

  void put_others(const Line& line, std::size_t parameters, bool templated) {
    std::string out = fmt::format("  {} {} ", line.word(0), haproxy_cfg::quoted(line.word(1)));
    if (templated) out += std::string(line.word(2)) + " ";
    out += surroundings_.others;
    std::string_view ignored;
    put(out + parameters_of(line, parameters, false, ignored));
  }

  void put_fake(const Line& line, std::size_t parameters, bool templated) {
    const std::size_t nth = next_++;
    const std::string name =
        nth < servers_->size() ? (*servers_)[nth].name : std::string(line.word(1));
    const std::string written(line.word(parameters - 1));
    const auto fake = fake_at(nth);
    std::string address = fake ? as_haproxy(*fake) : surroundings_.others;
    const bool leads = fake && here_.leads(written, fake->to_string());
    if (leads) address = written;
    std::string_view why = leads ? "" : "a fake's address";
    const auto rest = parameters_of(line, parameters, true, why);
    const auto by = fmt::format("  server {} {}{}", haproxy_cfg::quoted(name),
                                haproxy_cfg::quoted(address), rest);
    if (leads && why.empty() && !templated) return put(line.text);
    put(by);
    if (templated && nth > 0 && (*servers_)[nth - 1].position.line == line.position.line) return;
    tell(line, by, why.empty() ? "the servers that it means" : why);
  }

  std::optional<net::Address> fake_at(std::size_t nth) const {
    const auto& groups = setup_.settings.upstreams;
    if (groups.empty() || nth >= groups.front().servers.size()) return std::nullopt;
    return groups.front().servers[nth].address;
  }

  // Whether the fakes of this run speak TLS.
  bool fakes_speak_tls() const { return setup_.settings.proxy_pass.starts_with("https"); }

  // `why`: set if one is not as it is written.
  std::string parameters_of(const Line& line, std::size_t from, bool played,
                            std::string_view& why) const {
    std::string out;
    const bool tls = played && fakes_speak_tls();
    for (std::size_t i = from; i < line.words.size(); ++i) {
      const auto word = line.word(i);
      const auto drop = dropped(word, line.word(i + 1));
      if (drop.words > 0) {
        why = drop.why;
        i += drop.words - 1;
        continue;
      }
      const bool of_tls = word == "ssl" || word == "check-ssl" || word == "verify" ||
                          word == "sni" || word == "check-sni" || word == "verifyhost" ||
                          word == "ca-file";
      if (of_tls && !tls) {
        why = "this server's fake speaks plain HTTP";
        if (word != "ssl" && word != "check-ssl") ++i;
        continue;
      }
      if (word == "ca-file") {
        why = "the authority of this run";
        out += " ca-file " + authority();
        ++i;
        continue;
      }
      out += " " + haproxy_cfg::quoted(word);
    }
    return out;
  }

  std::string authority() const {
    const auto& told = setup_.settings.proxy_ssl_trusted_certificate;
    return told.empty() ? "@system-ca" : haproxy_cfg::quoted(told);
  }

  void add_default_server(const Line& line) {
    std::string_view why;
    const auto rest = parameters_of(line, 1, true, why);
    if (why.empty()) return put(line.text);
    if (rest.empty()) return leave_out(line, why);
    replace(line, "  default-server" + rest, why);
  }

  // Lists (`-f FILE`) and maps that are not here are empty ones.
  void add_with_files(const Line& line) {
    std::string by = " ";
    bool changed = false;
    for (std::size_t i = 0; i < line.words.size(); ++i) {
      std::string word(line.word(i));
      if (word.starts_with('/') && i > 0 && line.word(i - 1) == "-f" && !can_read(word)) {
        word = empty_file();
        changed = true;
      }
      if (const auto map = word.find("map"); map != word.npos) {
        const auto open = word.find("(/", map);
        const auto end = open == word.npos ? word.npos : word.find_first_of(",)", open);
        if (end != word.npos && !can_read(word.substr(open + 1, end - open - 1))) {
          word.replace(open + 1, end - open - 1, empty_file());
          changed = true;
        }
      }
      by += " " + haproxy_cfg::quoted(word);
    }
    if (!changed) return put(line.text);
    replace(line, by, "there is no such file here: it is empty");
  }

  std::string empty_file() {
    auto path = fmt::format("{}/own-{}.lst", surroundings_.folder, adapted_.empty_files.size() + 1);
    adapted_.empty_files.push_back(path);
    return path;
  }

  void replace(const Line& line, std::string_view by, std::string_view why) {
    put(by);
    tell(line, by, why);
  }

  void leave_out(const Line& line, std::string_view why) {
    put("");  // so that lines keep their numbers
    tell(line, {}, why);
  }

  // The words as they are written, without blanks and comments around them.
  static std::string text_of(const Line& line) {
    std::string out;
    for (const auto& word : line.words)
      out += (out.empty() ? "" : " ") + word.text;
    return out;
  }

  void tell(const Line& line, std::string_view by, std::string_view why) {
    while (by.starts_with(' '))
      by.remove_prefix(1);
    std::string ran(by);
    const std::string folder = surroundings_.folder + "/";  // it is another one in each run
    if (const auto at = ran.find(folder); at != ran.npos) ran.erase(at, folder.size());
    adapted_.differences.push_back(
        {line.position, text_of(line), std::move(ran), std::string(why)});
  }

  const OwnHaproxyConfig& own_;
  const drivers::Setup& setup_;
  const HaproxySurroundings& surroundings_;
  const Here& here_;
  AdaptedHaproxy adapted_;
  std::size_t front_ = static_cast<std::size_t>(-1);  // sections that are played
  std::size_t back_ = static_cast<std::size_t>(-1);
  bool global_ = false;
  std::size_t sockets_ = 0;
  // Of the section that is walked through.
  bool front_now_ = false;
  bool back_now_ = false;
  bool bound_ = false;
  bool others_told_ = false;
  bool plain_of_tls_ = false;  // clients come without the TLS that it has
  std::size_t next_ = 0;       // server
  const std::vector<Server>* servers_ = nullptr;
};

}  // namespace

AdaptedHaproxy adapt(const OwnHaproxyConfig& own, const drivers::Setup& setup,
                     const HaproxySurroundings& surroundings, const Here& here) {
  return HaproxyAdapter(own, setup, surroundings, here).adapt();
}

}  // namespace badgate::harness::own_config
