#include "harness/haproxy_cfg/check.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <span>
#include <string>

#include "harness/haproxy_cfg/site.h"
#include "harness/word_list.h"
#include "net/text.h"

namespace badgate::harness::haproxy_cfg {
namespace {

// Keywords of proxies, as `haproxy -dKcfg` of 2.6 tells them and cfg_kw_list in cfgparse-listen.c.
// One that runs, writes or asks something is also to be in own_config/haproxy_kept.cc.
constexpr auto kKeywords = word_list<
    "acl backlog balance bind block capture clitcpka-cnt clitcpka-idle clitcpka-intvl clitimeout compression "
    "contimeout cookie declare default-server default_backend description disabled dispatch "
    "dynamic-cookie-key email-alert enabled errorfile errorfiles errorloc errorloc302 "
    "errorloc303 external-check filter force-persist fullconn hash-balance-factor "
    "hash-preserve-affinity hash-type http-after-response http-check http-error http-request "
    "http-response http-reuse http-send-name-header id ignore-persist "
    "load-server-state-from-file log log-format log-format-sd log-tag max-keep-alive-queue "
    "max-session-srv-conns maxconn mode monitor monitor-uri no option persist rate-limit "
    "redirect redisp reqadd retries retry-on server server-state-file-name server-template "
    "source srvtcpka-cnt srvtcpka-idle srvtcpka-intvl srvtimeout stats stick stick-table tcp-check tcp-request "
    "tcp-response timeout transparent unique-id-format unique-id-header use-fcgi-app "
    "use-server use_backend guid default error-log-format bind-process">;

constexpr auto kOptions = word_list<
    "abortonclose accept-invalid-http-request accept-invalid-http-response "
    "accept-unsafe-violations-in-http-request accept-unsafe-violations-in-http-response "
    "allbackups checkcache clitcpka contstats disable-h2-upgrade dontlog-normal dontlognull "
    "forwardfor forwarded h1-case-adjust-bogus-client h1-case-adjust-bogus-server "
    "http-buffer-request http-drop-request-trailers http-drop-response-trailers "
    "http-ignore-probes http-keep-alive http-no-delay http-pretend-keepalive "
    "http-restrict-req-hdr-names http-server-close http-tunnel http-use-htx "
    "http-use-proxy-header httpchk httpclose httplog httpslog idle-close-on-response "
    "independent-streams ldap-check log-health-checks log-separate-errors logasap mysql-check "
    "nolinger originalto persist pgsql-check prefer-last-server redis-check redispatch "
    "smtpchk socket-stats splice-auto splice-request splice-response spop-check srvtcpka "
    "ssl-hello-chk tcp-check tcp-smart-accept tcp-smart-connect tcpka tcplog transparent "
    "external-check use-small-buffers">;

constexpr auto kTimeouts = word_list<
    "client server connect check queue http-keep-alive http-request tunnel tarpit client-fin "
    "server-fin client-hs">;

// So many names that there are not are compared with all that there are.
constexpr std::size_t kMostCompared = 20;

class Check {
 public:
  Check(const File& file, Sources& into) : file_(file), into_(into) {}

  void run() {
    for (const Section& section : file_.sections) {
      if (section.kind == "defaults") defaults_.insert(section.name);
      if (is_proxy(section.kind)) declare(section);
    }
    std::set<std::string, std::less<>> seen;  // a `from` looks back
    for (const Section& section : file_.sections) {
      if (!section.from.empty() && !seen.contains(section.from)) no_such_defaults(section);
      if (section.kind == "defaults") seen.insert(section.name);
      if (!is_proxy(section.kind) && section.kind != "defaults") continue;
      for (const Line& line : section.lines)
        if (line.active && !line.words.empty()) check_line(section, line);
    }
  }

 private:
  void report(const Line& line, std::size_t word, std::string message, std::string expected = {},
              std::string_view suggestion = {}) {
    const Word& at = line.words[std::min(word, line.words.size() - 1)];
    into_.report({line.position.file, line.position.line, at.column}, at.length, std::move(message),
                 std::move(expected), std::string(suggestion));
  }

  // A frontend and a backend may have one name, two of a kind may not.
  void declare(const Section& section) {
    for (const std::string_view side : {"frontend", "backend"}) {
      if (section.name.empty() || section.kind == (side == "frontend" ? "backend" : "frontend"))
        continue;
      auto& known = side == "frontend" ? frontends_ : backends_;
      const auto [at, is_new] = known.emplace(section.name, &section);
      if (is_new) continue;
      report(section.header, 1,
             fmt::format("{} {} has the same name as the {} of {}:{}", section.kind,
                         in_quotes(section.name), at->second->kind, at->second->position().file,
                         at->second->position().line));
      return;
    }
  }

