// The directives that proxy_pass and fastcgi_pass both have, each with its own prefix. Only
// directives.cc needs it.
#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "net/field.h"
#include "net/http1_message.h"
#include "net/text.h"
#include "proxy/directive_values.h"
#include "proxy/settings.h"

namespace badgate::proxy {

// A piece of a directive's name, for template arguments.
template <std::size_t size>
struct Word {
  char text[size]{};
  consteval Word(const char (&literal)[size]) { std::copy_n(literal, size, text); }
};

template <Word prefix, Word name>
inline constexpr auto kSpelled = [] {
  std::array<char, sizeof prefix.text + sizeof name.text - 2> out{};
  const auto end = std::copy_n(prefix.text, sizeof prefix.text - 1, out.begin());
  std::copy_n(name.text, sizeof name.text - 1, end);
  return out;
}();

// "proxy_" and "read_timeout": "proxy_read_timeout".
template <Word prefix, Word name>
constexpr std::string_view spelled() {
  return {kSpelled<prefix, name>.data(), kSpelled<prefix, name>.size()};
}

// What `set` does to that part of a T.
template <typename T, PassSettings Location::*member, auto set>
net::Result<void> in(T& into, std::string_view text) {
  return set(into.*member, text);
}

// What servers of FastCGI say is not what gateways say (ngx_http_fastcgi_next_upstream_masks).
template <Word prefix>
inline constexpr bool kHasGateways = spelled<prefix, "pass">() == "proxy_pass";

template <bool gateways>
net::Result<void> set_next_upstream(PassSettings& into, std::string_view text) {
  if constexpr (!gateways) {
    for (const auto word : words_of(text)) {
      if (word == "http_502" || word == "http_504")
        return net::fail(fmt::format("invalid value \"{}\"", word));
    }
  }
  return store(into.next_upstream, parse_reasons(text));
}

inline net::Result<void> set_ignored_headers(PassSettings& into, std::string_view text) {
  constexpr std::array<std::string_view, 9> known{
      "X-Accel-Redirect",  "X-Accel-Expires", "X-Accel-Limit-Rate",
      "X-Accel-Buffering", "X-Accel-Charset", "Expires",
      "Cache-Control",     "Set-Cookie",      "Vary"};
  std::vector<std::string> names;
  for (const auto word : words_of(text)) {
    const auto same = [word](std::string_view name) { return net::http1::iequals(name, word); };
    const auto found = std::find_if(known.begin(), known.end(), same);
    if (found == known.end()) {
      const auto near = net::nearest(word, known);
      return net::fail(
          fmt::format("invalid value \"{}\"{}", word,
                      near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near)));
    }
    names.emplace_back(*found);
  }
  into.ignore_headers = std::move(names);
  return {};
}

inline net::Result<void> set_bind(PassSettings& into, std::string_view text) {
  if (text == "off") {
    into.bind.reset();
    return {};
  }
  auto address = net::Address::parse(fmt::format("{}:0", text));
  if (!address || address->is_unix())
    return net::fail(fmt::format("invalid address \"{}\"; write 127.0.0.1 or [::1]", text));
  into.bind = std::move(*address);
  return {};
}

