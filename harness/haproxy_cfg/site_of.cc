// From the lines of a configuration to what is in force.
#include <algorithm>
#include <array>
#include <charconv>

#include "harness/haproxy_cfg/check.h"
#include "harness/haproxy_cfg/site.h"
#include "harness/word_list.h"

namespace badgate::harness::haproxy_cfg {
namespace {

constexpr std::size_t kMostOfTemplate = 1000;  // servers
constexpr std::size_t kMostServers = 10'000;   // of all proxies
// Settings and rules that sections and servers are given by their defaults, all together: those
// beyond are left out.
constexpr std::size_t kMostGiven = 2'000'000;

// Parameters of servers that have a value; the others are flags (section 5.2 of the manual).
constexpr auto kWithValue = word_list<
    "addr agent-addr agent-inter agent-port agent-send alpn ca-file ca-verify-file check-alpn "
    "check-proto check-sni ciphers ciphersuites client-sigalgs cookie crl-file crt curves "
    "downinter error-limit fall fastinter guid hash-key id init-addr inter interface "
    "log-bufsize log-proto max-reuse maxconn maxqueue minconn namespace npn observe on-error "
    "on-marked-down on-marked-up pool-low-conn pool-max-conn pool-purge-delay port proto "
    "proxy-v2-options redir resolve-net resolve-opts resolve-prefer resolvers rise shard "
    "sigalgs slowstart sni socks4 source ssl-max-ver ssl-min-ver tcp-ut track usesrc verify "
    "verifyhost weight ws">;

// Said several times, each time for something else.
constexpr auto kRepeated = word_list<"errorfile errorloc errorloc302 errorloc303">;

constexpr auto kRules = word_list<
    "use_backend http-request redirect tcp-request acl monitor-uri http-response use-server">;

std::string joined(const Line& line, std::size_t from) {
  std::string out;
  for (std::size_t i = from; i < line.words.size(); ++i)
    out += (i == from ? "" : " ") + line.words[i].text;
  return out;
}

// What a `defaults` section gives to the proxies behind it.
struct Given {
  Settings settings;
  Settings of_servers;
  std::vector<Rule> rules;
};

void take_parameters(const Line& line, std::size_t from, Settings& into) {
  for (std::size_t i = from; i < line.words.size(); ++i) {
    const std::string name(line.word(i));
    const Position position{line.position.file, line.position.line, line.words[i].column};
    // "no-check" takes back a default-server's "check".
    if (name.starts_with("no-") && into.erase(name.substr(3)) > 0) continue;
    if (name == "enabled") into.erase("disabled");
    const bool value = has(kWithValue, name) && i + 1 < line.words.size();
    into.insert_or_assign(name, Setting{value ? std::string(line.word(i + 1)) : "", position});
    if (value) ++i;
  }
}

void set_option(const Line& line, std::size_t word, bool on, Settings& into) {
  const std::string name = "option " + std::string(line.word(word));
  const auto is_mode = [](std::string_view option) {
    return option == "option httpclose" || option == "option http-server-close" ||
           option == "option http-keep-alive";
  };
  if (on && is_mode(name)) std::erase_if(into, [&](const auto& one) { return is_mode(one.first); });
  std::string value = on ? "on" : "off";
  if (const auto rest = joined(line, word + 1); !rest.empty()) value += " " + rest;
  into.insert_or_assign(name, Setting{std::move(value), line.position});
}

// Settings of one line; what is none is left.
void take_setting(const Line& line, Given& into) {
  const std::string keyword(line.word(0));
  if (keyword == "option") return set_option(line, 1, true, into.settings);
  if (keyword == "no" && line.word(1) == "option") return set_option(line, 2, false, into.settings);
  if (keyword == "default" && line.word(1) == "option") {
    into.settings.erase("option " + std::string(line.word(2)));
    return;
  }
  if (keyword == "no" || keyword == "bind" || keyword == "server" || keyword == "log" ||
      keyword == "server-template")
    return;
  if (keyword == "default-server") return take_parameters(line, 1, into.of_servers);
  if (has(kRules, keyword)) {
    Rule rule{keyword, {}, line.position};
    for (std::size_t i = 1; i < line.words.size(); ++i)
      rule.words.emplace_back(line.word(i));
    into.rules.push_back(std::move(rule));
    return;
  }
  if (keyword == "timeout" || has(kRepeated, keyword)) {
    into.settings.insert_or_assign(keyword + " " + std::string(line.word(1)),
                                   Setting{joined(line, 2), line.position});
    return;
  }
  into.settings.insert_or_assign(keyword, Setting{joined(line, 1), line.position});
}

void take_binds(const Line& line, Proxy& into) {
  bool tls = false;
  for (std::size_t i = 2; i < line.words.size(); ++i)
    tls = tls || line.word(i) == "ssl";
  std::string_view rest = line.word(1);
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    into.binds.push_back({std::string(rest.substr(0, comma)), tls, line.position});
    rest.remove_prefix(comma == rest.npos ? rest.size() : comma + 1);
  }
}

Server server_of(const Line& line, std::size_t parameters, const Settings& defaults) {
  Server server;
  server.name = line.word(1);
  server.address = line.word(parameters - 1);
  server.position = line.position;
  server.parameters = defaults;
  take_parameters(line, parameters, server.parameters);
  return server;
}

struct Numbers {
  std::size_t first = 1;
  std::size_t last = 0;
};
// Of a template: "3" or "1-3".
Numbers numbers_of(std::string_view range) {
  Numbers numbers;
  const auto dash = range.find('-');
  const auto number = [](std::string_view text, std::size_t& out) {
    std::from_chars(text.data(), text.data() + text.size(), out);
  };
  if (dash != range.npos) number(range.substr(0, dash), numbers.first);
  number(dash == range.npos ? range : range.substr(dash + 1), numbers.last);
  return numbers;
}

class SiteMaker {
 public:
  Site make(File file) {
    for (std::size_t i = 0; i < file.sections.size(); ++i) {
      const Section& section = file.sections[i];
      if (given_ > kMostGiven) break;
      if (section.kind == "defaults")
        add_defaults(section);
      else if (is_proxy(section.kind))
        add_proxy(section, i);
    }
    site_.file = std::move(file);
    return std::move(site_);
  }

