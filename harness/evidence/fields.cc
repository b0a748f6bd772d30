#include "harness/evidence/fields.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "harness/text_fields.h"

namespace badgate::harness::evidence {
namespace {

struct Alias {
  std::string_view name;
  std::string_view variable;
};

// What people call nginx's variables in their log formats; without case, "-" and "." as "_".
constexpr auto kAliases = std::to_array<Alias>({
    {"addr", "upstream_addr"},
    {"backend", "upstream_addr"},
    {"bytes", "body_bytes_sent"},
    {"bytes_sent", "body_bytes_sent"},
    {"client", "remote_addr"},
    {"client_ip", "remote_addr"},
    {"clientip", "remote_addr"},
    {"code", "status"},
    {"conn_requests", "connection_requests"},
    {"content_length", "sent_http_content_length"},
    {"domain", "host"},
    {"http_host", "host"},
    {"http_referrer", "http_referer"},
    {"http_status", "status"},
    {"method", "request_method"},
    {"path", "request_uri"},
    {"protocol", "server_protocol"},
    {"referer", "http_referer"},
    {"referrer", "http_referer"},
    {"remote_ip", "remote_addr"},
    {"request_length_sent", "upstream_bytes_sent"},
    {"resp_status", "status"},
    {"response_code", "status"},
    {"response_status", "status"},
    {"rt", "request_time"},
    {"response_time", "request_time"},
    {"sn", "server_name"},
    {"status_code", "status"},
    {"time", "time_local"},
    {"timestamp", "time_local"},
    {"@timestamp", "time_local"},
    {"time_iso8601", "time_local"},
    {"msec", "time_local"},
    {"ts", "time_local"},
    {"start_time", "time_local"},
    {"ua", "upstream_addr"},
    {"uaddr", "upstream_addr"},
    {"uct", "upstream_connect_time"},
    {"upstream", "upstream_addr"},
    {"upstream_code", "upstream_status"},
    {"upstream_connect", "upstream_connect_time"},
    {"upstream_header", "upstream_header_time"},
    {"upstream_response", "upstream_response_time"},
    {"upstream_time", "upstream_response_time"},
    {"uht", "upstream_header_time"},
    {"uri", "request_uri"},
    {"url", "request_uri"},
    {"urt", "upstream_response_time"},
    {"us", "upstream_status"},
    {"ustatus", "upstream_status"},
    {"ut", "upstream_response_time"},
    {"verb", "request_method"},
    {"xff", ""},
});

constexpr auto kVariables = std::to_array<std::string_view>({
    "body_bytes_sent",
    "connection_requests",
    "host",
    "http_referer",
    "remote_addr",
    "request",
    "request_method",
    "request_time",
    "request_uri",
    "sent_http_content_length",
    "server_name",
    "server_protocol",
    "status",
    "time_local",
    "upstream_addr",
    "upstream_bytes_received",
    "upstream_bytes_sent",
    "upstream_connect_time",
    "upstream_header_time",
    "upstream_response_time",
    "upstream_status",
});

bool is_none(std::string_view value) {
  return value.empty() || value == "-";
}

template <typename T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<net::Duration> seconds(std::string_view text) {
  if (is_none(text) || (text.front() != '.' && (text.front() < '0' || text.front() > '9')))
    return std::nullopt;
  return seconds_in(text);
}

// nginx separates tries by ", ", and those of another location by " : ".
std::string_view next_value(std::string_view& list, bool& redirected) {
  const auto comma = list.find(',');
  const auto colon = list.find(" : ");
  const auto at = std::min(comma, colon);
  const auto value = list.substr(0, at);
  if (at == list.npos) {
    list = {};
    return value;
  }
  redirected |= at == colon;
  list.remove_prefix(at + (at == colon ? 3 : 1));
  while (list.starts_with(' '))
    list.remove_prefix(1);
  return value;
}

// More tries than any request has; a hostile line may claim more.
constexpr std::size_t kMostTries = 256;

void take_list(Evidence& e, std::string_view list,
               const std::function<void(Try&, std::string_view)>& take) {
  std::size_t i = 0;
  while (!list.empty() && i < kMostTries) {
    const auto value = next_value(list, e.redirected);
    if (e.tries.size() <= i) e.tries.emplace_back();
    take(e.tries[i++], is_none(value) ? std::string_view() : value);
  }
}

using Taker = void (*)(Evidence&, std::string_view);

// A member of Try that is a time.
template <std::optional<net::Duration> Try::*Member>
void take_times(Evidence& e, std::string_view value) {
  take_list(e, value, [](Try& t, std::string_view text) { t.*Member = seconds(text); });
}

template <std::optional<std::uint64_t> Try::*Member>
void take_sizes(Evidence& e, std::string_view value) {
  take_list(e, value,
            [](Try& t, std::string_view text) { t.*Member = number<std::uint64_t>(text); });
}

constexpr auto kTakers = std::to_array<std::pair<std::string_view, Taker>>({
    {"body_bytes_sent",
     [](Evidence& e, std::string_view v) { e.bytes_sent = number<std::uint64_t>(v); }},
    {"connection_requests",
     [](Evidence& e, std::string_view v) { e.connection_requests = number<std::uint64_t>(v); }},
    {"host", [](Evidence& e, std::string_view v) { e.host = v; }},
    {"http_referer", [](Evidence& e, std::string_view v) { e.referrer = v; }},
    {"remote_addr", [](Evidence& e, std::string_view v) { e.client = without_port(v); }},
    {"request", [](Evidence& e, std::string_view v) { take_request(e, v); }},
    {"request_method", [](Evidence& e, std::string_view v) { e.method = v; }},
    {"request_time", [](Evidence& e, std::string_view v) { e.request_time = seconds(v); }},
    {"request_uri", [](Evidence& e, std::string_view v) { e.uri = v; }},
    {"sent_http_content_length",
     [](Evidence& e, std::string_view v) { e.content_length = number<std::uint64_t>(v); }},
    {"server_name", [](Evidence& e, std::string_view v) { e.server = v; }},
    {"server_protocol",
     [](Evidence& e, std::string_view v) {
       e.http_version = v.substr(v.starts_with("HTTP/") ? 5 : 0);
     }},
    {"status", [](Evidence& e, std::string_view v) { e.status = number<int>(v); }},
    {"time_local", [](Evidence& e, std::string_view v) { e.time = parse_log_time(v); }},
    {"upstream_addr",
     [](Evidence& e, std::string_view v) {
       take_list(e, v, [](Try& t, std::string_view text) { t.address = text; });
     }},
    {"upstream_bytes_received", &take_sizes<&Try::bytes_received>},
    {"upstream_bytes_sent", &take_sizes<&Try::bytes_sent>},
    {"upstream_connect_time", &take_times<&Try::connect_time>},
    {"upstream_header_time", &take_times<&Try::header_time>},
    {"upstream_response_time", &take_times<&Try::response_time>},
    {"upstream_status",
     [](Evidence& e, std::string_view v) {
       take_list(e, v, [](Try& t, std::string_view text) { t.status = number<int>(text); });
     }},
});

}  // namespace

std::string_view variable_of(std::string_view name) {
  constexpr std::size_t kLongest = 40;
  if (name.starts_with('$')) name.remove_prefix(1);
  if (name.starts_with("nginx.")) name.remove_prefix(6);
  std::array<char, kLongest> plain{};
  if (name.size() > kLongest) return {};
  std::ranges::transform(name, plain.begin(), [](char c) {
    if (c == '-' || c == '.') return '_';
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  const std::string_view text(plain.data(), name.size());
  if (const auto at = std::ranges::find(kVariables, text); at != kVariables.end()) return *at;
  const auto alias = std::ranges::find(kAliases, text, &Alias::name);
  return alias == kAliases.end() ? std::string_view() : alias->variable;
}

void take_variable(Evidence& evidence, std::string_view variable, std::string_view value) {
  if (variable.starts_with("upstream_")) evidence.upstream_logged = true;
  if (is_none(value)) return;
  const auto at = std::ranges::find(kTakers, variable, &std::pair<std::string_view, Taker>::first);
  if (at != kTakers.end()) at->second(evidence, value);
}

bool is_plausible(std::string_view variable, std::string_view value) {
  constexpr auto kNumbers = std::to_array<std::string_view>(
      {"status", "body_bytes_sent", "connection_requests", "request_time",
       "sent_http_content_length", "upstream_bytes_received", "upstream_bytes_sent",
       "upstream_connect_time", "upstream_header_time", "upstream_response_time",
       "upstream_status"});
  if (variable == "remote_addr") return value.find_first_of(" \"") == value.npos;
  if (variable == "upstream_addr") return value.find('"') == value.npos;
  if (variable == "time_local") return is_none(value) || parse_log_time(value).has_value();
  if (std::ranges::find(kNumbers, variable) == kNumbers.end()) return true;
  return value.find_first_not_of("0123456789.-, :") == value.npos;
}

void take_request(Evidence& evidence, std::string_view request) {
  const auto space = request.find(' ');
  if (space == request.npos) {
    evidence.uri = request;
    return;
  }
  evidence.method = request.substr(0, space);
  request.remove_prefix(space + 1);
  const auto version = request.rfind(" HTTP/");
  evidence.uri = request.substr(0, version);
  if (version != request.npos) evidence.http_version = request.substr(version + 6);
}

std::string_view without_port(std::string_view address) {
  if (address.starts_with('[')) {
    const auto end = address.find(']');
    return end == address.npos ? address : address.substr(1, end - 1);
  }
  const auto colon = address.find(':');
  return colon != address.npos && address.find(':', colon + 1) == address.npos
             ? address.substr(0, colon)
             : address;
}

void finish(Evidence& e) {
  // A worker without a descriptor or a port left has a try without an address: none at all.
  std::erase_if(e.tries, [](const Try& t) { return t.address.empty() && !t.status; });
  if (!e.tries.empty() && e.upstream_address.empty()) e.upstream_address = e.tries.back().address;
}

}  // namespace badgate::harness::evidence
