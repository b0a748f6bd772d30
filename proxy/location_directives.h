// The directives of a location, of which every context above has the same. Only directives.cc needs
// it.
#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/field.h"
#include "net/http1_message.h"
#include "net/text.h"
#include "proxy/directive_values.h"
#include "proxy/error_log.h"
#include "proxy/flow_directives.h"
#include "proxy/proxy_pass.h"
#include "proxy/settings.h"

namespace badgate::proxy {

template <typename T>
net::Result<void> set_proxy_pass(T& into, std::string_view text) {
  if (text.find('$') == text.npos) {
    if (const auto pass = parse_proxy_pass(text); !pass) {
      const bool prefix = pass.error().message.starts_with("invalid URL prefix");
      return net::fail(pass.error().message +
                       (prefix ? "; expected http://UPSTREAM or https://UPSTREAM" : ""));
    }
  }
  auto ok = set_word<&T::proxy_pass>(into, text);
  if (ok) into.fastcgi_pass.clear();
  return ok;
}

template <typename T>
net::Result<void> set_resolver(T& into, std::string_view text) {
  return store(into.resolver, parse_resolver(text));
}

// Lines of "$name value" (ngx_http_rewrite_set).
template <typename T>
net::Result<void> set_variables(T& into, std::string_view text) {
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto space = line.find(' ');
    const auto name = line.substr(0, space);
    if (name.size() < 2 || name.front() != '$')
      return net::fail(fmt::format("invalid variable name \"{}\"", name));
    if (space == line.npos)
      return net::fail("invalid number of arguments in \"set\" directive; expected $name value");
    into.set.push_back({std::string(name.substr(1)), std::string(line.substr(space + 1))});
  }
  return {};
}

template <typename T>
net::Result<void> set_http_version(T& into, std::string_view text) {
  if (text != "1.0" && text != "1.1")
    return net::fail(fmt::format("\"{}\" is not one of 1.0 or 1.1", text));
  into.proxy_http_version = std::string(text);
  return {};
}

// T: a Location, or what is one among other things.
template <typename T>
inline constexpr std::array kLocationFields{
    net::Field<T>{
        "proxy_pass", "http[s]://UPSTREAM[/uri]", "",
        "The upstream group, an ADDRESS:PORT or a host's name and port, and what replaces "
        "the request's path. With $variables it is worked out for each request.",
        set_proxy_pass<T>},
    net::Field<T>{"resolver", "address … [valid=time] [ipv4=off] [ipv6=off]", "",
                  "The name servers for names in a proxy_pass with variables.", set_resolver<T>},
    net::Field<T>{"resolver_timeout", "time", "30s", "How long a name may take to be resolved.",
                  set_time<&T::resolver_timeout>},
    net::Field<T>{"set", "$name value", "", "A variable of one's own, for proxy_pass.",
                  set_variables<T>, true},
    net::Field<T>{"proxy_http_version", "1.0 | 1.1", "1.0 (1.1 since nginx 1.29.7)",
                  "The HTTP version that is spoken to servers.", set_http_version<T>},
    net::Field<T>{"proxy_method", "method", "", "The method of requests to servers.",
                  set_word<&T::proxy_method>},
    net::Field<T>{"proxy_set_header", "name value, or a list of them", "",
                  "A header that servers get, its value with $variables; \"\" takes it away.",
                  set_headers<&T::proxy_set_header>, true},
    net::Field<T>{
        "add_header", "name value [always], or a list of them", "",
        "A header that clients get, unless the response is an error: always for that, too.",
        add_headers<&T::add_header>, true},
    net::Field<T>{"error_page", "status … [=[status]] URI, or a list of them", "",
                  "Where requests that end with the status go on: a location's path, @name, or "
                  "another site.",
                  set_parsed<&T::error_page, parse_error_pages>, true},
    net::Field<T>{"recursive_error_pages", "on | off", "off",
                  "Whether error_page counts again where error_page has led.",
                  set_flag<&T::recursive_error_pages>},
    net::Field<T>{"limit_req",
                  "zone=name [burst=number] [nodelay | delay=number], or a list of them", "",
                  "How many requests may come above the rate of the zone.",
                  set_parsed<&T::limit_req, parse_limit_req>, true},
    net::Field<T>{"limit_req_status", "status", "503", "What refused requests get.",
                  set_parsed<&T::limit_req_status, parse_refusal_status>},
    net::Field<T>{"limit_req_log_level", "info | notice | warn | error", "error",
                  "How severe a refusal is; a delay is one level less.",
                  set_parsed<&T::limit_req_log_level, parse_level>},
    net::Field<T>{"limit_conn", "zone number, or a list of them", "",
                  "How many requests may be worked on at a time.",
                  set_parsed<&T::limit_conn, parse_limit_conn>, true},
    net::Field<T>{"limit_conn_status", "status", "503", "What refused requests get.",
                  set_parsed<&T::limit_conn_status, parse_refusal_status>},
    net::Field<T>{"limit_conn_log_level", "info | notice | warn | error", "error",
                  "How severe a refusal is.", set_parsed<&T::limit_conn_log_level, parse_level>},
    net::Field<T>{"client_body_buffer_size", "size", "8k",
                  "How much of a request body is kept in memory.",
                  set_buffer_size<&T::client_body_buffer_size>},
    net::Field<T>{"client_body_temp_path", "path", "", "The folder for larger request bodies.",
                  set_word<&T::client_body_temp_path>},
    net::Field<T>{"client_max_body_size", "size", "1m",
                  "From which size a request body is refused with 413; 0: never.",
                  set_size<&T::client_max_body_size>},
    net::Field<T>{"client_body_timeout", "time", "60s",
                  "How long a client may send nothing of the request body.",
                  set_time<&T::client_body_timeout>},
    net::Field<T>{"send_timeout", "time", "60s",
                  "How long a client may accept nothing of the response.",
                  set_time<&T::send_timeout>},
    net::Field<T>{"keepalive_timeout", "time", "75s",
                  "How long a client's idle connection is kept; 0: not at all.",
                  set_time<&T::keepalive_timeout>},
    net::Field<T>{"keepalive_requests", "number", "1000",
                  "How many requests a client's connection may carry.",
                  set_count<&T::keepalive_requests>},
};

// What a location alone may say.
inline constexpr std::array kLocationOnly{
    net::Field<Location>{"internal", "on | off", "off",
                         "Whether only redirects inside of the proxy lead here; nginx's `internal` "
                         "has no value.",
                         set_flag<&Location::internal>},
    net::Field<Location>{"return", "status [text | URL]", "",
                         "The answer, without asking a server.",
                         set_parsed<&Location::returned, parse_return>},
};

}  // namespace badgate::proxy
