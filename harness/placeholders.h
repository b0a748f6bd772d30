// Placeholders: "{app[0]}" and "{app[0].port}" in directives stand for the address of a server and
// for its port, which differ from run to run.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario.h"
#include "net/address.h"

namespace badgate::harness {

// The address of a server of this name, if there is one.
using AddressOf = std::function<std::optional<net::Address>(std::string_view name)>;

// The names between braces, without ".port". What cannot be a name is not among them.
std::vector<std::string> placeholders_in(std::string_view text);

// With addresses in place of the names that are known; other braces stay.
std::string fill_placeholders(std::string_view text, const AddressOf& address_of);
DirectiveBlock fill_placeholders(DirectiveBlock block, const AddressOf& address_of);

// For values that are looked at before a run: some address for every name.
std::optional<net::Address> any_address(std::string_view name);

// What records say in addresses; whom `address_of` does not know is left out.
proxy::Hosts hosts_of(const DnsRecords& records, const AddressOf& address_of);
// "127.0.0.2", "::1" or "[::1]", with port 0, if the text is a loopback address.
std::optional<net::Address> loopback_host(std::string_view text);

}  // namespace badgate::harness
