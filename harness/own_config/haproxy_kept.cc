#include "harness/own_config/haproxy_kept.h"

#include <algorithm>
#include <array>

#include "harness/haproxy_cfg/check.h"
#include "harness/own_config/difference.h"
#include "harness/word_list.h"

namespace badgate::harness::own_config {
namespace {

using haproxy_cfg::Line;

constexpr std::string_view kOfProcess = "it runs in front, as who you are";
constexpr std::string_view kOfMachine = "of your machine";
constexpr std::string_view kPrograms = "it would run your programs";
constexpr std::string_view kAgents = "its agents are of your machine";
constexpr std::string_view kNames = "names are those of the run";
constexpr std::string_view kChecks = "checks go to the fakes themselves";
constexpr std::string_view kClients = "badgate's clients speak plain HTTP";
constexpr std::string_view kVariable = "what it means is in your environment";
constexpr std::string_view kUnknown = "badgate does not know what it would do";

bool has_variable(std::string_view word) {
  return word.find('$') != word.npos;
}

std::string_view unknown(std::string_view word) {
  return has_variable(word) ? kVariable : kUnknown;
}

// Names of `kept`, and those that begin as one of `families` do.
template <std::size_t N, std::size_t M>
bool is_kept(std::string_view word, const std::array<std::string_view, N>& kept,
             const std::array<std::string_view, M>& families) {
  if (has_variable(word)) return false;
  return has(kept, word) || std::ranges::any_of(families, [&](std::string_view family) {
           return word.starts_with(family);
         });
}

// Whether the word at `at` is a name or a pattern, which may well begin as Lua's functions do.
bool is_name(const Line& line, std::size_t at) {
  constexpr auto kNaming = word_list<
      "backend defaults default_backend frontend group listen server server-template use-server "
      "use_backend user userlist">;
  if (at == 0 || line.word(at - 1) == "from") return true;
  if (at == 1 && has(kNaming, line.word(0))) return true;
  if (line.word(0) == "acl") return at != 2;
  for (std::size_t i = at; i-- > 0;) {
    if (line.word(i) == "if" || line.word(i) == "unless") return !line.word(at - 1).ends_with('{');
  }
  return false;
}

// Whether a word is, or holds, a fetch, converter, action or service of Lua.
bool is_of_lua(const Line& line, std::size_t at) {
  const auto word = line.word(at);
  if (word.find(",lua.") != word.npos || word.find("[lua.") != word.npos) return true;
  return word.starts_with("lua.") && !is_name(line, at);
}

bool uses_lua(const Line& line) {
  for (std::size_t i = 0; i < line.words.size(); ++i)
    if (is_of_lua(line, i)) return true;
  return false;
}

bool is_log(const Line& line) {
  constexpr auto kLogging =
      word_list<"log log-format log-format-sd error-log-format log-stderr log-steps log-profile">;
  const auto keyword = line.word(0);
  return has(kLogging, keyword) ||
         ((keyword == "no" || keyword == "default") && line.word(1) == "log");
}

std::string_view why_not_in_global(const Line& line) {
  constexpr auto kKept = word_list<
      "anonkey busy-polling ca-base close-spread-time cluster-secret crt-base default-path "
      "description dns-accept-family expose-deprecated-directives expose-experimental-directives "
      "grace h1-accept-payload-with-any-method h1-case-adjust h1-case-adjust-file "
      "h1-do-not-close-on-insecure-transfer-encoding h2-workaround-bogus-websocket-clients "
      "hard-stop-after http-err-codes http-fail-codes issuers-chain-path key-base limited-quic "
      "log-send-hostname log-tag max-spread-checks maxcompcpuusage maxcomprate maxconn "
      "maxconnrate maxpipes maxsessrate maxsslconn maxsslrate maxzlibmem no-memory-trimming "
      "node noepoll noevports nogetaddrinfo nokqueue nopoll noreuseport nosplice "
      "pp2-never-send-local presetenv resetenv set-var set-var-fmt setenv spread-checks "
      "ssl-dh-param-file ssl-load-extra-del-ext ssl-load-extra-files ssl-propquery "
      "ssl-security-level ssl-server-verify ssl-skip-self-issued-ca unsetenv "
      "warn-blocked-traffic-after">;
  constexpr auto kFamilies = word_list<"tune. ssl-default- profiling.">;
  constexpr auto kProcess = word_list<
      "daemon master-worker nbproc nbthread thread-group thread-groups cpu-map cpu-policy cpu-set "
      "numa-cpu-mapping pidfile chroot user group uid gid ulimit-n fd-hard-limit set-dumpable "
      "mworker-max-reloads strict-limits insecure-setuid-wanted unix-bind zero-warning quiet "
      "debug">;
  constexpr auto kRunning = word_list<
      "external-check insecure-fork-wanted ssl-engine ssl-mode-async ssl-provider "
      "ssl-provider-path module-load module-path">;
  constexpr auto kMachine =
      word_list<"localpeer server-state-base server-state-file stats-file shm-stats-file">;
  const auto keyword = line.word(0);
  if (has(kProcess, keyword)) return kOfProcess;
  if (has(kRunning, keyword) || keyword.starts_with("lua-")) return kPrograms;
  if (has(kMachine, keyword)) return kOfMachine;
  if (keyword == "stats" && line.word(1) == "socket") return kOfMachine;
  if (keyword == "stats")
    return has(word_list<"timeout maxconn">, line.word(1)) ? "" : unknown(line.word(1));
  const auto what = keyword == "no" ? line.word(1) : keyword;
  const bool is_off = keyword == "no" && (has(kProcess, what) || has(kRunning, what));
  return is_off || is_kept(what, kKept, kFamilies) ? "" : unknown(what);
}

std::string_view why_not_option(std::string_view name) {
  if (name == "external-check") return kPrograms;
  // It would connect to where the client wanted to.
  if (name == "transparent") return kOfMachine;
  if (has(word_list<"httplog httpslog tcplog dontlog-normal logasap">, name)) return kLogs;
  return haproxy_cfg::is_option(name) ? "" : unknown(name);
}

// One line may name several.
std::string_view why_not_filter(const Line& line) {
  for (std::size_t i = 1; i < line.words.size(); ++i) {
    const auto word = line.word(i);
    if (word == "spoe" || word == "opentracing") return kAgents;
    if (word == "fcgi-app") return fakes_speak_http1;
    if (word == "trace") return kUnknown;
    if (has_variable(word)) return kVariable;
  }
  const auto name = line.word(1);
  return has(word_list<"compression cache bwlim-in bwlim-out">, name) ? "" : unknown(name);
}

// An action of `http-request` and its like, `argument` behind it.
std::string_view why_not_action(std::string_view action, std::string_view argument) {
  constexpr auto kKept = word_list<
      "accept add-acl add-header add-headers-bin allow auth cache-store cache-use capture close "
      "del-acl del-header del-headers-bin del-map deny disable-l7-retry early-hint inspect-delay "
      "normalize-uri pause redirect reject replace-header replace-path replace-pathq replace-uri "
      "replace-value return silent-drop strict-mode switch-mode tarpit unset-var wait-for-body "
      "wait-for-handshake">;
  constexpr auto kFamilies = word_list<"set- sc- track-sc">;
  constexpr auto kMarks =
      word_list<"set-mark set-tos set-bc-mark set-bc-tos set-fc-mark set-fc-tos">;
  const auto name = action.substr(0, action.find('('));
  if (name == "set-log-level" || name == "do-log") return kLogs;
  if (name == "do-resolve") return kNames;
  if (name == "send-spoe-group" || name == "ot-group") return kAgents;
  if (name == "expect-proxy" || name == "expect-netscaler-cip") return kClients;
  if (has(kMarks, name)) return kOfMachine;
  if (name == "use-service") return argument == "prometheus-exporter" ? "" : unknown(argument);
  return is_kept(name, kKept, kFamilies) ? "" : unknown(name);
}

// Steps of `http-check` and `tcp-check`. A connection of their own may go anywhere.
std::string_view why_not_check(const Line& line) {
  constexpr auto kKept = word_list<
      "comment disable-on-404 expect send send-binary send-binary-lf send-lf send-state set-var "
      "set-var-fmt unset-var">;
  constexpr auto kToServer = word_list<"default linger">;
  const auto step = line.word(1);
  if (step != "connect") return has(kKept, step.substr(0, step.find('('))) ? "" : unknown(step);
  for (std::size_t i = 2; i < line.words.size(); ++i)
    if (line.word(i) == "comment")
      ++i;
    else if (!has(kToServer, line.word(i)))
      return kChecks;
  return {};
}

std::string_view why_not_keyword(std::string_view keyword) {
  constexpr auto kMachine =
      word_list<"load-server-state-from-file server-state-file-name transparent">;
  if (keyword == "external-check") return kPrograms;
  if (keyword == "source") return "an address of your machine";
  if (keyword == "email-alert") return "it would send mail";
  if (keyword == "bind-process") return kOfProcess;
  if (keyword == "use-fcgi-app") return fakes_speak_http1;
  if (has(kMachine, keyword)) return kOfMachine;
  return haproxy_cfg::is_keyword(keyword) ? "" : unknown(keyword);
}

std::string_view why_not_in_proxy(const Line& line) {
  constexpr auto kActions = word_list<"http-request http-response http-after-response">;
  constexpr auto kStats = word_list<
      "admin auth enable hide-version http-request maxconn realm refresh scope show-desc "
      "show-legends show-modules show-node timeout uri">;
  const auto keyword = line.word(0);
  const auto what = line.word(1);
  if (keyword == "option") return why_not_option(what);
  if (keyword == "no" || keyword == "default")
    return what == "option" && haproxy_cfg::is_option(line.word(2)) ? "" : unknown(line.word(2));
  if (keyword == "filter") return why_not_filter(line);
  if (keyword == "stats") return has(kStats, what) ? "" : unknown(what);
  if (keyword == "http-check" || keyword == "tcp-check") return why_not_check(line);
  if (has(kActions, keyword)) return why_not_action(what, line.word(2));
  if (keyword == "tcp-request" || keyword == "tcp-response") {
    const bool at_once = what == "inspect-delay";
    return why_not_action(line.word(at_once ? 1 : 2), line.word(3));
  }
  return why_not_keyword(keyword);
}

}  // namespace

bool may_be_many(std::string_view word) {
  return has_variable(word) && word.find("[*]") != word.npos;
}

std::string_view why_not_section(std::string_view kind) {
  constexpr auto kKept =
      word_list<"global defaults frontend backend listen userlist cache http-errors">;
  if (kind == "fcgi-app") return fakes_speak_http1;
  return kind.empty() || has(kKept, kind) ? "" : kOfMachine;
}

std::string_view why_not_line(std::string_view section, const Line& line) {
  constexpr auto kOfCache =
      word_list<"total-max-size max-object-size max-age process-vary max-secondary-entries">;
  const auto keyword = line.word(0);
  if (has_variable(keyword)) return kVariable;
  // Their words are looked at one by one.
  if (has(word_list<"bind default-server dispatch server server-template">, keyword)) return {};
  if (std::ranges::any_of(line.words, may_be_many, &haproxy_cfg::Word::text)) return kVariable;
  if (is_log(line)) return kLogs;
  if (uses_lua(line)) return kPrograms;
  if (section == "global") return why_not_in_global(line);
  if (section == "defaults" || haproxy_cfg::is_proxy(section)) return why_not_in_proxy(line);
  const bool kept = (section == "cache" && has(kOfCache, keyword)) ||
                    (section == "userlist" && has(word_list<"user group">, keyword)) ||
                    (section == "http-errors" && keyword == "errorfile");
  return kept ? "" : unknown(keyword);
}

Parameter parameter_at(const Line& line, std::size_t at) {
  constexpr auto kFlags = word_list<
      "backup check check-reuse-pool disabled enabled non-stick stick strict-maxconn tfo">;
  constexpr auto kFlagsOfTls = word_list<
      "allow-0rtt force-sslv3 force-tlsv10 force-tlsv11 force-tlsv12 force-tlsv13 renegotiate "
      "ssl-reuse tls-tickets">;
  constexpr auto kValues = word_list<
      "ciphers ciphersuites client-sigalgs cookie curves downinter error-limit fall fastinter guid "
      "hash-key id idle-ping inter max-reuse maxconn maxqueue minconn observe on-error "
      "on-marked-down on-marked-up pool-low-conn pool-max-conn pool-purge-delay redir rise shard "
      "sigalgs slowstart ssl-max-ver ssl-min-ver tcp-ut track weight">;
  constexpr auto kValuesOfTls = word_list<"verify sni check-sni verifyhost ca-file crt crl-file">;
  constexpr auto kAddresses = word_list<"source usesrc interface namespace socks4">;
  constexpr auto kResolving =
      word_list<"resolvers resolve-prefer resolve-net resolve-opts init-addr">;
  constexpr auto kProtocol =
      word_list<"proto alpn npn check-proto check-alpn proxy-v2-options set-proxy-v2-tlv-fmt ws">;
  constexpr auto kElsewhere = word_list<"port addr agent-addr agent-port agent-inter agent-send">;
  const auto name = line.word(at);
  if (has(kAddresses, name)) return {kOfMachine, 2};
  if (has(kResolving, name)) return {kNames, 2};
  if (has(kProtocol, name)) return {fakes_speak_http1, 2};
  if (has(kElsewhere, name)) return {kChecks, 2};
  if (name == "agent-check") return {kChecks, 1};
  if (name.starts_with("send-proxy") || name == "check-send-proxy") return {fakes_speak_http1, 1};
  if (name == "check-via-socks4") return {kOfMachine, 1};
  if (name == "ssl" || name == "check-ssl" || has(kFlagsOfTls, name)) return {{}, 1, true};
  const bool of_tls = has(kValuesOfTls, name);
  if (of_tls || has(kValues, name))
    return {may_be_many(line.word(at + 1)) ? kVariable : "", 2, of_tls};
  if (has(kFlags, name) || (name.starts_with("no-") && !has_variable(name))) return {};
  return {unknown(name), 1};
}

}  // namespace badgate::harness::own_config
