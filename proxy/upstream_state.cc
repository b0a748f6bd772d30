#include "proxy/upstream_state.h"

#include <algorithm>

#include "net/text.h"

namespace badgate::proxy {
namespace {

template <typename Append>
std::string join(const UpstreamStates& states, Append append) {
  std::string out;
  for (std::size_t i = 0; i < states.size(); ++i) {
    append(out, states[i]);
    if (i + 1 == states.size()) break;
    const bool redirect = states[i + 1].peer.empty();
    out += redirect ? " : " : ", ";
    if (redirect) ++i;
  }
  return out;
}

}  // namespace

std::string upstream_addr(const UpstreamStates& states) {
  return join(states, [](std::string& out, const UpstreamState& state) { out += state.peer; });
}

std::string upstream_status(const UpstreamStates& states) {
  return join(states, [](std::string& out, const UpstreamState& state) {
    out += state.status != 0 ? std::to_string(state.status) : "-";
  });
}

std::string upstream_time(const UpstreamStates& states,
                          std::optional<net::Duration> UpstreamState::*which) {
  return join(states, [which](std::string& out, const UpstreamState& state) {
    const auto time = state.*which;
    out += time ? net::format_seconds(std::max(*time, net::Duration::zero())) : "-";
  });
}

std::string upstream_bytes(const UpstreamStates& states, std::uint64_t UpstreamState::*which) {
  return join(states, [which](std::string& out, const UpstreamState& state) {
    out += std::to_string(state.*which);
  });
}

}  // namespace badgate::proxy
