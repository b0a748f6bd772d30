#include "harness/evidence/nginx_error.h"

#include <algorithm>
#include <array>

#include "harness/text_fields.h"
#include "net/ascii.h"

namespace badgate::harness::evidence {
namespace {

constexpr std::string_view kDate = "0000/00/00 00:00:00 [";
constexpr std::size_t kDateLength = 19;
// How far behind a container's or syslog's own prefix the date may stand.
constexpr std::size_t kLongestPrefix = 200;
// ngx_log.h, NGX_MAX_ERROR_STR: longer lines are cut.
constexpr std::size_t kLongestLine = 2047;

bool date_at(std::string_view line, std::size_t at) {
  if (line.size() < at + kDate.size()) return false;
  for (std::size_t i = 0; i < kDate.size(); ++i) {
    const char c = line[at + i];
    if (kDate[i] == '0' ? !net::is_digit(c) : c != kDate[i]) return false;
  }
  return true;
}

// npos: there is none.
std::size_t find_date(std::string_view line) {
  if (date_at(line, 0)) return 0;
  const auto head = line.substr(0, kLongestPrefix);
  for (auto at = head.find('/'); at != head.npos; at = head.find('/', at + 1)) {
    if (at >= 4 && date_at(line, at - 4)) return at - 4;
  }
  return line.npos;
}

std::string_view take_until(std::string_view& text, std::string_view separator) {
  const auto at = text.find(separator);
  const auto part = text.substr(0, at);
  text.remove_prefix(at == text.npos ? text.size() : at + separator.size());
  return part;
}

// "12345#0: ", and "*17 " if it is of a connection.
void take_process(std::string_view& rest, NginxErrorLine& out) {
  std::size_t at = 0;
  while (at < rest.size() && (net::is_digit(rest[at]) || rest[at] == '#'))
    ++at;
  if (rest.substr(at, 2) != ": ") return;
  rest.remove_prefix(at + 2);
  if (!rest.starts_with('*')) return;
  std::size_t end = 1;
  while (end < rest.size() && net::is_digit(rest[end]))
    ++end;
  if (end == 1 || end >= rest.size() || rest[end] != ' ') return;
  out.connection = rest.substr(1, end - 1);
  rest.remove_prefix(end + 1);
}

// What an application says may hold anything, also what looks like the rest of the line.
std::size_t end_of_stderr(std::string_view rest) {
  for (auto at = rest.find("\" while "); at != rest.npos; at = rest.find("\" while ", at + 1)) {
    const auto behind = rest.substr(at + 8);
    if (behind.starts_with("reading ") || behind.starts_with("sending ") ||
        behind.starts_with("connecting "))
      return at;
  }
  return rest.npos;
}

constexpr std::string_view kStderr = "FastCGI sent in stderr: \"";

std::size_t find_client(std::string_view rest) {
  constexpr std::string_view kClient = ", client: ";
  if (!rest.starts_with(kStderr)) return rest.find(kClient);
  const auto end = end_of_stderr(rest);
  return end == rest.npos ? end : rest.find(kClient, end);
}

std::string_view action_in(std::string_view message) {
  if (message.starts_with(kStderr)) {
    const auto end = end_of_stderr(message);
    return end == message.npos ? std::string_view() : message.substr(end + 8);
  }
  const auto at = message.rfind(" while ");
  return at == message.npos ? std::string_view() : message.substr(at + 7);
}

// `, NAME: "VALUE"`: the value ends where the next part begins, since clients may send quotes.
struct Quoted {
  std::string_view opening;
  std::string_view NginxErrorLine::*part;
};
constexpr std::array<Quoted, 5> kQuoted = {{
    {", request: \"", &NginxErrorLine::request},
    {", subrequest: \"", &NginxErrorLine::subrequest},
    {", upstream: \"", &NginxErrorLine::upstream},
    {", host: \"", &NginxErrorLine::host},
    {", referrer: \"", &NginxErrorLine::referrer},
}};

// Where the value that begins at `from` ends: at the quote in front of the next part, or at the
// line's end. npos: the line was cut.
std::size_t end_of_value(std::string_view rest, std::size_t from, std::size_t next) {
  for (auto at = rest.find('"', from); at != rest.npos; at = rest.find('"', at + 1)) {
    const auto behind = rest.substr(at + 1);
    if (behind.empty()) return at;
    if (behind.front() != ',') continue;
    for (std::size_t i = next; i < kQuoted.size(); ++i) {
      if (behind.starts_with(kQuoted[i].opening)) return at;
    }
  }
  return rest.npos;
}

// The parts behind ", client: ".
void take_parts(std::string_view rest, NginxErrorLine& out) {
  const auto client_end = rest.find(',');
  out.client = rest.substr(0, client_end);
  rest.remove_prefix(client_end == rest.npos ? rest.size() : client_end);
  constexpr std::string_view kServer = ", server: ";
  if (rest.starts_with(kServer)) {
    rest.remove_prefix(kServer.size());
    const auto end = rest.find(", request: \"");
    out.server = rest.substr(0, end);
    rest.remove_prefix(end == rest.npos ? rest.size() : end);
  }
  for (std::size_t i = 0; i < kQuoted.size(); ++i) {
    if (!rest.starts_with(kQuoted[i].opening)) continue;
    const auto from = kQuoted[i].opening.size();
    const auto end = end_of_value(rest, from, i + 1);
    out.*kQuoted[i].part = rest.substr(from, end == rest.npos ? end : end - from);
    if (end == rest.npos) {
      out.cut = true;
      return;
    }
    rest.remove_prefix(end + 1);
  }
}

int two_digits(std::string_view text, std::size_t at) {
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

std::optional<int> error_number_in(std::string_view message) {
  for (auto at = message.find('('); at != message.npos; at = message.find('(', at + 1)) {
    std::size_t end = at + 1;
    while (end < message.size() && end < at + 5 && net::is_digit(message[end]))
      ++end;
    if (end > at + 1 && message.substr(end, 2) == ": ")
      return number_in<int>(message.substr(at + 1));
  }
  return std::nullopt;
}

}  // namespace

std::optional<NginxErrorLine> split_nginx_error(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r'))
    line.remove_suffix(1);
  NginxErrorLine out;
  if (const auto at = find_date(line); at != line.npos) {
    line.remove_prefix(at);
    out.date = line.substr(0, kDateLength);
    out.cut = line.size() >= kLongestLine;
    line.remove_prefix(kDate.size());
  } else if (line.starts_with("nginx: [")) {
    line.remove_prefix(8);
  } else {
    return std::nullopt;
  }
  constexpr std::size_t kLongestLevel = 6;
  if (line.find("] ") > kLongestLevel) return std::nullopt;
  out.level = take_until(line, "] ");
  take_process(line, out);
  const auto client = find_client(line);
  out.message = line.substr(0, client);
  out.action = action_in(out.message);
  if (client != line.npos) take_parts(line.substr(client + 10), out);
  return out;
}

UpstreamUrl split_upstream(std::string_view upstream) {
  UpstreamUrl out;
  const auto scheme = upstream.find("://");
  if (scheme == upstream.npos) {
    out.address = upstream;
    return out;
  }
  out.scheme = upstream.substr(0, scheme);
  upstream.remove_prefix(scheme + 3);
  std::size_t end = upstream.find('/');
  // A path of a socket ends in ":", before the URI.
  if (upstream.starts_with("unix:")) {
    const auto colon = upstream.find(':', 5);
    out.address = upstream.substr(0, colon);
    if (colon != upstream.npos) out.uri = upstream.substr(colon + 1);
    return out;
  }
  out.address = upstream.substr(0, end);
  if (end != upstream.npos) out.uri = upstream.substr(end);
  return out;
}

bool goes_on(const NginxErrorLine& line) {
  return !line.cut && line.message.starts_with(kStderr) && line.client.empty();
}

std::optional<LogTime> nginx_time(std::string_view date) {
  if (date.size() < kDateLength) return std::nullopt;
  using namespace std::chrono;
  const year_month_day day{year(two_digits(date, 0) * 100 + two_digits(date, 2)),
                           month(static_cast<unsigned>(two_digits(date, 5))),
                           std::chrono::day(static_cast<unsigned>(two_digits(date, 8)))};
  if (!day.ok()) return std::nullopt;
  return LogTime(sys_days(day)) + hours(two_digits(date, 11)) + minutes(two_digits(date, 14)) +
         seconds(two_digits(date, 17));
}

Evidence evidence_of(const NginxErrorLine& line) {
  Evidence e;
  e.time = nginx_time(line.date);
  e.level = line.level;
  e.message = line.message;
  e.action = line.action;
  e.error_number = error_number_in(line.message);
  e.client = line.client;
  e.server = line.server;
  auto request = line.request;
  e.method = take_until(request, " ");
  const auto version = request.rfind(" HTTP/");
  e.uri = request.substr(0, version);
  if (version != request.npos) e.http_version = request.substr(version + 6);
  e.subrequest = line.subrequest;
  const auto upstream = split_upstream(line.upstream);
  e.upstream_scheme = upstream.scheme;
  e.upstream_address = upstream.address;
  e.upstream_uri = upstream.uri;
  e.host = line.host;
  e.referrer = line.referrer;
  e.cut = line.cut;
  return e;
}

}  // namespace badgate::harness::evidence
