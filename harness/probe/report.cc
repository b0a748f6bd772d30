#include "harness/probe/report.h"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "harness/printable.h"
#include "harness/reports/text.h"
#include "net/text.h"

namespace badgate::harness::probe {
namespace {

constexpr const char* kGreen = "32";
constexpr const char* kRed = "31";
constexpr const char* kBold = "1";

// "  tcp   connected                                        23 ms"
std::string step(std::string_view name, const std::string& what,
                 std::optional<net::Duration> time = std::nullopt) {
  constexpr std::size_t kColumn = 72;
  std::string line = fmt::format("  {:<5} {}", name, what);
  if (!time) return line + "\n";
  std::size_t width = 0;
  for (const Glyph& glyph : glyphs(line))
    width += glyph.width;
  const std::size_t gap = width < kColumn ? kColumn - width : 1;
  return fmt::format("{}{}{:>10}\n", line, std::string(gap, ' '), time_text(*time));
}

std::string names_text(const net::CertificateFacts& certificate) {
  constexpr std::size_t kShown = 3;
  auto names = certificate.names;
  if (names.empty()) names.push_back(certificate.subject);
  const auto more = names.size() > kShown ? names.size() - kShown : 0;
  names.resize(std::min(names.size(), kShown));
  return printable(net::join(names, ", "), 80) +
         (more > 0 ? fmt::format(" and {} more", more) : "");
}

std::string certificate_lines(const AddressReport& address, const Report& report) {
  const TlsSeen& tls = *address.seen.tls;
  if (tls.chain.empty()) return {};
  const auto& own = tls.chain.front();
  std::string out =
      step("", fmt::format("certificate for {}", names_text(own))) +
      step("",
           fmt::format("from {}; {}; {} sent", printable(own.issuer, 40), validity(own, report.at),
                       tls.chain.size() == 1 ? std::string("1 certificate")
                                             : fmt::format("{} certificates", tls.chain.size())));
  if (tls.verify_error != 0) out += step("", "NOT trusted: " + tls.verify_words);
  if (!tls.name_matches) out += step("", "NOT for " + report.url.host);
  return out;
}

// The steps that were taken, and the one that failed.
std::string connection_lines(const AddressReport& address, const Report& report) {
  const VisitSeen& seen = address.seen;
  if (!seen.connected) return step("tcp", seen.failure, seen.took);
  std::string out = step("tcp", "connected", seen.connected);
  if (!report.url.https) return out;
  if (!seen.handshaken) return out + step("tls", printable(seen.failure, 90), seen.took);
  out += step("tls", fmt::format("{}, {}", seen.tls->protocol, seen.tls->cipher), seen.handshaken);
  return out + certificate_lines(address, report);
}

std::string http_lines(const AddressReport& address, const Report& report) {
  const VisitSeen& seen = address.seen;
  if (seen.reached < (report.url.https ? Reached::handshaken : Reached::connected)) return {};
  if (seen.reached < Reached::header) {
    std::string out = step("http", seen.failure, seen.took);
    if (!seen.first_bytes.empty())
      out += step("", fmt::format("it says: {}", printable(seen.first_bytes, 60)));
    return out;
  }
  std::string out = step("http", printable(seen.head.status_line, 50), seen.header);
  out += step("", fmt::format("{} bytes of body", seen.body_bytes), seen.took);
  if (!seen.failure.empty()) out += step("", printable(seen.failure, 90));
  return out;
}

std::string who_lines(const Who& who) {
  std::string out;
  if (!who.author.empty()) out += step("by", who.author + ", whose own page it is");
  if (!who.way.empty()) out += step("via", net::join(who.way, ", "));
  for (const auto& [name, value] : who.details)
    out += step("", fmt::format("{}: {}", name, printable(value, 70)));
  return out;
}

std::string name_line(const Report& report) {
  const Answer& name = report.name;
  if (name.addresses.empty())
    return fmt::format("name    {}: {}  ({})\n", report.url.host, name.error, time_text(name.took));
  std::vector<std::string> addresses;
  for (const auto& address : report.addresses)
    addresses.push_back(address.seen.to.host());
  const auto list = net::join(addresses, ", ");
  if (report.given) return fmt::format("name    {} = {}, as you say\n", report.url.host, list);
  return fmt::format("name    {} = {}  ({})\n", report.url.host, list, time_text(name.took));
}

}  // namespace

std::string time_text(net::Duration time) {
  const double ms = std::chrono::duration<double, std::milli>(time).count();
  return ms < 1000 ? fmt::format("{:.1f} ms", ms) : fmt::format("{:.3f} s", ms / 1000);
}

std::string validity(const net::CertificateFacts& certificate, net::WallTime now) {
  using Days = std::chrono::duration<std::int64_t, std::ratio<86400>>;
  const auto in_days = [](net::WallTime::duration d) {
    const auto days = std::chrono::duration_cast<Days>(d).count();
    return fmt::format("{} day{}", days, days == 1 ? "" : "s");
  };
  if (now < certificate.from)
    return fmt::format("not valid before {:%Y-%m-%d}",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(certificate.from)));
  if (now > certificate.until)
    return fmt::format("expired {} ago", in_days(now - certificate.until));
  return in_days(certificate.until - now) + " left";
}

std::string to_text(const Report& report, const Verdict& verdict, bool colour) {
  std::string out = fmt::format("{}\n\n{}", report.url.to_string(), name_line(report));
  for (const AddressReport& address : report.addresses) {
    out += fmt::format("{}\n", address.seen.to.to_string());
    out += connection_lines(address, report) + http_lines(address, report) + who_lines(address.who);
  }
  out += "\n" +
         reports::painted(verdict.well ? "ok" : "DOWN", verdict.well ? kGreen : kRed, colour) +
         "  " + reports::painted(verdict.headline, kBold, colour) + "\n";
  if (!verdict.well) {
    constexpr std::array<std::string_view, 5> kWhom{"nobody", "everybody, by all that can be seen",
                                                    "those who get that address", "just you",
                                                    "it cannot be told from one place"};
    out += reports::wrapped(
        fmt::format("for whom: {}", kWhom[static_cast<std::size_t>(verdict.whom)]), "    ");
  }
  if (!verdict.hop.empty()) out += reports::wrapped("where: " + verdict.hop, "    ");
  for (const auto& sentence : verdict.meaning)
    out += reports::wrapped(sentence, "    ");
  for (const auto& question : verdict.next)
    out += reports::wrapped("look at: " + question, "    ");
  return out;
}

}  // namespace badgate::harness::probe
