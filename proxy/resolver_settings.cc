#include "proxy/resolver_settings.h"

#include <fmt/core.h>

#include "net/text.h"

namespace badgate::proxy {
namespace {

constexpr std::string_view kDefaultPort = ":53";

bool is_loopback(const net::Address& address) {
  return address.host().starts_with("127.") || address.host() == "[::1]";
}

net::Result<void> add_server(ResolverSettings& into, std::string_view word) {
  const auto colon = word.rfind(':');
  const bool has_port = colon != word.npos && (word.front() != '[' || word[colon - 1] == ']');
  const auto address = net::Address::parse(
      has_port ? std::string(word) : std::string(word) + std::string(kDefaultPort));
  if (!address) {
    return net::fail(fmt::format(
        "\"{}\" is not the address of a name server; write it as 127.0.0.1:5353", word));
  }
  if (address->is_unix() || !is_loopback(*address)) {
    return net::fail(
        fmt::format("\"{}\" is not a loopback address, and badgate asks nobody else", word));
  }
  if (address->port() == 0) return net::fail(fmt::format("invalid port in resolver \"{}\"", word));
  into.servers.push_back(*address);
  return {};
}

net::Result<void> set_family(bool& into, std::string_view word, std::string_view value) {
  const auto flag = net::parse_flag(value);
  if (!flag) return net::fail(fmt::format("invalid parameter: {}", word));
  into = *flag;
  return {};
}

net::Result<void> take_word(ResolverSettings& into, std::string_view word) {
  if (word.starts_with("valid=")) {
    const auto time = net::parse_duration(word.substr(6));
    if (!time || *time % std::chrono::seconds(1) != net::Duration::zero())
      return net::fail(fmt::format("invalid parameter: {}", word));
    into.valid = *time;
    return {};
  }
  if (word.starts_with("ipv6=")) return set_family(into.ipv6, word, word.substr(5));
  if (word.starts_with("ipv4=")) into.ipv4_word = std::string(word);
  if (word.starts_with("ipv4=")) return set_family(into.ipv4, word, word.substr(5));
  return add_server(into, word);
}

}  // namespace

net::Result<ResolverSettings> parse_resolver(std::string_view text) {
  ResolverSettings settings;
  while (true) {
    const auto begin = text.find_first_not_of(' ');
    if (begin == text.npos) break;
    text.remove_prefix(begin);
    const auto word = text.substr(0, text.find(' '));
    if (auto ok = take_word(settings, word); !ok) return tl::unexpected(ok.error());
    text.remove_prefix(word.size());
  }
  if (settings.servers.empty()) return net::fail("no name servers defined");
  if (!settings.ipv4 && !settings.ipv6)
    return net::fail("\"ipv4\" and \"ipv6\" cannot both be \"off\"");
  return settings;
}

}  // namespace badgate::proxy