// T: a Location, or what is one among other things.
template <typename T, PassSettings Location::*member, Word prefix>
inline constexpr std::array kPassFields{
    net::Field<T>{spelled<prefix, "bind">(), "address | off", "off",
                  "The own address from which servers are connected to.", in<T, member, set_bind>},
    net::Field<T>{spelled<prefix, "connect_timeout">(), "time", "60s",
                  "How long connecting to a server may take.",
                  in<T, member, set_time<&PassSettings::connect_timeout, PassSettings>>},
    net::Field<T>{spelled<prefix, "send_timeout">(), "time", "60s",
                  "How long a server may accept nothing of the request.",
                  in<T, member, set_time<&PassSettings::send_timeout, PassSettings>>},
    net::Field<T>{spelled<prefix, "read_timeout">(), "time", "60s",
                  "How long a server may take for the whole response header, and then between two "
                  "pieces of the body.",
                  in<T, member, set_time<&PassSettings::read_timeout, PassSettings>>},
    net::Field<T>{spelled<prefix, "next_upstream">(),
                  kHasGateways<prefix>
                      ? "error | timeout | invalid_header | http_500 | http_502 | http_503 | "
                        "http_504 | http_403 | http_404 | http_429 | non_idempotent | off …"
                      : "error | timeout | invalid_header | http_500 | http_503 | http_403 | "
                        "http_404 | http_429 | non_idempotent | off …",
                  "error timeout", "After which failures the next server is tried.",
                  in<T, member, set_next_upstream<kHasGateways<prefix>>>},
    net::Field<T>{spelled<prefix, "next_upstream_tries">(), "number", "0",
                  "How many attempts a request may make; 0: no limit.",
                  in<T, member, set_count<&PassSettings::next_upstream_tries, PassSettings>>},
    net::Field<T>{spelled<prefix, "next_upstream_timeout">(), "time", "0",
                  "After how long no further attempt is begun; 0: no limit.",
                  in<T, member, set_time<&PassSettings::next_upstream_timeout, PassSettings>>},
    net::Field<T>{
        spelled<prefix, "buffer_size">(), "size", "4k",
        "How long a response header may be; the first part of a response is read into it.",
        in<T, member, set_buffer_size<&PassSettings::buffer_size, PassSettings>>},
    net::Field<T>{spelled<prefix, "buffers">(), "number size", "8 4k",
                  "Into what the body of a response is read.",
                  in<T, member, set_buffers<&PassSettings::buffers, PassSettings>>},
    net::Field<T>{spelled<prefix, "busy_buffers_size">(), "size", "8k",
                  "How much of a response may be on its way to the client while it is still read.",
                  in<T, member, set_buffer_size<&PassSettings::busy_buffers_size, PassSettings>>},
    net::Field<T>{spelled<prefix, "buffering">(), "on | off", "on",
                  "Whether responses are read faster than the client takes them.",
                  in<T, member, set_flag<&PassSettings::buffering, PassSettings>>},
    net::Field<T>{spelled<prefix, "request_buffering">(), "on | off", "on",
                  "Whether the whole request body is read before a server is asked.",
                  in<T, member, set_flag<&PassSettings::request_buffering, PassSettings>>},
    net::Field<T>{spelled<prefix, "ignore_client_abort">(), "on | off", "off",
                  "Whether the server's work goes on when the client leaves.",
                  in<T, member, set_flag<&PassSettings::ignore_client_abort, PassSettings>>},
    net::Field<T>{spelled<prefix, "max_temp_file_size">(), "size", "1g",
                  "How much of a response may wait for the client on disk; 0: nothing.",
                  in<T, member, set_size<&PassSettings::max_temp_file_size, PassSettings>>},
    net::Field<T>{spelled<prefix, "temp_path">(), "path", "",
                  "The folder for responses that wait on disk.",
                  in<T, member, set_word<&PassSettings::temp_path, PassSettings>>},
    net::Field<T>{spelled<prefix, "pass_request_headers">(), "on | off", "on",
                  "Whether servers get the client's headers.",
                  in<T, member, set_flag<&PassSettings::pass_request_headers, PassSettings>>},
    net::Field<T>{spelled<prefix, "pass_request_body">(), "on | off", "on",
                  "Whether servers get the client's body.",
                  in<T, member, set_flag<&PassSettings::pass_request_body, PassSettings>>},
    net::Field<T>{spelled<prefix, "hide_header">(), "name, or a list of them", "",
                  "A header of servers that clients do not get.",
                  in<T, member, set_names<&PassSettings::hide_header, PassSettings>>, true},
    net::Field<T>{spelled<prefix, "pass_header">(), "name, or a list of them", "",
                  "A header of servers that clients get although nginx would hide it.",
                  in<T, member, set_names<&PassSettings::pass_header, PassSettings>>, true},
    net::Field<T>{spelled<prefix, "ignore_headers">(),
                  "X-Accel-Redirect | X-Accel-Expires | X-Accel-Limit-Rate | X-Accel-Buffering | "
                  "X-Accel-Charset | Expires | Cache-Control | Set-Cookie | Vary …",
                  "", "Headers of servers that have no effect.",
                  in<T, member, set_ignored_headers>},
    net::Field<T>{spelled<prefix, "intercept_errors">(), "on | off", "off",
                  "Whether error_page counts for responses of servers, too.",
                  in<T, member, set_flag<&PassSettings::intercept_errors, PassSettings>>},
};

}  // namespace badgate::proxy
