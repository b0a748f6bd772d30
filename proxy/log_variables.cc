#include "proxy/log_variables.h"

#include <arpa/inet.h>
#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "net/rng.h"
#include "net/text.h"

namespace badgate::proxy {
namespace {

using Record = const AccessRecord&;
using Text = std::string_view;

bool put(std::string& out, Text value) {
  out += value;
  return true;
}
bool put(std::string& out, std::uint64_t value) {
  net::append_number(out, value);
  return true;
}
bool put_unless_empty(std::string& out, Text value) {
  out += value;
  return !value.empty();
}

bool same_header(Text name, Text asked) {
  return std::equal(name.begin(), name.end(), asked.begin(), asked.end(), [](char a, char b) {
    if (a >= 'A' && a <= 'Z') a = static_cast<char>(a + ('a' - 'A'));
    return (a == '-' ? '_' : a) == b;
  });
}

// ngx_http_variable_unknown_header and, for those that nginx has always joined,
// ngx_http_variable_headers.
bool put_header(std::string& out, const net::http1::HeaderList* headers, Text asked, bool joined) {
  bool found = false;
  if (headers == nullptr) return false;
  for (const auto& header : *headers) {
    if (header.dropped || !same_header(header.name, asked)) continue;
    if (found) out += asked == "cookie" ? "; " : ", ";
    out += header.value;
    found = true;
    if (!joined) break;
  }
  return found;
}

bool request_header(std::string& out, Record r, Text asked, bool joined) {
  joined = joined || asked == "cookie" || asked == "x_forwarded_for";
  return put_header(out, r.request_headers, asked, joined);
}

// ngx_http_proxy_add_x_forwarded_for_variable
bool add_x_forwarded_for(std::string& out, Record r, Text, bool) {
  if (put_header(out, r.request_headers, "x_forwarded_for", true)) out += ", ";
  return put(out, r.remote_addr);
}

// ngx_http_variable_binary_remote_addr
bool binary_remote_addr(std::string& out, Record r, Text, bool) {
  std::string address(r.remote_addr);
  std::erase_if(address, [](char c) { return c == '[' || c == ']'; });
  std::array<char, 16> bytes{};
  if (::inet_pton(AF_INET, address.c_str(), bytes.data()) == 1)
    return put(out, Text(bytes.data(), 4));
  if (::inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1)
    return put(out, Text(bytes.data(), 16));
  return put(out, r.remote_addr);
}

// ngx_http_arg
bool argument(std::string& out, Record r, Text asked, bool) {
  for (Text rest = r.args; !rest.empty();) {
    const auto end = std::min(rest.find('&'), rest.size());
    const auto pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (pair.size() > asked.size() && pair[asked.size()] == '=' &&
        net::http1::iequals(pair.substr(0, asked.size()), asked)) {
      return put(out, pair.substr(asked.size() + 1));
    }
  }
  return false;
}

// ngx_http_parse_multi_header_lines
bool cookie(std::string& out, Record r, Text asked, bool) {
  std::string cookies;
  if (!put_header(cookies, r.request_headers, "cookie", true)) return false;
  for (Text rest = cookies; !rest.empty();) {
    const auto end = std::min(rest.find_first_of(";,"), rest.size());
    auto pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
    const auto equals = pair.find('=');
    if (equals == pair.npos) continue;
    const auto name = pair.substr(0, equals);
    if (net::http1::iequals(name.substr(0, name.find(' ')), asked)) {
      const auto value = pair.substr(equals + 1);
      return put(out, value.substr(std::min(value.find_first_not_of(' '), value.size())));
    }
  }
  return false;
}

// 32 hexadecimal digits, the same whenever they are asked for in one request; nginx draws them.
bool request_id(std::string& out, Record r, Text, bool) {
  const auto begun = r.started.time_since_epoch().count();
  auto random = net::Rng(static_cast<std::uint64_t>(begun))
                    .stream(fmt::format("{} {}", r.connection, r.connection_requests));
  return put(out, fmt::format("{:016x}{:016x}", random.next(), random.next()));
}

bool response_header(std::string& out, Record r, Text asked, bool joined) {
  joined = joined || asked == "cache_control" || asked == "link";
  return put_header(out, r.response_headers, asked, joined);
}

bool put_states(std::string& out, Record r, std::string (*write)(const UpstreamStates&)) {
  if (r.upstream_states == nullptr || r.upstream_states->empty()) return false;
  return put(out, write(*r.upstream_states));
}

template <std::optional<net::Duration> UpstreamState::*which>
bool put_times(std::string& out, Record r, Text, bool) {
  return put_states(out, r, [](const UpstreamStates& s) { return upstream_time(s, which); });
}

template <std::uint64_t UpstreamState::*which>
bool put_bytes(std::string& out, Record r, Text, bool) {
  return put_states(out, r, [](const UpstreamStates& s) { return upstream_bytes(s, which); });
}

template <Text AccessRecord::*which>
bool put_text(std::string& out, Record r, Text, bool) {
  return put_unless_empty(out, r.*which);
}

template <std::uint64_t AccessRecord::*which>
bool put_number(std::string& out, Record r, Text, bool) {
  return put(out, r.*which);
}

bool put_time(std::string& out, Record r, const char* format) {
  const auto second = std::chrono::floor<std::chrono::seconds>(r.now);
  return put(out, fmt::format(fmt::runtime(format), second));
}

// A unix socket has no port: nginx's value is empty.
bool put_port(std::string& out, std::uint16_t port) {
  if (port != 0) put(out, std::uint64_t{port});
  return true;
}

struct Variable {
  Text name;
  LogGetter get;
};

constexpr std::array kVariables{
    Variable{"args", put_text<&AccessRecord::args>},
    Variable{"binary_remote_addr", binary_remote_addr},
    Variable{"body_bytes_sent",
             [](std::string& out, Record r, Text, bool) {
               return put(out, r.bytes_sent - std::min(r.bytes_sent, r.header_size));
             }},
    Variable{"bytes_sent", put_number<&AccessRecord::bytes_sent>},
    Variable{"connection", put_number<&AccessRecord::connection>},
    Variable{"connection_requests", put_number<&AccessRecord::connection_requests>},
    Variable{"content_length",
             [](std::string& out, Record r, Text, bool joined) {
               if (r.body_length) return put(out, *r.body_length);
               return request_header(out, r, "content_length", joined);
             }},
    Variable{"content_type",
             [](std::string& out, Record r, Text, bool joined) {
               return request_header(out, r, "content_type", joined);
             }},
    Variable{"document_root", put_text<&AccessRecord::document_root>},
    Variable{"document_uri", put_text<&AccessRecord::uri>},
    Variable{"fastcgi_path_info", put_text<&AccessRecord::fastcgi_path_info>},
    Variable{"fastcgi_script_name",
             [](std::string& out, Record r, Text, bool) {
               return put(out, r.fastcgi_script_name.empty() ? r.uri : r.fastcgi_script_name);
             }},
    Variable{"host", [](std::string& out, Record r, Text,
                        bool) { return put(out, r.host.empty() ? r.server_name : r.host); }},
    Variable{"https", [](std::string& out, Record r, Text,
                         bool) { return put(out, Text(r.ssl ? "on" : "")); }},
    Variable{"is_args", [](std::string& out, Record r, Text,
                           bool) { return put(out, Text(r.args.empty() ? "" : "?")); }},
    Variable{"msec", [](std::string& out, Record r, Text,
                        bool) { return put(out, net::format_seconds(r.now.time_since_epoch())); }},
    Variable{"nginx_version", put_text<&AccessRecord::nginx_version>},
    Variable{"pipe", [](std::string& out, Record r, Text,
                        bool) { return put(out, Text(r.pipelined ? "p" : ".")); }},
    Variable{"proxy_add_x_forwarded_for", add_x_forwarded_for},
    Variable{"proxy_host", put_text<&AccessRecord::proxy_host>},
    Variable{"query_string", put_text<&AccessRecord::args>},
    Variable{"remote_addr", put_text<&AccessRecord::remote_addr>},
    Variable{"remote_port",
             [](std::string& out, Record r, Text, bool) { return put_port(out, r.remote_port); }},
    // There is no authentication here, so there is never a user.
    Variable{"remote_user", [](std::string&, Record, Text, bool) { return false; }},
    Variable{"request", [](std::string& out, Record r, Text,
                           bool) { return r.request && put(out, *r.request); }},
    Variable{"request_completion", [](std::string& out, Record r, Text,
                                      bool) { return put(out, Text(r.complete ? "OK" : "")); }},
    Variable{"request_filename", [](std::string& out, Record r, Text,
                                    bool) { return put(out, r.document_root) && put(out, r.uri); }},
    Variable{"request_id", request_id},
    Variable{"request_length", put_number<&AccessRecord::request_length>},
    Variable{"request_method", put_text<&AccessRecord::method>},
    Variable{"request_time",
             [](std::string& out, Record r, Text, bool) {
               return put(out,
                          net::format_seconds(std::max(r.request_time, net::Duration::zero())));
             }},
    Variable{"request_uri", put_text<&AccessRecord::request_uri>},
    Variable{"scheme", [](std::string& out, Record r, Text,
                          bool) { return put(out, Text(r.ssl ? "https" : "http")); }},
    Variable{"server_addr", put_text<&AccessRecord::server_addr>},
    Variable{"server_name",
             [](std::string& out, Record r, Text, bool) { return put(out, r.server_name); }},
    Variable{"server_port",
             [](std::string& out, Record r, Text, bool) { return put_port(out, r.server_port); }},
    Variable{"server_protocol", put_text<&AccessRecord::protocol>},
    Variable{"status",
             [](std::string& out, Record r, Text, bool) {
               net::append_number(out, static_cast<std::uint64_t>(r.status), 3);
               return true;
             }},
    Variable{"time_iso8601", [](std::string& out, Record r, Text,
                                bool) { return put_time(out, r, "{:%Y-%m-%dT%H:%M:%S}+00:00"); }},
    Variable{"time_local", [](std::string& out, Record r, Text,
                              bool) { return put_time(out, r, "{:%d/%b/%Y:%H:%M:%S} +0000"); }},
    Variable{"upstream_addr", [](std::string& out, Record r, Text,
                                 bool) { return put_states(out, r, upstream_addr); }},
    Variable{"upstream_bytes_received", put_bytes<&UpstreamState::bytes_received>},
    Variable{"upstream_bytes_sent", put_bytes<&UpstreamState::bytes_sent>},
    Variable{"upstream_connect_time", put_times<&UpstreamState::connect_time>},
    Variable{"upstream_header_time", put_times<&UpstreamState::header_time>},
    Variable{"upstream_response_length", put_bytes<&UpstreamState::response_length>},
    Variable{"upstream_response_time", put_times<&UpstreamState::response_time>},
    Variable{"upstream_status", [](std::string& out, Record r, Text,
                                   bool) { return put_states(out, r, upstream_status); }},
    Variable{"uri", put_text<&AccessRecord::uri>},
};

// Those whose name goes on with the name of what is asked for.
constexpr std::array kPrefixed{
    Variable{"http_", request_header},
    Variable{"sent_http_", response_header},
    Variable{"arg_", argument},
    Variable{"cookie_", cookie},
};

}  // namespace

net::Result<LogVariable> find_log_variable(std::string_view name) {
  std::array<Text, kVariables.size()> names;
  for (std::size_t i = 0; i < kVariables.size(); ++i) {
    names[i] = kVariables[i].name;
    if (names[i] == name) return LogVariable{kVariables[i].get, {}};
  }
  for (const auto& [prefix, getter] : kPrefixed) {
    if (name.starts_with(prefix) && name != prefix)
      return LogVariable{getter, std::string(name.substr(prefix.size()))};
  }
  const auto near = net::nearest(name, names);
  if (near.empty()) return net::fail(fmt::format("unknown \"{}\" variable", name));
  return net::fail(fmt::format("unknown \"{}\" variable; did you mean \"${}\"?", name, near));
}

}  // namespace badgate::proxy
