#include "proxy/directives.h"

#include <fmt/core.h>

#include <array>

#include "net/text.h"
#include "proxy/access_log.h"
#include "proxy/directive_values.h"
#include "proxy/error_log.h"
#include "proxy/versions.h"

namespace badgate::proxy {
namespace {

using net::Result;
using Text = std::string_view;

bool is_loopback(const net::Address& address) {
  return address.is_unix() || address.host().starts_with("127.") || address.host() == "[::1]";
}

// A bare port is one of 127.0.0.1: badgate is not for the network.
Result<void> add_listen(Settings& into, Text text) {
  const bool port_only = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
  const auto address =
      net::Address::parse(port_only ? fmt::format("127.0.0.1:{}", text) : std::string(text));
  if (!address || !is_loopback(*address)) {
    return net::fail(fmt::format(
        "\"{}\" is not a loopback address; write it as 127.0.0.1:8080, [::1]:8080 or unix:/path",
        text));
  }
  into.listen.push_back(*address);
  return {};
}

Result<void> set_proxy_pass(Settings& into, Text text) {
  constexpr Text prefix = "http://";
  const auto rest = text.substr(std::min(prefix.size(), text.size()));
  if (!text.starts_with(prefix) || rest.empty() || rest.front() == '/')
    return net::fail(fmt::format("invalid URL prefix in \"{}\"; expected http://UPSTREAM", text));
  return set_word<&Settings::proxy_pass>(into, text);
}

Result<void> set_next_upstream(Settings& into, Text text) {
  return store(into.proxy_next_upstream, parse_reasons(text));
}

Result<void> set_http_version(Settings& into, Text text) {
  if (text != "1.0" && text != "1.1")
    return net::fail(fmt::format("\"{}\" is not one of 1.0 or 1.1", text));
  into.proxy_http_version = std::string(text);
  return {};
}

Result<void> set_error_log_level(Settings& into, Text text) {
  return store(into.error_log_level, parse_level(text));
}

Result<void> set_log_format(Settings& into, Text text) {
  if (text.empty() || text.find_first_of("\r\n") != text.npos)
    return net::fail("expected a text of one line with $variables");
  const auto format = LogFormat::compile(text);
  if (!format) return tl::unexpected(format.error());
  into.log_format = std::string(text);
  return {};
}

Result<void> set_nginx_version(Settings& into, Text text) {
  constexpr int oldest = 1'022'000;
  constexpr int newest = 1'031'999;
  const auto number = version_number(text);
  if (!number) return net::fail(fmt::format("\"{}\" is not a version; write it as 1.28.0", text));
  if (*number < oldest || *number > newest) {
    return net::fail(
        fmt::format("\"{}\" is not a version that badgate knows: 1.22.0 to 1.31.x", text));
  }
  into.nginx_version = std::string(text);
  return {};
}

Result<void> set_weight(Server& into, Text text) {
  const auto weight = parse_count(text);
  if (!weight || *weight == 0)
    return net::fail(fmt::format("\"{}\" is no weight; expected 1 or more", text));
  into.weight = *weight;
  return {};
}

// nginx counts fail_timeout in whole seconds.
Result<void> set_fail_timeout(Server& into, Text text) {
  const auto time = parse_time(text);
  if (!time) return tl::unexpected(time.error());
  if (*time % std::chrono::seconds(1) != net::Duration::zero())
    return net::fail(fmt::format("\"{}\" is not a time in whole seconds; write it as 10s", text));
  into.fail_timeout = *time;
  return {};
}

using S = Settings;

constexpr std::array kSettings{
    net::Field<S>{"listen", "address", "", "Where the proxy listens; may be given several times.",
                  add_listen},
    net::Field<S>{"server_name", "name", "", "What the logs call \"server: …\".",
                  set_word<&S::server_name>},
    net::Field<S>{"proxy_pass", "http://UPSTREAM[/uri]", "",
                  "The upstream group, and what replaces the request's path.", set_proxy_pass},
    net::Field<S>{"proxy_connect_timeout", "time", "60s",
                  "How long connecting to a server may take.", set_time<&S::proxy_connect_timeout>},
    net::Field<S>{"proxy_send_timeout", "time", "60s",
                  "How long a server may accept nothing of the request.",
                  set_time<&S::proxy_send_timeout>},
    net::Field<S>{"proxy_read_timeout", "time", "60s",
                  "How long a server may take for the whole response header, and then between two "
                  "pieces of the body.",
                  set_time<&S::proxy_read_timeout>},
    net::Field<S>{"proxy_next_upstream",
                  "error | timeout | invalid_header | http_500 | http_502 | http_503 | http_504 | "
                  "http_403 | http_404 | http_429 | non_idempotent | off …",
                  "error timeout", "After which failures the next server is tried.",
                  set_next_upstream},
    net::Field<S>{"proxy_next_upstream_tries", "number", "0",
                  "How many attempts a request may make; 0: no limit.",
                  set_count<&S::proxy_next_upstream_tries>},
    net::Field<S>{"proxy_next_upstream_timeout", "time", "0",
                  "After how long no further attempt is begun; 0: no limit.",
                  set_time<&S::proxy_next_upstream_timeout>},
    net::Field<S>{"proxy_http_version", "1.0 | 1.1", "1.0 (1.1 since nginx 1.29.7)",
                  "The HTTP version that is spoken to servers.", set_http_version},
    net::Field<S>{
        "proxy_buffer_size", "size", "4k",
        "How long a response header may be; the first part of a response is read into it.",
        set_buffer_size<&S::proxy_buffer_size>},
    net::Field<S>{"proxy_buffers", "number size", "8 4k",
                  "Into what the body of a response is read.", set_buffers<&S::proxy_buffers>},
    net::Field<S>{"proxy_busy_buffers_size", "size", "8k",
                  "How much of a response may be on its way to the client while it is still read.",
                  set_buffer_size<&S::proxy_busy_buffers_size>},
    net::Field<S>{"proxy_buffering", "on | off", "on",
                  "Whether responses are read faster than the client takes them.",
                  set_flag<&S::proxy_buffering>},
    net::Field<S>{"proxy_request_buffering", "on | off", "on",
                  "Whether the whole request body is read before a server is asked.",
                  set_flag<&S::proxy_request_buffering>},
    net::Field<S>{"proxy_ignore_client_abort", "on | off", "off",
                  "Whether the server's work goes on when the client leaves.",
                  set_flag<&S::proxy_ignore_client_abort>},
    net::Field<S>{"proxy_max_temp_file_size", "size", "1g",
                  "How much of a response may wait for the client on disk; 0: nothing.",
                  set_size<&S::proxy_max_temp_file_size>},
    net::Field<S>{"proxy_temp_path", "path", "", "The folder for responses that wait on disk.",
                  set_word<&S::proxy_temp_path>},
    net::Field<S>{"client_header_buffer_size", "size", "1k",
                  "The first buffer for a request's head.",
                  set_buffer_size<&S::client_header_buffer_size>},
    net::Field<S>{"large_client_header_buffers", "number size", "4 8k",
                  "How many longer lines a request's head may have, and how long each.",
                  set_buffers<&S::large_client_header_buffers>},
    net::Field<S>{"client_body_buffer_size", "size", "8k",
                  "How much of a request body is kept in memory.",
                  set_buffer_size<&S::client_body_buffer_size>},
    net::Field<S>{"client_body_temp_path", "path", "", "The folder for larger request bodies.",
                  set_word<&S::client_body_temp_path>},
    net::Field<S>{"client_max_body_size", "size", "1m",
                  "From which size a request body is refused with 413; 0: never.",
                  set_size<&S::client_max_body_size>},
    net::Field<S>{"client_header_timeout", "time", "60s",
                  "How long a client may take for the whole request head.",
                  set_time<&S::client_header_timeout>},
    net::Field<S>{"client_body_timeout", "time", "60s",
                  "How long a client may send nothing of the request body.",
                  set_time<&S::client_body_timeout>},
    net::Field<S>{"send_timeout", "time", "60s",
                  "How long a client may accept nothing of the response.",
                  set_time<&S::send_timeout>},
    net::Field<S>{"keepalive_timeout", "time", "75s",
                  "How long a client's idle connection is kept; 0: not at all.",
                  set_time<&S::keepalive_timeout>},
    net::Field<S>{"keepalive_requests", "number", "1000",
                  "How many requests a client's connection may carry.",
                  set_count<&S::keepalive_requests>},
    net::Field<S>{"error_log_level", "debug | info | notice | warn | error | crit | alert | emerg",
                  "error",
                  "The least severe lines in the error log; nginx's second word of error_log.",
                  set_error_log_level},
    net::Field<S>{"log_format", "text", LogFormat::default_text(),
                  "An access-log line, with $variables.", set_log_format},
    net::Field<S>{"nginx_version", "X.Y.Z", "1.28.0",
                  "As which nginx the proxy behaves and introduces itself.", set_nginx_version},
};

constexpr std::array kUpstream{
    net::Field<Upstream>{"keepalive", "number", "0 (32 since nginx 1.29.7)",
                         "How many idle connections to its servers are kept; 0: none.",
                         set_count<&Upstream::keepalive>},
    net::Field<Upstream>{"keepalive_requests", "number", "1000",
                         "How many requests a kept connection may carry.",
                         set_count<&Upstream::keepalive_requests>},
    net::Field<Upstream>{"keepalive_time", "time", "1h", "How old a connection may be to be kept.",
                         set_time<&Upstream::keepalive_time>},
    net::Field<Upstream>{"keepalive_timeout", "time", "60s",
                         "How long a kept connection may be idle.",
                         set_time<&Upstream::keepalive_timeout>},
};

constexpr std::array kServer{
    net::Field<Server>{"weight", "number", "1", "Its share of the requests.", set_weight},
    net::Field<Server>{"max_conns", "number", "0",
                       "How many requests it may have at a time; 0: no limit.",
                       set_count<&Server::max_conns>},
    net::Field<Server>{"max_fails", "number", "1",
                       "After how many failures within fail_timeout it is left out; 0: never.",
                       set_count<&Server::max_fails>},
    net::Field<Server>{"fail_timeout", "time in whole seconds", "10s",
                       "In which time failures add up, and how long it is left out.",
                       set_fail_timeout},
    net::Field<Server>{"backup", "on | off", "off", "Asked only when the others are left out.",
                       set_flag<&Server::backup>},
    net::Field<Server>{"down", "on | off", "off", "Never asked.", set_flag<&Server::down>},
};

}  // namespace

std::span<const net::Field<Settings>> settings_fields() {
  return kSettings;
}
std::span<const net::Field<Upstream>> upstream_fields() {
  return kUpstream;
}
std::span<const net::Field<Server>> server_fields() {
  return kServer;
}

}  // namespace badgate::proxy
