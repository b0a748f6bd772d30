// [dns.NAME]: the fake name servers of a scenario, and records wherever they stand.
#pragma once

#include <optional>

#include "harness/load/reader.h"
#include "harness/load/schema.h"
#include "harness/scenario.h"

namespace badgate::harness {

Keys<DnsSpec> dns_keys();

// All of them into scenario.dns, and the names that they know into scenario.proxy.hosts.
void read_dns(Reader& reader, const Node& node, Scenario& scenario);

// { "app.internal" = "app[0]" }, or a list of backends and loopback addresses for a name.
std::optional<DnsRecords> read_records(Reader& reader, const Node& node);

// Faults of name servers at other servers, and the other way round.
void check_dns_faults(Reader& reader, const Scenario& scenario);

}  // namespace badgate::harness
