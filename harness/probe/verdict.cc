#include "harness/probe/verdict.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "harness/printable.h"
#include "net/text.h"

namespace badgate::harness::probe {
namespace {

// What an outcome means that no product has a word for.
struct Words {
  Outcome outcome;
  Whom whom;
  std::string_view headline;
  std::string_view hop;
  std::string_view meaning;
  std::string_view next;
};

constexpr std::array<Words, 11> kWords{{
    {Outcome::unreachable, Whom::just_you, "this machine has no way to {}",
     "this machine's own network",
     "The kernel here has no route, or a local firewall forbids it; the server was not asked.",
     "your own connection: ip route get ADDRESS; try from another network"},
    {Outcome::refused, Whom::everybody, "{} refuses the connection", "the first server",
     "The machine answers, but nothing listens on the port, or a firewall rejects. Most likely it "
     "is "
     "so for everybody.",
     "on the server: ss -ltn; does the web server run?"},
    {Outcome::silent_connect, Whom::unknown, "{} does not answer at all",
     "on the way to the server",
     "No answer to the connection: the machine is down, or a firewall drops packets, of everybody "
     "or "
     "of you alone. From one place these look the same.",
     "the same from another network (a phone without Wi-Fi); then the server's firewall"},
    {Outcome::broken_connect, Whom::unknown, "the connection to {} fails",
     "on the way to the server", "The connection broke off before it was made.",
     "the same from another network"},
    {Outcome::tls_failed, Whom::everybody, "the TLS handshake with {} fails",
     "the server that ends TLS",
     "The server is there, but no TLS came about: a plain HTTP port, a name it does not know "
     "(SNI), "
     "or no version or cipher in common.",
     "the URL with http:// on this port; the server's ssl_certificate and server_name"},
    {Outcome::tls_silent, Whom::unknown, "{} accepts, and is silent in the TLS handshake",
     "the server that ends TLS",
     "The kernel accepted the connection, but the server does not speak: it hangs, or the port is "
     "not "
     "a TLS port and waits for a request.",
     "the URL with http:// on this port; the server's load"},
    {Outcome::untrusted, Whom::everybody, "the certificate of {} is not to be trusted",
     "the server that ends TLS", "Browsers show a warning instead of the page.",
     "the certificate and its chain on the server; --insecure looks behind it"},
    {Outcome::silent, Whom::everybody, "{} takes the request, and does not answer",
     "the server, or what is behind it",
     "The connection works, but no header came in time: a slow or stuck application, and a proxy "
     "with long timeouts in front of it, if there is one.",
     "the application's own log and load; raise --max-time to see what comes in the end"},
    {Outcome::closed, Whom::everybody, "{} closes the connection without an answer",
     "the first server",
     "It took the connection and hung up: it crashed, its own backend is gone and it says nothing, "
     "or it does not want you (a firewall, a rate limit).",
     "the server's error log of this moment; the same from another network"},
    {Outcome::not_http, Whom::everybody, "{} does not speak HTTP", "the first server",
     "Something else listens on this port, or its answer is no HTTP.",
     "what listens there: ss -ltnp on the server; https:// in place of http://"},
    {Outcome::cut, Whom::everybody, "the answer of {} is cut short", "behind the server",
     "A good status came, but the connection ended in the middle of the body: who made the body "
     "died or was given up.",
     "the server's error log: `while reading upstream`: badgate explain"},
}};

const Words& words_of(Outcome outcome) {
  return *std::ranges::find_if(kWords, [&](const Words& w) { return w.outcome == outcome; });
}

// With the certificate looked at, unless it does not count.
Outcome judged(const AddressReport& address, bool insecure) {
  if (address.outcome == Outcome::good && !insecure && is_untrusted(address.seen))
    return Outcome::untrusted;
  return address.outcome;
}

Verdict about_name(const Report& report) {
  const Answer& name = report.name;
  Verdict verdict{.headline = fmt::format("the name {} has no address", report.url.host),
                  .hop = "the name (DNS)"};
  if (name.no_such_name) {
    verdict.whom = Whom::everybody;
    verdict.meaning.emplace_back(
        "The name servers answered: there is no such name, or it has no address. So it is for "
        "everybody who asks the same name servers.");
    verdict.next = {"is it spelt right? has the domain expired? whois, and its zone",
                    fmt::format("another resolver: dig @9.9.9.9 {}", report.url.host)};
    return verdict;
  }
  verdict.headline = fmt::format("the name {} cannot be resolved here", report.url.host);
  verdict.whom = Whom::just_you;
  verdict.meaning.emplace_back(
      "No name server gave an answer: this machine's resolver or network, or the domain's own name "
      "servers.");
  verdict.next = {"/etc/resolv.conf; does any other name resolve?",
                  fmt::format("another resolver: dig @9.9.9.9 {}", report.url.host)};
  return verdict;
}

std::string through(const Who& who) {
  std::vector<std::string> others;
  for (const auto& name : who.way) {
    if (name != who.author) others.push_back(name);
  }
  return others.empty() ? std::string() : net::join(others, ", ");
}

void about_unknown_page(const Who& who, int status, Verdict& verdict) {
  if (who.way.empty()) {
    verdict.hop = "unknown";
    verdict.meaning.emplace_back("Nothing in the answer tells whose page it is.");
  } else {
    verdict.hop =
        fmt::format("behind {}, or {} with a page of its owner's", who.way.back(), who.way.back());
    verdict.meaning.push_back(fmt::format(
        "It came through {}, but the page is none of theirs: most likely the application said {} "
        "itself, and it was passed on; or it is a page that their owner has written.",
        net::join(who.way, ", "), status));
  }
  verdict.next.emplace_back(
      "the proxy's access log: if $upstream_status is the same, it was the application");
}

Verdict about_status(const AddressReport& address) {
  const Who& who = address.who;
  const auto& head = address.seen.head;
  const auto status_line = printable(head.status_line, 60);
  Verdict verdict{
      .whom = Whom::everybody,
      .headline = fmt::format("{} answers {}", address.seen.to.to_string(), status_line)};
  if (who.author.empty()) {
    about_unknown_page(who, head.status, verdict);
    return verdict;
  }
  verdict.headline = fmt::format("{} says {}", who.author, status_line);
  verdict.hop =
      who.meaning != nullptr ? who.meaning->hop : std::string_view("behind it, or itself");
  if (who.meaning != nullptr) {
    verdict.meaning.emplace_back(who.meaning->words);
    verdict.next.emplace_back(who.meaning->next);
  } else {
    verdict.meaning.push_back(fmt::format("{} wrote the page itself.", who.author));
    verdict.next.push_back(fmt::format("the log of {} of this moment", who.author));
  }
  if (const auto others = through(who); !others.empty() && verdict.hop != "GitHub")
    verdict.meaning.push_back(fmt::format("{} passed it on and is not to blame.", others));
  return verdict;
}

void about_certificate(const VisitSeen& seen, const std::string& host, Verdict& verdict) {
  if (!seen.tls) return;
  if (seen.tls->verify_error != 0)
    verdict.meaning.insert(verdict.meaning.begin(),
                           fmt::format("OpenSSL says: {}.", seen.tls->verify_words));
  if (!seen.tls->name_matches)
    verdict.meaning.insert(verdict.meaning.begin(),
                           fmt::format("It is not for the name {}.", host));
}

Verdict about_address(const AddressReport& address, const Report& report, bool insecure) {
  const Outcome outcome = judged(address, insecure);
  if (outcome == Outcome::server_error) return about_status(address);
  const Words& words = words_of(outcome);
  Verdict verdict{
      .whom = words.whom,
      .headline = fmt::format(fmt::runtime(words.headline), address.seen.to.to_string()),
      .hop = std::string(words.hop),
      .meaning = {std::string(words.meaning)},
      .next = {std::string(words.next)}};
  if (outcome == Outcome::untrusted) about_certificate(address.seen, report.url.host, verdict);
  if (outcome == Outcome::not_http && address.seen.first_bytes.starts_with("\x15\x03"))
    verdict.next = {"https:// in place of http://: it answers with a TLS alert"};
  if (address.seen.failure.find("wrong version number") != std::string::npos) {
    verdict.meaning = {"It answers in plain text: the port does not speak TLS."};
    verdict.next = {fmt::format("the URL with http:// on port {}", report.url.port)};
  }
  return verdict;
}

Verdict good(const Report& report, const AddressReport& address) {
  Verdict verdict{.well = true, .whom = Whom::nobody};
  const auto& head = address.seen.head;
  verdict.headline = fmt::format("it answers: {}", printable(head.status_line, 60));
  constexpr int kRedirect = 300;
  constexpr int kClientError = 400;
  if (head.status >= kRedirect && head.status < kClientError) {
    if (const auto* at = net::http1::find_header(head.headers, "Location")) {
      const auto to = resolve_url(report.url, at->value);
      verdict.next.push_back(
          to ? fmt::format("where it points to: badgate probe {}", to->to_string())
             : fmt::format("its Location: {}", to.error().message));
    }
  }
  if (head.status == 429 || head.status == 403)
    verdict.meaning.emplace_back("It refuses you, perhaps you alone: a rate limit or a firewall.");
  return verdict;
}

// An address of a family that this machine does not have says nothing about the server.
bool says_nothing(const AddressReport& address, const Report& report) {
  return address.outcome == Outcome::unreachable &&
         std::ranges::any_of(report.addresses, [](const AddressReport& other) {
           return other.outcome != Outcome::unreachable;
         });
}

}  // namespace

std::string_view to_string(Whom whom) {
  constexpr std::array<std::string_view, 5> kNames{"nobody", "everybody", "some", "just-you",
                                                   "unknown"};
  return kNames[static_cast<std::size_t>(whom)];
}

Verdict verdict_of(const Report& report, bool insecure) {
  if (report.addresses.empty()) return about_name(report);
  const AddressReport* first_bad = nullptr;
  const AddressReport* first_good = nullptr;
  std::size_t bad = 0;
  std::size_t counted = 0;
  for (const AddressReport& address : report.addresses) {
    if (says_nothing(address, report)) continue;
    ++counted;
    const bool well = judged(address, insecure) == Outcome::good;
    if (well && first_good == nullptr) first_good = &address;
    if (!well && first_bad == nullptr) first_bad = &address;
    bad += well ? 0 : 1;
  }
  if (first_bad == nullptr) return good(report, *first_good);
  Verdict verdict = about_address(*first_bad, report, insecure);
  if (first_good != nullptr) {
    verdict.whom = Whom::some;
    verdict.headline =
        fmt::format("{} of {} addresses do not answer well: {}", bad, counted, verdict.headline);
    verdict.meaning.emplace_back("Another address answers: who gets that one, sees nothing wrong.");
  }
  return verdict;
}

}  // namespace badgate::harness::probe
