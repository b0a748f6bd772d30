// The directives of a server that its locations do not have. Only directives.cc needs it.
#pragma once

#include <fmt/core.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "net/field.h"
#include "proxy/directive_values.h"
#include "proxy/server_names.h"
#include "proxy/settings.h"

namespace badgate::proxy {

inline bool is_loopback(const net::Address& address) {
  return address.is_unix() || address.host().starts_with("127.") || address.host() == "[::1]";
}

// A bare port is one of 127.0.0.1: badgate is not for the network.
inline net::Result<Listen> parse_listen(std::string_view words) {
  constexpr std::string_view ssl = " ssl";
  const bool with_ssl = words.ends_with(ssl);
  const auto text = words.substr(0, words.size() - (with_ssl ? ssl.size() : 0));
  const bool port_only = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
  const auto address =
      net::Address::parse(port_only ? fmt::format("127.0.0.1:{}", text) : std::string(text));
  if (!address || !is_loopback(*address)) {
    return net::fail(fmt::format(
        "\"{}\" is not a loopback address; write it as 127.0.0.1:8080, [::1]:8080 or unix:/path",
        text));
  }
  return Listen(*address, with_ssl);
}

template <typename T>
net::Result<void> set_listen(T& into, std::string_view text) {
  std::vector<Listen> listen;
  for (const auto line : lines_of(text)) {
    auto address = parse_listen(line);
    if (!address) return tl::unexpected(address.error());
    listen.push_back(*address);
  }
  if (listen.empty()) return net::fail("expected an address, not an empty text");
  into.listen = std::move(listen);
  return {};
}

// Names in one text, as they follow nginx's directive.
template <typename T>
net::Result<void> set_server_names(T& into, std::string_view text) {
  std::vector<std::string> names;
  for (const auto word : words_of(text)) {
    auto name = parse_server_name(word);
    if (!name) return tl::unexpected(name.error());
    names.push_back(std::move(*name));
  }
  if (names.empty()) return net::fail("expected a word, not an empty text");
  into.server_names = std::move(names);
  return {};
}

// T: a VirtualServer, or what is one among other things.
template <typename T>
inline constexpr std::array kServerFields{
    net::Field<T>{"listen", "address [ssl], or a list of them", "",
                  "Where the proxy listens, and whether it speaks TLS there; in scenarios the "
                  "address is the run's.",
                  set_listen<T>, true},
    net::Field<T>{"server_name", "name …", "",
                  "For which Hosts it is: a.example.com, *.example.com, www.example.*; the "
                  "first is what the logs call \"server: …\".",
                  set_server_names<T>},
    net::Field<T>{"client_header_buffer_size", "size", "1k",
                  "The first buffer for a request's head.",
                  set_buffer_size<&T::client_header_buffer_size>},
    net::Field<T>{"large_client_header_buffers", "number size", "4 8k",
                  "How many longer lines a request's head may have, and how long each.",
                  set_buffers<&T::large_client_header_buffers>},
    net::Field<T>{"client_header_timeout", "time", "60s",
                  "How long a client may take for the whole request head.",
                  set_time<&T::client_header_timeout>},
};

}  // namespace badgate::proxy
