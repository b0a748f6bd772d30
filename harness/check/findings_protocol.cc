// Whether what listens speaks what it is asked to speak.
#include <fmt/core.h>

#include <array>
#include <cerrno>

#include "harness/check/findings.h"
#include "harness/printable.h"
#include "harness/probe/report.h"
#include "net/http1_message.h"
#include "net/text.h"

namespace badgate::harness::check {
namespace {

using Level = Finding::Level;
using net::http1::icontains;
using probe::Reached;
using probe::VisitSeen;

// Greetings of servers that are not HTTP's.
struct Greeting {
  const char* begins;
  const char* holds;
  const char* who;
  const char* scenario;
};
constexpr std::array<Greeting, 7> kGreetings{{
    {"SSH-", "", "an SSH server", "wrong-port/ssh-server"},
    {"220 ", "", "a mail or FTP server", "wrong-port/mail-server"},
    {"* OK", "", "a mail server (IMAP)", "wrong-port/mail-server"},
    {"+OK", "", "a mail server (POP3)", "wrong-port/mail-server"},
    {"", "mysql_native_password", "MySQL", "wrong-port/database-server"},
    {"", "caching_sha2_password", "MySQL", "wrong-port/database-server"},
    {"-ERR", "", "Redis", "wrong-port/database-server"},
}};

bool is_tls_alert(const VisitSeen& seen) {
  return seen.first_bytes.starts_with("\x15\x03");
}

// nginx's, Go's, Apache's words for a plain request at a TLS port.
bool complains_of_plain(const VisitSeen& seen) {
  constexpr int kBadRequest = 400;
  if (seen.reached < Reached::header || seen.head.status != kBadRequest) return false;
  return icontains(seen.body, "plain HTTP request was sent to HTTPS port") ||
         icontains(seen.body, "HTTP request to an HTTPS server") ||
         icontains(seen.body, "speaking plain HTTP to an SSL-enabled server port");
}

// A SETTINGS frame (RFC 9113, section 6.5): length, type 4.
bool is_http2(const VisitSeen& seen) {
  const auto& bytes = seen.first_bytes;
  return bytes.size() >= 9 && bytes[0] == 0 && bytes[3] == 4 && bytes[5] == 0 && bytes[8] == 0;
}

std::string at_of(const AddressSeen& seen) {
  return seen.at.to_string();
}

void say_tls_port(const Target& target, const AddressSeen& seen, Findings& into) {
  into.push_back({Level::wrong,
                  fmt::format("{} speaks TLS, and is asked in plain HTTP", at_of(seen)),
                  fmt::format("proxy_pass https://{}", target.group), "not-http/tls-port"});
}

bool judge_greeting(const AddressSeen& seen, Findings& into) {
  const std::string_view bytes = seen.as_told.first_bytes;
  for (const Greeting& greeting : kGreetings) {
    if (!bytes.starts_with(greeting.begins) || bytes.find(greeting.holds) == bytes.npos) continue;
    into.push_back({Level::wrong,
                    fmt::format("{} is {}, not an HTTP server", at_of(seen), greeting.who),
                    "write the application's port", greeting.scenario});
    return true;
  }
  return false;
}

void judge_silence(const Target& target, const AddressSeen& seen, const Surroundings& around,
                   Findings& into) {
  const bool unaccepted = seen.unaccepted;
  const bool nginx_would_wait = target.read_timeout > around.longest;
  into.push_back(
      {Level::wrong,
       fmt::format("{} takes the connection and says nothing within {}{}{}", at_of(seen),
                   probe::time_text(seen.as_told.took),
                   unaccepted ? ": nobody accepts, the kernel alone answers" : "",
                   nginx_would_wait ? fmt::format(" (proxy_read_timeout {})",
                                                  net::format_duration(target.read_timeout))
                                    : ""),
       unaccepted ? "is the process stopped, or busy? ps -o pid,stat,wchan,cmd"
                  : "the application's own log; what do its threads do?",
       unaccepted ? "slow-application/stopped-process" : "slow-application/deadlock"});
}

void judge_no_answer(const Target& target, const AddressSeen& seen, const Surroundings& around,
                     Findings& into) {
  const VisitSeen& told = seen.as_told;
  if (!target.tls && (is_tls_alert(told) || (seen.tls && seen.tls->tls)))
    return say_tls_port(target, seen, into);
  if (seen.fastcgi && speaks_fastcgi(*seen.fastcgi)) {
    into.push_back(
        {Level::wrong, fmt::format("{} speaks FastCGI, not HTTP", at_of(seen)),
         fmt::format("fastcgi_pass {};", target.in_block ? target.group : target.address),
         "fastcgi/proxy-pass-to-fastcgi"});
    return;
  }
  if (judge_greeting(seen, into)) return;
  if (told.tls_failed && icontains(told.failure, "certificate required")) {
    into.push_back({Level::wrong, fmt::format("{} wants a certificate of nginx", at_of(seen)),
                    "proxy_ssl_certificate, proxy_ssl_certificate_key",
                    "tls/client-certificate-missing-tls-1-3"});
    return;
  }
  if (told.timed_out) return judge_silence(target, seen, around, into);
  if (is_http2(told)) {
    into.push_back({Level::wrong, fmt::format("{} speaks HTTP/2 only", at_of(seen)),
                    "let it speak HTTP/1.1, or grpc_pass if it is gRPC",
                    "not-http/http2-only-server"});
    return;
  }
  if (!told.first_bytes.empty()) {
    into.push_back({Level::wrong,
                    fmt::format("{} does not speak HTTP: \"{}\"", at_of(seen),
                                printable(told.first_bytes, 40)),
                    "write the application's port", "not-http/random-bytes"});
    return;
  }
  into.push_back({Level::wrong, fmt::format("{}: {}", at_of(seen), told.failure),
                  "the application's log; does it allow the proxy's address?",
                  "application-crash/closes-without-reading"});
}

}  // namespace

void judge_http(const Target& target, const AddressSeen& seen, const Surroundings& around,
                Findings& into) {
  constexpr int kServerError = 500;
  const VisitSeen& told = seen.as_told;
  if (told.reached < Reached::header) return judge_no_answer(target, seen, around, into);
  if (!target.tls && complains_of_plain(told)) return say_tls_port(target, seen, into);
  if (told.head.status >= kServerError) {
    into.push_back({Level::warning,
                    fmt::format("{} answers {} itself to {}", at_of(seen),
                                printable(told.head.status_line, 40), target.uri),
                    "the application's own log", "application-error/own-503"});
  } else if (told.reached < Reached::complete) {
    into.push_back({Level::wrong,
                    fmt::format("{} cuts its answer to {}: {}", at_of(seen), target.uri,
                                printable(told.failure, 60)),
                    "the application's own log", "truncated-response/dies-in-mid-body"});
  }
}

void judge_fastcgi(const Target& target, const AddressSeen& seen, Findings& into) {
  if (speaks_fastcgi(seen.as_told)) return;
  if (seen.fastcgi_request && speaks_fastcgi(*seen.fastcgi_request)) return;
  if (seen.plain && seen.plain->reached >= Reached::header) {
    into.push_back(
        {Level::wrong, fmt::format("{} speaks HTTP, not FastCGI", at_of(seen)),
         fmt::format("proxy_pass http://{};", target.in_block ? target.group : target.address),
         "fastcgi/http-on-the-fastcgi-port"});
    return;
  }
  if (seen.as_told.timed_out) {
    into.push_back({Level::wrong,
                    fmt::format("{} takes the connection and says nothing within {}: are all "
                                "children busy?",
                                at_of(seen), probe::time_text(seen.as_told.took)),
                    "php-fpm's log for pm.max_children; its slow log",
                    "php-fpm/max-children-reached"});
    return;
  }
  into.push_back({Level::wrong,
                  fmt::format("{} does not speak FastCGI: {}", at_of(seen), seen.as_told.failure),
                  "what listens there? ss -ltnp", "fastcgi/gone-without-a-word"});
}

void judge_handshake(const Target& target, const AddressSeen& seen, Findings& into) {
  const VisitSeen& told = seen.as_told;
  const auto say = [&](std::string what, std::string fix, std::string scenario) {
    into.push_back({Level::wrong, std::move(what), std::move(fix), std::move(scenario)});
  };
  if (seen.named && seen.named->tls) {
    return say(fmt::format("{} wants to be told a name (SNI): {}", at_of(seen), told.failure),
               "proxy_ssl_server_name on;", "tls/name-not-told");
  }
  if (seen.tls && seen.tls->tls) {
    const bool version = icontains(told.failure, "version") || icontains(told.failure, "protocol");
    return say(fmt::format("{}: {}; it would speak {}, {}", at_of(seen), told.failure,
                           seen.tls->tls->protocol, seen.tls->tls->cipher),
               version ? fmt::format("proxy_ssl_protocols {};", seen.tls->tls->protocol)
                       : "proxy_ssl_ciphers DEFAULT;",
               version ? "tls/no-version-in-common" : "tls/no-cipher-in-common");
  }
  const bool plain = seen.plain && seen.plain->reached >= Reached::header;
  if (plain || icontains(told.failure, "wrong version number") ||
      icontains(told.failure, "packet length too long")) {
    return say(fmt::format("{} speaks no TLS, and is asked by https://", at_of(seen)),
               fmt::format("proxy_pass http://{}", target.group),
               told.timed_out ? "tls/plain-server-waits" : "tls/https-to-a-plain-port");
  }
  if (icontains(told.failure, "unrecognized name"))
    return say(fmt::format("{} does not know the name {}", at_of(seen), target.tls->name),
               "proxy_ssl_name NAME;", "tls/wrong-name-told");
  if (told.timed_out)
    return say(fmt::format("{} accepts, and is silent in the TLS handshake", at_of(seen)),
               "its load; is it a TLS port?", "tls/handshake-stalls");
  if (told.code == ECONNRESET)
    return say(fmt::format("{} resets the connection in the TLS handshake", at_of(seen)),
               "a firewall between; the server's log", "tls/resets-in-the-handshake");
  say(fmt::format("{}: {}", at_of(seen), told.failure), "the server's log",
      "tls/closes-in-the-handshake");
}

void judge_certificate(const Target& target, const probe::TlsSeen& tls, net::WallTime now,
                       Findings& into) {
  struct Verify {
    long error;
    const char* scenario;
  };
  constexpr std::array<Verify, 6> kVerify{{{10, "tls/certificate-expired"},
                                           {9, "tls/certificate-not-yet-valid"},
                                           {18, "tls/certificate-self-signed"},
                                           {19, "tls/certificate-of-an-unknown-authority"},
                                           {20, "tls/certificate-of-an-unknown-authority"},
                                           {21, "tls/certificate-of-an-unknown-authority"}}};
  const bool verify = target.tls && target.tls->verify;
  if (verify && target.tls->trusted.empty()) {
    into.push_back({Level::wrong,
                    "proxy_ssl_verify is on without proxy_ssl_trusted_certificate",
                    "proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;",
                    {}});
    return;
  }
  if (tls.verify_error != 0) {
    std::string scenario;
    for (const Verify& known : kVerify) {
      if (known.error == tls.verify_error) scenario = known.scenario;
    }
    const bool counts = verify || tls.verify_error == 10;
    into.push_back({verify   ? Level::wrong
                    : counts ? Level::warning
                             : Level::note,
                    fmt::format("its certificate: {}{}", tls.verify_words,
                                verify ? "" : " (proxy_ssl_verify is off: nginx does not look)"),
                    verify ? "the certificate on the server, or proxy_ssl_trusted_certificate" : "",
                    verify ? scenario : std::string()});
    return;
  }
  if (!tls.name_matches && verify) {
    into.push_back({Level::wrong,
                    fmt::format("its certificate is for {}, not for {}",
                                tls.chain.empty() || tls.chain.front().names.empty()
                                    ? std::string("another name")
                                    : printable(net::join(tls.chain.front().names, ", "), 60),
                                target.tls->name),
                    "proxy_ssl_name NAME;", "tls/certificate-for-another-name"});
  }
  if (verify && !tls.chain.empty() && tls.chain.front().until - now < expires_soon)
    into.push_back({Level::warning, "its certificate: " + probe::validity(tls.chain.front(), now),
                    "renew it", "tls/certificate-expired"});
}

}  // namespace badgate::harness::check
