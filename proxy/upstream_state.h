// UpstreamState: what is known of one attempt at an upstream server, and how the attempts of a
// request are written as $upstream_addr, $upstream_status and so on (ngx_http_upstream.c).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "net/time.h"

namespace badgate::proxy {

// One attempt at an upstream server (ngx_http_upstream_state_t).
struct UpstreamState {
  std::string peer;  // "127.0.0.1:81", "unix:/path", the group's name; empty: none was reached
  int status = 0;    // of the response, or of the failure; 0: "-"
  std::optional<net::Duration> connect_time;  // 0 on a kept connection; nothing: "-"
  std::optional<net::Duration> header_time;
  std::optional<net::Duration> response_time;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;   // header and body, as they came
  std::uint64_t response_length = 0;  // body bytes, without header and chunk heads
};

using UpstreamStates = std::vector<UpstreamState>;

// The attempts' values joined with ", ". A state without a peer that is not the first is nginx's
// mark of an internal redirect: it is written as " : " and its values are not.
std::string upstream_addr(const UpstreamStates& states);
std::string upstream_status(const UpstreamStates& states);
std::string upstream_time(const UpstreamStates& states,
                          std::optional<net::Duration> UpstreamState::*which);
std::string upstream_bytes(const UpstreamStates& states, std::uint64_t UpstreamState::*which);

}  // namespace badgate::proxy