 private:
  // What the section begins with.
  Given given_to(const Section& section) {
    static const Given kNothing;
    const Given* given = section.kind == "defaults" ? &kNothing : &last_;
    if (!section.from.empty()) {
      const auto found = named_.find(section.from);
      given = found == named_.end() ? &kNothing : &found->second;
    }
    given_ += given->settings.size() + given->rules.size() + given->of_servers.size();
    return *given;
  }

  void add_defaults(const Section& section) {
    Given given = given_to(section);
    for (const Line& line : section.lines)
      if (line.active && !line.words.empty()) take_setting(line, given);
    if (!section.name.empty()) named_[section.name] = given;
    last_ = std::move(given);
  }

  void add_proxy(const Section& section, std::size_t index) {
    Given given = given_to(section);
    Proxy proxy;
    proxy.kind = section.kind;
    proxy.name = section.name;
    proxy.position = section.position();
    proxy.section = index;
    for (const Line& line : section.lines) {
      if (!line.active || line.words.empty()) continue;
      const auto keyword = line.word(0);
      if (keyword == "bind") take_binds(line, proxy);
      if (section.kind != "frontend" && keyword == "server" && line.words.size() > 2)
        add_server(server_of(line, 3, given.of_servers), proxy);
      if (section.kind != "frontend" && keyword == "server-template" && line.words.size() > 3)
        add_template(line, given.of_servers, proxy);
      take_setting(line, given);
    }
    proxy.settings = std::move(given.settings);
    proxy.rules = std::move(given.rules);
    site_.proxies.push_back(std::move(proxy));
  }

  // Each has a copy of what the `default-server` lines say.
  void add_server(Server server, Proxy& into) {
    if (servers_ >= kMostServers || given_ > kMostGiven) return;
    ++servers_;
    given_ += server.parameters.size();
    into.servers.push_back(std::move(server));
  }

  // "server-template web 1-3 app.internal:80": web1, web2, web3.
  void add_template(const Line& line, const Settings& defaults, Proxy& into) {
    const auto [first, last] = numbers_of(line.word(2));
    const Server one = server_of(line, 4, defaults);
    for (std::size_t i = first, made = 0; i <= last && made < kMostOfTemplate; ++i, ++made) {
      if (servers_ >= kMostServers || given_ > kMostGiven) return;
      Server server = one;
      server.name += std::to_string(i);
      add_server(std::move(server), into);
    }
  }

  Site site_;
  Given last_;
  std::map<std::string, Given, std::less<>> named_;
  std::size_t servers_ = 0;
  std::size_t given_ = 0;
};

}  // namespace

Site site_of(File file) {
  return SiteMaker().make(std::move(file));
}

}  // namespace badgate::harness::haproxy_cfg
