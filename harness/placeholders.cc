#include "harness/placeholders.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>

namespace badgate::harness {
namespace {

constexpr std::string_view kPort = ".port";

// "app[0]" or "db"; other braces belong to the text.
bool looks_like_server(std::string_view text) {
  return !text.empty() && text.size() <= 80 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 ||
                  std::string_view("_-.[]").find(static_cast<char>(c)) != std::string_view::npos;
         });
}

// The next "{name}" in `text` from `at` on: what stands between the braces; empty: none.
std::string_view next_placeholder(std::string_view text, std::size_t& at) {
  while ((at = text.find('{', at)) != std::string_view::npos) {
    const auto end = text.find('}', at);
    if (end == std::string_view::npos) break;
    const auto inside = text.substr(at + 1, end - at - 1);
    if (looks_like_server(inside)) return inside;
    ++at;
  }
  return {};
}

std::string_view name_of(std::string_view placeholder) {
  if (placeholder.ends_with(kPort)) placeholder.remove_suffix(kPort.size());
  return placeholder;
}

}  // namespace

std::vector<std::string> placeholders_in(std::string_view text) {
  std::vector<std::string> names;
  std::size_t at = 0;
  for (auto inside = next_placeholder(text, at); !inside.empty();
       inside = next_placeholder(text, at)) {
    names.emplace_back(name_of(inside));
    ++at;
  }
  return names;
}

std::string fill_placeholders(std::string_view text, const AddressOf& address_of) {
  std::string out;
  std::size_t done = 0;
  std::size_t at = 0;
  for (auto inside = next_placeholder(text, at); !inside.empty();
       inside = next_placeholder(text, at)) {
    const auto address = address_of(name_of(inside));
    const std::size_t end = at + inside.size() + 2;
    if (address) {
      out += text.substr(done, at - done);
      out += inside.ends_with(kPort) ? std::to_string(address->port()) : address->to_string();
      done = end;
    }
    at = end;
  }
  return out + std::string(text.substr(done));
}

DirectiveBlock fill_placeholders(DirectiveBlock block, const AddressOf& address_of) {
  for (auto& [name, value] : block.directives)
    value = fill_placeholders(value, address_of);
  for (DirectiveBlock& child : block.blocks)
    child = fill_placeholders(std::move(child), address_of);
  return block;
}

std::optional<net::Address> any_address(std::string_view) {
  return net::Address::loopback(1);
}

std::optional<net::Address> loopback_host(std::string_view text) {
  const bool bare6 = text.find(':') != text.npos && !text.starts_with('[');
  const auto address =
      net::Address::parse(bare6 ? fmt::format("[{}]:0", text) : fmt::format("{}:0", text));
  if (!address || address->is_unix()) return std::nullopt;
  const auto host = address->host();
  if (!host.starts_with("127.") && host != "[::1]") return std::nullopt;
  return *address;
}

proxy::Hosts hosts_of(const DnsRecords& records, const AddressOf& address_of) {
  proxy::Hosts hosts;
  for (const auto& [name, targets] : records) {
    auto& addresses = hosts[name];
    for (const auto& target : targets) {
      auto address = loopback_host(target);
      if (!address) address = address_of(target);
      if (address) addresses.push_back(*address);
    }
  }
  return hosts;
}

}  // namespace badgate::harness
