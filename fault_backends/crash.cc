// The family `crash`: the connection, or the whole process, ends where it should not.
#include <array>
#include <vector>

#include "fault_backends/presets.h"
#include "fault_backends/response.h"

namespace badgate::fault_backends {
namespace {

using PointKind = Point::Kind;
using ActionKind = Action::Kind;

constexpr auto kHow =
    how_field("", "FIN or RST; if not given as the kernel does: RST if there are unread bytes");

// Bytes of the request may be left in the kernel, with FastCGI always the empty STDIN; they would
// turn a FIN into a RST. Where the user wants the FIN, they are read and thrown away.
Action broken(const FaultValues& v) {
  if (v.how == Ending::reset) return {.kind = ActionKind::reset};
  if (v.how == Ending::close) return {.kind = ActionKind::drain};
  return {.kind = ActionKind::close};
}

std::vector<Fault> at(Point point, Action action) {
  return {{.point = point, .action = std::move(action)}};
}

// ---- before the response

constexpr std::array kOnAccept{how_field("RST", "how it ends")};

std::vector<Fault> on_accept(const FaultValues& v) {
  if (!v.how) return at({PointKind::accept}, {.kind = ActionKind::reset});
  return at({PointKind::accept}, broken(v));
}

constexpr std::array kPlain{kHow};

std::vector<Fault> before_request(const FaultValues& v) {
  return at({PointKind::request_bytes, 0}, broken(v));
}

constexpr std::array kMidRequest{
    size_field<&FaultValues::at>("at", "20", "bytes of the request that are still read"),
    kHow,
};

std::vector<Fault> mid_request(const FaultValues& v) {
  return at({PointKind::request_bytes, v.at.value_or(20)}, broken(v));
}

std::vector<Fault> after_request(const FaultValues& v) {
  return at({PointKind::request_read}, broken(v));
}

constexpr std::array kNthRequest{
    ordinal_field<&FaultValues::number>("number", "2", "which of all its requests, from 1"),
    kHow,
};

std::vector<Fault> nth_request(const FaultValues& v) {
  auto faults = after_request(v);
  faults.front().schedule.after = v.number.value_or(2) - 1;
  faults.front().schedule.times = 1;
  return faults;
}

// ---- in the response

constexpr std::array kMidHeader{
    size_field<&FaultValues::at>("at", "20", "bytes of the header that still come"),
    kHow,
};

std::vector<Fault> mid_header(const FaultValues& v) {
  return at({PointKind::header_bytes, v.at.value_or(20)}, broken(v));
}

std::vector<Fault> after_header(const FaultValues& v) {
  return at({PointKind::header_sent}, broken(v));
}

constexpr std::array kMidBody{
    size_field<&FaultValues::at>("at", "20", "bytes of the body that still come"),
    kHow,
};

std::vector<Fault> mid_body(const FaultValues& v) {
  return at({PointKind::body_bytes, v.at.value_or(20)}, broken(v));
}

// One fault, not a chunked body and a crash: the two must strike the same requests.
std::vector<Fault> mid_chunk(const FaultValues& v) {
  const auto cut = v.at.value_or(20);
  const auto ending = v.how.value_or(Ending::close);
  Action action{.kind = ActionKind::alter};
  action.alter = [cut, ending](Response& response, net::Rng&) {
    response.set_framing(Answer::Framing::chunked);
    response.body_cut = cut;
    response.ending = ending;
  };
  return at({PointKind::request_read}, std::move(action));
}

// ---- the process

constexpr std::array kProcess{
    time_field<&FaultValues::restart_after>("restart_after", "0",
                                            "when it is started again; 0: never"),
};

std::vector<Fault> process(const FaultValues& v) {
  Action action{.kind = ActionKind::exit};
  action.time = v.restart_after.value_or(net::Duration{});
  return at({PointKind::request_read}, std::move(action));
}

constexpr std::array kProcessMidBody{
    size_field<&FaultValues::at>("at", "20", "bytes of the body that still come"),
    time_field<&FaultValues::restart_after>("restart_after", "0",
                                            "when it is started again; 0: never"),
};

std::vector<Fault> process_mid_body(const FaultValues& v) {
  auto faults = process(v);
  faults.front().point = {PointKind::body_bytes, v.at.value_or(20)};
  return faults;
}

constexpr std::array<FaultPreset, 11> kPresets{{
    {"crash", "on-accept", "accepts the connection and breaks it at once", kOnAccept, "A17",
     &on_accept},
    {"crash", "before-request", "breaks the connection when a request comes, without reading it",
     kPlain, "D3 C5", &before_request},
    {"crash", "mid-request", "breaks the connection while the request is read", kMidRequest,
     "C5 C6", &mid_request},
    {"crash", "after-request", "breaks the connection instead of answering", kPlain, "D2 D3",
     &after_request},
    {"crash", "nth-request", "answers until the Nth request comes", kNthRequest, "D2 K5",
     &nth_request},
    {"crash", "mid-header", "breaks the connection within the header", kMidHeader, "D4",
     &mid_header},
    {"crash", "after-header", "sends the header and breaks the connection", kPlain, "F4",
     &after_header},
    {"crash", "mid-body", "breaks the connection within the body", kMidBody, "F1 F2 F11 F12",
     &mid_body},
    {"crash", "mid-chunk", "breaks the connection within a chunk", kMidBody, "F7", &mid_chunk},
    {"crash", "process", "the whole process is gone at a request: port and every connection",
     kProcess, "O2 O3", &process},
    {"crash", "process-mid-body", "the whole process is gone in the middle of a response",
     kProcessMidBody, "F1 O3", &process_mid_body},
}};

}  // namespace

std::span<const FaultPreset> crash_presets() {
  return kPresets;
}

}  // namespace badgate::fault_backends
