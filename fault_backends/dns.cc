// The family `dns`: a name server that answers wrongly, late or not at all. Only a [dns.NAME] can
// have these.
#include <array>
#include <vector>

#include "fault_backends/dns_server.h"
#include "fault_backends/presets.h"

namespace badgate::fault_backends {
namespace {

constexpr std::array kType{
    record_type_field("only queries for these records; all if not given"),
};

constexpr std::array kSlow{
    pace_field<&FaultValues::delay>("delay", "3s", "how late it answers"),
    record_type_field("only queries for these records; all if not given"),
};

std::vector<Fault> at_query(const FaultValues& v, Action action) {
  return {{.point = {Point::Kind::query, v.record_type}, .action = std::move(action)}};
}

template <std::uint16_t Code>
std::vector<Fault> code(const FaultValues& v) {
  return at_query(v, {.kind = Action::Kind::alter, .alter_reply = [](DnsReply& reply) {
                        reply.code = Code;
                        reply.answers.clear();
                      }});
}

std::vector<Fault> truncated(const FaultValues& v) {
  return at_query(v, {.kind = Action::Kind::alter,
                      .alter_reply = [](DnsReply& reply) { reply.truncated = true; }});
}

std::vector<Fault> malformed(const FaultValues& v) {
  return at_query(v, {.kind = Action::Kind::alter,
                      .alter_reply = [](DnsReply& reply) { reply.cut_off = true; }});
}

std::vector<Fault> wrong_id(const FaultValues& v) {
  return at_query(v, {.kind = Action::Kind::alter, .alter_reply = [](DnsReply& reply) {
                        reply.id = static_cast<std::uint16_t>(~reply.id);
                      }});
}

std::vector<Fault> silent(const FaultValues& v) {
  return at_query(v, {.kind = Action::Kind::stall});
}

std::vector<Fault> slow(const FaultValues& v) {
  return at_query(v,
                  {.kind = Action::Kind::delay, .time = v.delay.value_or(std::chrono::seconds(3))});
}

std::vector<Fault> down(const FaultValues&) {
  return {{.point = {Point::Kind::listen}, .action = {.kind = Action::Kind::refuse}}};
}

namespace dns = net::dns;

constexpr std::array<FaultPreset, 12> kPresets{{
    {"dns", "nxdomain", "there is no such name", kType, "H3", &code<dns::host_not_found>},
    {"dns", "empty", "the name has no address", kType, "H3", &code<dns::no_error>},
    {"dns", "servfail", "it cannot find out", kType, "H4", &code<dns::server_failure>},
    {"dns", "refused", "it does not answer this client", kType, "H5", &code<dns::refused>},
    {"dns", "notimp", "it does not know such queries", kType, "H5", &code<dns::unimplemented>},
    {"dns", "formerr", "it does not understand the query", kType, "H7", &code<dns::format_error>},
    {"dns", "silent", "it never answers", kType, "H6", &silent},
    {"dns", "slow", "it answers late", kSlow, "H6", &slow},
    {"dns", "malformed", "its answer ends in the middle", kType, "H7", &malformed},
    {"dns", "wrong-id", "it answers another query", kType, "H7", &wrong_id},
    {"dns", "truncated", "its answer does not fit into a datagram", kType, "H6", &truncated},
    {"dns", "down", "nobody listens there", {}, "H6", &down},
}};

}  // namespace

std::span<const FaultPreset> dns_presets() {
  return kPresets;
}

}  // namespace badgate::fault_backends
