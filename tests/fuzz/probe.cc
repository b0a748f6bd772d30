// What a server answers, any bytes: who has written it and what it means can be told, and shown.
#include "harness/probe/probe.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "harness/probe/report.h"
#include "harness/probe/verdict.h"

namespace probe = badgate::harness::probe;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  probe::AddressReport address;
  badgate::net::http1::ResponseReader reader(
      false, [&](std::string_view body) { address.seen.body += body; });
  reader.feed(text);
  reader.finish_on_eof();
  address.seen.to = badgate::net::Address::loopback(80);
  address.seen.reached = reader.has_head() ? probe::Reached::complete : probe::Reached::sent;
  address.seen.reading = reader.reading();
  address.seen.first_bytes = text.substr(0, 256);
  if (reader.has_head()) {
    address.seen.head = reader.head();
    address.who = probe::who_answered({.status = reader.head().status,
                                       .reason = reader.head().status_line,
                                       .headers = reader.head().headers,
                                       .body = address.seen.body});
    static_cast<void>(probe::resolve_url(probe::parse_url("http://x/").value(), text));
  }
  address.outcome = probe::outcome_of(address.seen);
  probe::Report report;
  if (const auto url = probe::parse_url(text)) {
    report.url = *url;
    if (!probe::parse_url(url->to_string())) std::abort();
  }
  report.addresses.push_back(std::move(address));
  const auto verdict = probe::verdict_of(report, false);
  const auto shown = probe::to_text(report, verdict, false);
  const auto is_unsafe = [](unsigned char c) { return (c < ' ' && c != '\n') || c == 0x7f; };
  if (std::ranges::any_of(shown, is_unsafe)) std::abort();
  static_cast<void>(probe::to_json(report, verdict));
  return 0;
}