  void no_such_defaults(const Section& section) {
    std::vector<std::string_view> names;
    if (++missing_ <= kMostCompared) names.assign(defaults_.begin(), defaults_.end());
    report(section.header, section.header.words.size() - 1,
           fmt::format("there is no defaults section {} before", in_quotes(section.from)), {},
           net::nearest(section.from, names));
  }

  void check_line(const Section& section, const Line& line) {
    const auto keyword = line.word(0);
    if (keyword == "timeout") return check_timeout(line);
    if (keyword == "option") return check_option(line, 1);
    if (keyword == "no" || keyword == "default") return check_negated(line);
    if (keyword == "retries" || keyword == "maxconn" || keyword == "fullconn")
      return check_number(line);
    if (keyword == "server") return check_server(line);
    if (keyword == "default_backend") return check_target(line, 1);
    if (keyword == "use_backend") return check_target(line, 1);
    if (keyword == "mode" && section.kind != "defaults") return;
    if (has(kKeywords, keyword)) return;
    const auto near = net::nearest(keyword, kKeywords);
    if (near.empty()) return;  // of a newer version
    report(line, 0,
           fmt::format("unknown keyword {} in '{}' section", in_quotes(keyword), section.kind), {},
           near);
  }

  void check_timeout(const Line& line) {
    const auto name = line.word(1);
    if (!has(kTimeouts, name)) {
      report(line, 1, fmt::format("unknown timeout {}", in_quotes(name)),
             "client, server, connect, check, queue, http-request …",
             net::nearest(name, kTimeouts));
    } else if (line.words.size() < 3) {
      report(line, 1, fmt::format("'timeout {}' without a time", name), "a time such as 30s");
    } else if (!line.word(2).starts_with('$') && !parse_time(line.word(2))) {
      report(line, 2, fmt::format("{} is no time", in_quotes(line.word(2))),
             "a number with us, ms, s, m, h or d; a bare number is in milliseconds");
    } else if (line.words.size() > 3) {
      report(line, 3, fmt::format("unexpected argument {}", in_quotes(line.word(3))));
    }
  }

  void check_option(const Line& line, std::size_t word) {
    const auto name = line.word(word);
    if (has(kOptions, name)) return;
    const auto near = net::nearest(name, kOptions);
    if (name.empty()) return report(line, word, "'option' without a name");
    if (!near.empty())
      report(line, word, fmt::format("unknown option {}", in_quotes(name)), {}, near);
  }

  void check_negated(const Line& line) {
    if (line.word(1) == "option") return check_option(line, 2);
    if (line.word(1) == "log") return;
    report(line, 1, fmt::format("'{}' is for `option` and `log`", line.word(0)));
  }

  void check_number(const Line& line) {
    const auto text = line.word(1);
    if (text.starts_with('$') || net::parse_number(text)) return;
    report(line, 1, fmt::format("'{}' expects a number", line.word(0)));
  }

  void check_server(const Line& line) {
    if (line.words.size() < 3)
      report(line, 0, "'server' expects a name and an address",
             "such as \"server web1 10.0.0.1:8080\"");
  }

  void check_target(const Line& line, std::size_t word) {
    const std::string name(line.word(word));
    if (name.empty()) return report(line, 0, fmt::format("'{}' without a name", line.word(0)));
    // Of a log-format, or of the environment.
    if (name.find_first_of("%$") != name.npos || backends_.contains(name)) return;
    std::vector<std::string_view> names;
    if (++missing_ <= kMostCompared) {
      for (const auto& [known, section] : backends_)
        names.push_back(known);
    }
    report(line, word, fmt::format("there is no backend {}", in_quotes(name)), {},
           net::nearest(name, names));
  }

  const File& file_;
  Sources& into_;
  std::size_t missing_ = 0;
  std::set<std::string, std::less<>> defaults_;
  std::map<std::string, const Section*, std::less<>> frontends_;
  std::map<std::string, const Section*, std::less<>> backends_;
};

}  // namespace

bool is_keyword(std::string_view word) {
  return has(kKeywords, word);
}

bool is_option(std::string_view word) {
  return has(kOptions, word);
}

bool is_proxy(std::string_view section) {
  return section == "frontend" || section == "backend" || section == "listen";
}

void check(const File& file, Sources& into) {
  Check(file, into).run();
}

}  // namespace badgate::harness::haproxy_cfg
