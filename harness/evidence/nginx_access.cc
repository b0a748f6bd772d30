#include <array>

#include "harness/evidence/fields.h"
#include "harness/evidence/log_format.h"
#include "harness/evidence/readers.h"

namespace badgate::harness::evidence {
namespace {

// What `name=value` says in a line, quoted or not. False: nothing that is known.
bool take_pairs(Evidence& e, std::string_view text) {
  bool any = false;
  for (auto equals = text.find('='); equals != text.npos; equals = text.find('=')) {
    auto name = text.substr(0, equals);
    name.remove_prefix(name.find_last_of(" \t,;\"") + 1);  // npos + 1 is 0
    auto value = text.substr(equals + 1);
    const bool quoted = value.starts_with('"');
    if (quoted) value.remove_prefix(1);
    std::size_t size = value.find(quoted ? '"' : ' ');
    const auto variable = variable_of(name);
    // "502, 200" may stand there without quotes.
    while (!quoted && size != value.npos && size > 0 && variable.starts_with("upstream_") &&
           value[size - 1] == ',')
      size = value.find(' ', size + 1);
    text = size == value.npos ? std::string_view() : value.substr(size);
    if (variable.empty()) continue;
    take_variable(e, variable, value.substr(0, size));
    any = true;
  }
  return any;
}

const std::vector<LogFormat>& usual_formats() {
  static const std::vector<LogFormat> kFormats = [] {
    std::vector<LogFormat> out;
    for (const std::string_view text : {
             // ingress-nginx.
             std::string_view(
                 "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent "
                 "\"$http_referer\" \"$http_user_agent\" $request_length $request_time "
                 "[$proxy_upstream_name] [$proxy_alternative_upstream_name] $upstream_addr "
                 "$upstream_response_length $upstream_response_time $upstream_status $req_id"),
             kRecommendedFormat,
             // The same without client, time and request.
             std::string_view("$status $upstream_status $upstream_addr $upstream_connect_time "
                              "$upstream_header_time $upstream_response_time $request_time "
                              "$upstream_bytes_sent $upstream_bytes_received $body_bytes_sent "
                              "$sent_http_content_length $request_method $connection_requests"),
         }) {
      if (auto format = LogFormat::parse(text)) out.push_back(std::move(*format));
    }
    return out;
  }();
  return kFormats;
}

// nginx's `combined`, and what people append to it.
std::optional<Evidence> read_combined(std::string_view line) {
  const auto open = line.find(" [");
  const auto close = line.find("] \"");
  if (open == line.npos || close == line.npos || close < open) return std::nullopt;
  const auto time = parse_log_time(line.substr(open + 2));
  if (!time) return std::nullopt;
  Evidence e;
  e.source = Source::nginx_access;
  e.time = time;
  auto head = line.substr(0, open);
  // syslog's and containers' prefixes end in a space, the address is followed by " - USER".
  head = head.substr(0, head.find(" - "));
  head.remove_prefix(head.find_last_of(' ') + 1);
  e.client = without_port(head);
  line.remove_prefix(close + 3);
  const auto request = line.substr(0, line.find("\" "));
  if (request.size() == line.size()) return std::nullopt;
  take_request(e, request);
  line.remove_prefix(request.size() + 2);
  take_variable(e, "status", line.substr(0, line.find(' ')));
  if (!e.status) return std::nullopt;
  line.remove_prefix(std::min(line.find(' ') + 1, line.size()));
  take_variable(e, "body_bytes_sent", line.substr(0, line.find(' ')));
  take_pairs(e, line);
  finish(e);
  return e;
}

// `"GET / HTTP/1.1" status=502 …`, or pairs alone.
std::optional<Evidence> read_pairs(std::string_view line) {
  Evidence e;
  e.source = Source::nginx_access;
  if (line.starts_with('"')) {
    const auto end = line.find("\" ", 1);
    if (end == line.npos) return std::nullopt;
    take_request(e, line.substr(1, end - 1));
    line.remove_prefix(end + 2);
  }
  if (!take_pairs(e, line) || (!e.status && !e.upstream_logged)) return std::nullopt;
  finish(e);
  return e;
}

}  // namespace

std::optional<Evidence> read_nginx_access(std::string_view line) {
  for (const LogFormat& format : usual_formats()) {
    if (auto e = format.read(line)) return e;
  }
  if (auto e = read_combined(line)) return e;
  return read_pairs(line);
}

}  // namespace badgate::harness::evidence
