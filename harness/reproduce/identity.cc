#include "harness/reproduce/identity.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "net/address.h"
#include "net/ascii.h"

namespace badgate::harness::reproduce {
namespace {

using evidence::Evidence;

// What stands between the two is of one run.
struct Span {
  std::string_view begins;
  std::string_view ends;  // empty: the end of the message
  std::string_view instead;
};

constexpr std::array<Span, 15> kSpans{{
    {"connect() to unix:", " failed", "PATH"},
    {"connect() to ", " failed", "ADDRESS"},
    {"bind(", ") failed", "ADDRESS"},
    {"resolver: ", "", "ADDRESS"},
    {"query id:", ",", "N"},
    {"wrong ident ", " in DNS", "N"},
    {", expect ", "", "N"},
    {"DNS response ", " fl:", "N"},
    {"health check \"\" of peer ", " in upstream", "ADDRESS"},
    {"buffered to a temporary file ", " while", "FILE"},
    {"open() \"", "\" failed", "FILE"},
    {"pwritev() \"", "\" failed", "FILE"},
    {"pwrite() \"", "\" failed", "FILE"},
    {"client ", " closed keepalive connection", "ADDRESS"},
    {"\" in /", "", "FILE"},
}};

constexpr std::string_view kBuffered = "buffered to a temporary file ";

// "unix:" stays: whether it was a socket's path matters.
void hide(std::string& text, const Span& span) {
  for (auto at = text.find(span.begins); at != text.npos; at = text.find(span.begins, at + 1)) {
    const auto from = at + span.begins.size();
    if (span.begins == "connect() to " && text.compare(from, 5, "unix:") == 0) continue;
    auto end = span.ends.empty() ? text.size() : text.find(span.ends, from);
    if (end == text.npos) {
      // A request body is buffered while nothing else is done: the line ends with the file.
      if (span.begins != kBuffered) continue;
      end = text.size();
    }
    text.replace(from, end - from, span.instead);
  }
}

// `upstream ":8080"`, `"app.internal:8080"`: the port is that of the run.
void hide_ports(std::string& text) {
  for (auto at = text.find(':'); at != text.npos; at = text.find(':', at + 1)) {
    auto end = at + 1;
    while (end < text.size() && net::is_digit(text[end]))
      ++end;
    if (end > at + 1 && end < text.size() && text[end] == '"')
      text.replace(at + 1, end - at - 1, "PORT");
  }
}

// OpenSSL 1.1 says "error:14094410:SSL routines:ssl3_read_bytes:sslv3 alert …" where OpenSSL 3 says
// "error:0A000410:SSL routines::sslv3 alert …": the last three digits are the reason in both.
// OpenSSL 3.2 calls those alerts "ssl/tls alert …".
void hide_ssl_library(std::string& text) {
  constexpr std::string_view kError = "error:";
  constexpr std::string_view kRoutines = ":SSL routines:";
  for (auto at = text.find(kError); at != text.npos; at = text.find(kError, at + 1)) {
    const auto code = at + kError.size();
    if (text.compare(std::min(code + 8, text.size()), kRoutines.size(), kRoutines) != 0) continue;
    if (std::any_of(text.begin() + static_cast<std::ptrdiff_t>(code),
                    text.begin() + static_cast<std::ptrdiff_t>(code + 8),
                    [](char c) { return net::hex_value(c) < 0; }))
      continue;
    const auto function = code + 8 + kRoutines.size();
    const auto colon = text.find(':', function);
    if (colon != text.npos) text.erase(function, colon - function);
    text.erase(code, 5);
  }
  constexpr std::string_view kNewName = "ssl/tls alert";
  for (auto at = text.find(kNewName); at != text.npos; at = text.find(kNewName))
    text.replace(at, kNewName.size(), "sslv3 alert");
  // "self signed certificate" before OpenSSL 3.
  constexpr std::string_view kOld = "self signed certificate";
  for (auto at = text.find(kOld); at != text.npos; at = text.find(kOld))
    text.replace(at, kOld.size(), "self-signed certificate");
}

// "(110: Connection timed out)": the words are of the libc (musl says "Operation timed out"), or
// none of them had any ("Unknown error"); the number is the evidence.
void hide_error_words(std::string& text) {
  constexpr std::array<std::string_view, 3> kBefore{" failed (", "timed out (", "handshake ("};
  for (const std::string_view before : kBefore) {
    for (auto at = text.find(before); at != text.npos; at = text.find(before, at + 1)) {
      auto end = at + before.size();
      while (end < text.size() && net::is_digit(text[end]))
        ++end;
      const auto close = text.find(')', end);
      if (text.compare(end, 2, ": ") == 0 && close != text.npos) text.erase(end, close - end);
    }
  }
}

bool is_unix(const std::string& address) {
  return address.starts_with("unix:");
}

// What is compared of an upstream's address.
std::string kind_of_address(const std::string& address) {
  if (address.empty()) return "none";
  if (is_unix(address)) return "a unix socket";
  if (is_group_name(address)) return "the group " + address;
  return "an address";
}

std::string request_line(const Evidence& e, bool with_version) {
  if (e.method.empty() && e.uri.empty()) return {};
  std::string out = e.method + " " + e.uri;
  if (with_version && !e.http_version.empty()) out += " HTTP/" + e.http_version;
  return out;
}

bool speaks_more_than_http_1(const Evidence& e) {
  return e.http_version == "2.0" || e.http_version == "3.0" || e.http_version == "2" ||
         e.http_version == "3";
}

class Comparison {
 public:
  explicit Comparison(bool cut) : cut_(cut) {}

