#include <fmt/chrono.h>
#include <fmt/core.h>
#include <array>
#include <nlohmann/json.hpp>

#include "harness/probe/report.h"

namespace badgate::harness::probe {
namespace {

using nlohmann::json;

json ms(const std::optional<net::Duration>& time) {
  if (!time) return nullptr;
  return std::chrono::duration<double, std::milli>(*time).count();
}

std::string date(net::WallTime time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::string_view name_of(Outcome outcome) {
  constexpr std::array<std::string_view, 13> kNames{
      "good",           "server-error", "unreachable", "refused",   "silent-connect",
      "broken-connect", "tls-failed",   "tls-silent",  "untrusted", "silent",
      "closed",         "not-http",     "cut"};
  return kNames[static_cast<std::size_t>(outcome)];
}

json tls_json(const TlsSeen& tls) {
  json chain = json::array();
  for (const auto& certificate : tls.chain) {
    chain.push_back({{"subject", certificate.subject},
                     {"issuer", certificate.issuer},
                     {"names", certificate.names},
                     {"from", date(certificate.from)},
                     {"until", date(certificate.until)}});
  }
  return {{"protocol", tls.protocol},
          {"cipher", tls.cipher},
          {"trusted", tls.verify_error == 0},
          {"verify_error", tls.verify_error},
          {"verify_words", tls.verify_words},
          {"name_matches", tls.name_matches},
          {"chain", chain}};
}

json http_json(const AddressReport& address) {
  const auto& head = address.seen.head;
  json headers = json::array();
  for (const auto& header : head.headers)
    headers.push_back({header.name, header.value});
  json details = json::object();
  for (const auto& [name, value] : address.who.details)
    details[name] = value;
  return {{"status", head.status},
          {"status_line", head.status_line},
          {"headers", headers},
          {"body_bytes", address.seen.body_bytes},
          {"author", address.who.author},
          {"way", address.who.way},
          {"details", details}};
}

json address_json(const AddressReport& address) {
  const VisitSeen& seen = address.seen;
  json j = {{"address", seen.to.to_string()},
            {"outcome", name_of(address.outcome)},
            {"failure", seen.failure},
            {"errno", seen.code},
            {"ms",
             {{"connected", ms(seen.connected)},
              {"handshaken", ms(seen.handshaken)},
              {"first_byte", ms(seen.first_byte)},
              {"header", ms(seen.header)},
              {"end", ms(seen.took)}}}};
  if (seen.tls) j["tls"] = tls_json(*seen.tls);
  if (seen.reached >= Reached::header) j["http"] = http_json(address);
  return j;
}

}  // namespace

std::string to_json(const Report& report, const Verdict& verdict) {
  json addresses = json::array();
  for (const auto& address : report.addresses)
    addresses.push_back(address_json(address));
  const json j = {{"url", report.url.to_string()},
                  {"well", verdict.well},
                  {"whom", to_string(verdict.whom)},
                  {"headline", verdict.headline},
                  {"hop", verdict.hop},
                  {"meaning", verdict.meaning},
                  {"next", verdict.next},
                  {"name",
                   {{"host", report.url.host},
                    {"error", report.name.error},
                    {"given", report.given},
                    {"ms", ms(report.name.took)}}},
                  {"addresses", addresses}};
  // What servers send may hold any bytes; those that are not UTF-8 are replaced.
  return j.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace badgate::harness::probe
