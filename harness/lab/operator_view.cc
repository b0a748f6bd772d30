// What an operator sees of an incident: two logs, and the answers to what was sent.
#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>

#include "harness/lab/addresses.h"
#include "harness/lab/incidents.h"
#include "harness/lab/written_log.h"
#include "net/clock.h"

namespace badgate::harness::lab {
namespace {

// A name in brackets is nothing else; one without may be a word, unless it follows "//".
std::string with_addresses(std::string text, const Incident& incident) {
  for (const auto& [name, address] : incident.addresses) {
    if (name.find('[') != name.npos) {
      replace_all(text, name, address);
    } else {
      replace_all(text, "//" + name + "/", "//" + address + "/");
      replace_all(text, "[::ffff:" + name, "[::ffff:" + address);
    }
  }
  replace_all(text, "127.0.0.1", incident.client);
  replace_all(text, "] 1#1: ", fmt::format("] {0}#{0}: ", incident.process));
  return text;
}

std::string seconds(const std::optional<net::Duration>& time) {
  if (!time) return "-";
  return fmt::format("{:.3f}", std::chrono::duration<double>(*time).count());
}

// "A, B", as nginx joins what it knows of each try; "-" where there was none.
template <typename Text>
std::string of_tries(const AccessEntry& entry, Text text) {
  std::string out;
  for (const Attempt& attempt : entry.attempts)
    out += (out.empty() ? "" : ", ") + text(attempt);
  return out.empty() ? "-" : out;
}

// "GET / HTTP/1.1", with its quotes.
std::string request_of(const AccessEntry& entry) {
  const auto end = entry.line.find('"', 1);
  return end == std::string::npos ? "\"-\"" : entry.line.substr(0, end + 1);
}

std::string access_line(const AccessEntry& entry, net::TimePoint at, const Incident& incident) {
  const auto wall = std::chrono::time_point_cast<std::chrono::seconds>(net::default_epoch() +
                                                                       at.time_since_epoch());
  return fmt::format(
      "{} - - [{:%d/%b/%Y:%H:%M:%S} +0000] {} {:03} {} rt={} ua=\"{}\" us=\"{}\" uct=\"{}\" "
      "uht=\"{}\" urt=\"{}\"",
      incident.client, fmt::gmtime(std::chrono::system_clock::to_time_t(wall)), request_of(entry),
      entry.status, entry.body_bytes_sent, seconds(entry.request_time),
      of_tries(
          entry,
          [&](const Attempt& attempt) { return address_of(attempt.server, incident.addresses); }),
      of_tries(entry,
               [](const Attempt& attempt) {
                 return attempt.status ? std::to_string(*attempt.status) : std::string("-");
               }),
      of_tries(entry, [](const Attempt& attempt) { return seconds(attempt.connect_time); }),
      of_tries(entry, [](const Attempt& attempt) { return seconds(attempt.header_time); }),
      of_tries(entry, [](const Attempt& attempt) { return seconds(attempt.response_time); }));
}

}  // namespace

OperatorView operator_view(const Incident& incident, const Outcome& outcome, net::TimePoint since) {
  OperatorView view;
  for (const Response& response : outcome.responses) {
    if (response.request.starts_with(kSentPrefix)) view.responses.push_back(response);
  }
  auto access = outcome.access.begin();
  auto error = outcome.error_log.begin();
  const auto least = least_level(incident.scenario, "error");
  for (const Fact& fact : outcome.timeline) {
    if (fact.who == "access.log" && access != outcome.access.end()) {
      const AccessEntry& entry = *access++;
      if (fact.at >= since) view.access.push_back(access_line(entry, fact.at, incident));
    }
    if (fact.who == "error.log" && error != outcome.error_log.end()) {
      const LogLine& line = *error++;
      if (fact.at >= since && is_written(line.level, least))
        view.error_log.push_back(with_addresses(line.whole, incident));
    }
  }
  return view;
}

}  // namespace badgate::harness::lab