  void add(std::string what, const std::string& wanted, const std::string& got) {
    if (wanted == got) return;
    if (cut_ && got.starts_with(wanted)) return;
    found_.push_back({std::move(what), wanted, got});
  }
  std::vector<Difference> take() { return std::move(found_); }

 private:
  bool cut_;
  std::vector<Difference> found_;
};

}  // namespace

std::string timeless(std::string message) {
  for (const Span& span : kSpans)
    hide(message, span);
  hide_ports(message);
  hide_ssl_library(message);
  hide_error_words(message);
  return message;
}

bool is_group_name(const std::string& address) {
  if (address.empty() || is_unix(address) || address.front() == '[') return false;
  if (net::Address::parse(address)) return false;
  // An address whose port is the scheme's own is written without it.
  return !net::Address::parse(address + ":80").has_value();
}

namespace {

// How far it came: HAProxy's timers are -1 from the stage on that was not reached.
std::string stages(const Evidence& e) {
  if (!e.timers) return {};
  if (!e.timers->queue) return "no server";
  if (!e.timers->connect) return "not connected";
  if (!e.timers->response) return "connected, no response";
  return "response";
}

// Whom it was sent to: the names are the configuration's.
std::string whom(const Evidence& e) {
  return e.upstream_address.ends_with("<NOSRV>") ? "nobody" : "a server";
}

// Of two lines of HAProxy's HTTP log.
std::vector<Difference> different_ends(const Evidence& wanted, const Evidence& got) {
  Comparison compare(false);
  // The other two letters are of a cookie that the client had.
  if (wanted.code.substr(0, 2) != got.code.substr(0, 2))
    compare.add("termination state", wanted.code, got.code);
  compare.add("status", std::to_string(wanted.status.value_or(0)),
              std::to_string(got.status.value_or(0)));
  compare.add("server", whom(wanted), whom(got));
  compare.add("stage", stages(wanted), stages(got));
  const bool version = !speaks_more_than_http_1(wanted);
  if (!wanted.uri.empty())
    compare.add("request", request_line(wanted, version), request_line(got, version));
  return compare.take();
}

}  // namespace

std::string end_in_words(const Evidence& line) {
  return fmt::format("{} {}, {}, {}", line.code.substr(0, 2), line.status.value_or(0), stages(line),
                     whom(line));
}

std::vector<Difference> differences(const Evidence& wanted, const Evidence& got) {
  if (wanted.source != got.source) return {{"log", "", ""}};
  if (wanted.source == evidence::Source::haproxy) return different_ends(wanted, got);
  Comparison compare(wanted.cut);
  // A message that was pasted without the rest of its line: its level is anybody's guess.
  const bool alone = wanted.client.empty() && wanted.cut;
  if (!alone) compare.add("level", wanted.level, got.level);
  compare.add("message", timeless(wanted.message), timeless(got.message));
  if (alone) return compare.take();
  compare.add("server", wanted.server, got.server);
  const bool version = !speaks_more_than_http_1(wanted);
  compare.add("request", request_line(wanted, version), request_line(got, version));
  compare.add("subrequest", wanted.subrequest, got.subrequest);
  const bool upstream = !wanted.cut || !wanted.upstream_address.empty();
  if (upstream) {
    compare.add("upstream's scheme", wanted.upstream_scheme, got.upstream_scheme);
    compare.add("upstream", kind_of_address(wanted.upstream_address),
                kind_of_address(got.upstream_address));
    compare.add("upstream's URI", wanted.upstream_uri, got.upstream_uri);
  }
  compare.add("host", wanted.host, got.host);
  compare.add("referrer", wanted.referrer, got.referrer);
  return compare.take();
}

int likeness(const Evidence& wanted, const Evidence& got) {
  if (wanted.source == evidence::Source::haproxy)
    return 10 - static_cast<int>(differences(wanted, got).size());
  const auto a = timeless(wanted.message);
  const auto b = timeless(got.message);
  const auto differs = std::ranges::mismatch(a, b).in1;
  const auto common = std::min<std::ptrdiff_t>(differs - a.begin(), 60);
  int score = static_cast<int>(common) - 2 * static_cast<int>(differences(wanted, got).size());
  if (a == b) score += 60;
  if (wanted.action == got.action && !got.action.empty()) score += 10;
  return score;
}

std::vector<std::string> set_aside(const Evidence& wanted) {
  std::vector<std::string> out;
  if (speaks_more_than_http_1(wanted))
    out.push_back(
        fmt::format("the client's HTTP/{}: badgate's clients speak HTTP/1.1", wanted.http_version));
  if (wanted.code.size() == 4 && wanted.source == evidence::Source::haproxy &&
      !wanted.code.ends_with("--"))
    out.push_back(
        fmt::format("the cookie ({}): badgate's clients have none", wanted.code.substr(2)));
  if (wanted.cut) out.emplace_back("what is behind the end of the line, which was cut");
  return out;
}

}  // namespace badgate::harness::reproduce
