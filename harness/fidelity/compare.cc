#include "harness/fidelity/compare.h"

#include <fmt/core.h>

#include <algorithm>
#include <tuple>

#include "net/http1_message.h"

namespace badgate::harness::fidelity {
namespace {

// Statuses and attempts as one line.
std::string status_of(const Response& response, const Outcome& outcome) {
  std::string text = fmt::format("{}", response.status);
  const auto entry =
      std::find_if(outcome.access.begin(), outcome.access.end(), [&](const AccessEntry& e) {
        return e.client_port == response.client_port && e.nth == response.nth;
      });
  if (entry == outcome.access.end()) return text + ", not in the access log";
  text += fmt::format(", logged {:03}", entry->status);
  for (const Attempt& attempt : entry->attempts) {
    text += fmt::format(", {} {}", attempt.server,
                        attempt.status ? fmt::format("{:03}", *attempt.status) : "-");
  }
  return text;
}

bool is_left_out(std::string_view header) {
  return net::http1::iequals(header, "date") || net::http1::iequals(header, "server");
}

// Redirects name the port that the proxy listens on, another one in each run.
std::string without_port(std::string value) {
  constexpr std::string_view host = "//localhost:";
  const auto at = value.find(host);
  if (at == value.npos) return value;
  const auto port = at + host.size();
  return value.erase(port, value.find_first_not_of("0123456789", port) - port);
}

// What the client could not read as a response still has a date in it.
std::string without_dates(std::string_view bytes) {
  std::string out;
  while (!bytes.empty()) {
    const auto end = std::min(bytes.find('\n'), bytes.size() - 1) + 1;
    const auto line = bytes.substr(0, end);
    bytes.remove_prefix(end);
    if (!is_left_out(line.substr(0, line.find(':')))) out += line;
  }
  return out;
}

// The proxy's own error pages end with its name and version.
std::string body_of(const Response& response) {
  std::string body = response.body;
  if (response.completeness == Completeness::raw) return without_dates(body);
  const auto name = body.find("<center>nginx");
  if (name == std::string::npos)
    return fmt::format("{} body bytes {}", response.body_bytes, response.body_hash);
  return fmt::format("the page {}", body.substr(0, name));
}

std::string reception_of(const Response& response) {
  std::string text;
  for (const auto& [name, value] : response.headers) {
    const bool page_size = net::http1::iequals(name, "content-length") &&
                           response.body.find("<center>nginx") != std::string::npos;
    if (!is_left_out(name) && !page_size)
      text += fmt::format("{}: {}; ", name, without_port(value));
  }
  return fmt::format("{}{}, {}, connection {}", text, body_of(response),
                     to_string(response.completeness), response.connection_end);
}

// Requests of the same moment end in any order.
std::vector<const Response*> in_order(const Outcome& outcome) {
  std::vector<const Response*> responses;
  for (const Response& response : outcome.responses)
    responses.push_back(&response);
  std::stable_sort(responses.begin(), responses.end(), [](const Response* a, const Response* b) {
    return std::tuple(a->index, a->nth, a->status) < std::tuple(b->index, b->nth, b->status);
  });
  return responses;
}

// Notes of what nginx does all the time are no messages of an error log.
bool is_compared(const LogLine& line) {
  return line.level != "info" && line.level != "notice" && line.level != "debug";
}

// Numbers that chance or the clock's milliseconds decide, each as "N".
std::string without_chance(std::string message) {
  constexpr std::string_view digits = "0123456789.";
  for (const std::string_view marker : {"query id:", "wrong ident ", ", expect ", "excess: "}) {
    const auto at = message.find(marker);
    if (at == message.npos) continue;
    const auto number = at + marker.size();
    const auto end = std::min(message.find_first_not_of(digits, number), message.size());
    message.replace(number, end - number, "N");
  }
  return message;
}

// badgate's own proxy says which directive it is about, where nginx says file and line.
std::string_view without_directive(std::string_view refusal) {
  const auto behind = refusal.substr(
      std::min(refusal.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), refusal.size()));
  return behind.starts_with(": ") ? behind.substr(2) : refusal;
}

// nginx cuts its lines after 2047 bytes, in which its process number stands twice: of longer
// messages the end says nothing.
std::string_view without_end(std::string_view message) {
  constexpr std::size_t most = 1950;
  return message.substr(0, most);
}

std::string log_of(const Outcome& outcome) {
  std::string text;
  if (!outcome.start_error.empty())
    text = fmt::format("does not start: {}\n", without_directive(outcome.start_error));
  for (const LogLine& line : outcome.error_log) {
    if (is_compared(line))
      text += fmt::format("[{}] {}\n", line.level, without_end(without_chance(line.message)));
  }
  return text.empty() ? "nothing\n" : text;
}

class Comparer {
 public:
  void check(Aspect aspect, std::string where, std::string ours, std::string theirs) {
    const auto at = static_cast<std::size_t>(aspect);
    ++result_.compared[at];
    if (ours == theirs) return;
    ++result_.different[at];
    result_.differences.push_back({aspect, std::move(where), std::move(ours), std::move(theirs)});
  }
  Comparison take() { return std::move(result_); }

 private:
  Comparison result_;
};

std::string seen(const BackendSeen& backend) {
  return fmt::format("{} connections, {} requests", backend.connections, backend.requests);
}

}  // namespace

std::string_view to_string(Aspect aspect) {
  constexpr std::array<std::string_view, kAspects.size()> names{"status", "body", "connections",
                                                                "log"};
  return names.at(static_cast<std::size_t>(aspect));
}

Comparison compare(const Outcome& ours, const Outcome& theirs) {
  if (!ours.skipped.empty() || !theirs.skipped.empty())
    return {.skipped = ours.skipped.empty() ? theirs.skipped : ours.skipped};
  if (!ours.broken.empty()) return {.broken = "badgate's proxy: " + ours.broken};
  if (!theirs.broken.empty()) return {.broken = "the other proxy: " + theirs.broken};
  Comparer comparer;
  const auto mine = in_order(ours);
  const auto yours = in_order(theirs);
  for (std::size_t i = 0; i < std::max(mine.size(), yours.size()); ++i) {
    const bool both = i < mine.size() && i < yours.size();
    const auto where = (i < mine.size() ? mine : yours)[i]->request;
    comparer.check(Aspect::status, where,
                   i < mine.size() ? status_of(*mine[i], ours) : "no such response",
                   i < yours.size() ? status_of(*yours[i], theirs) : "no such response");
    if (both) comparer.check(Aspect::body, where, reception_of(*mine[i]), reception_of(*yours[i]));
  }
  for (std::size_t i = 0; i < std::min(ours.backends.size(), theirs.backends.size()); ++i) {
    comparer.check(Aspect::connections, ours.backends[i].name, seen(ours.backends[i]),
                   seen(theirs.backends[i]));
  }
  comparer.check(Aspect::log, "error.log", log_of(ours), log_of(theirs));
  return comparer.take();
}

}  // namespace badgate::harness::fidelity
