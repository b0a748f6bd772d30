// The family `slow`: everything arrives, but late.
#include <algorithm>
#include <array>
#include <vector>

#include "fault_backends/presets.h"

namespace badgate::fault_backends {
namespace {

using namespace std::chrono_literals;
using PointKind = Point::Kind;
using ActionKind = Action::Kind;

// Small and fixed: how much a peer can send that is not read from does not depend on the kernel's
// tuning then.
constexpr std::uint64_t kReceiveBuffer = 16 * 1024;

constexpr auto kBuffer = amount_field<&FaultValues::size>(
    "receive_buffer", "16k", "SO_RCVBUF: what the kernel takes without being read");

net::SocketOptions small_buffer(const FaultValues& v) {
  constexpr std::uint64_t most = 1 << 30;
  return {.receive_buffer = static_cast<int>(std::min(v.size.value_or(kReceiveBuffer), most))};
}

// ---- reading

constexpr std::array kNeverReads{kBuffer};

std::vector<Fault> never_reads(const FaultValues& v) {
  return {{.point = {PointKind::request_bytes, 0},
           .action = {.kind = ActionKind::stall},
           .socket = small_buffer(v)}};
}

constexpr std::array kReadsSlowly{
    amount_field<&FaultValues::rate>("rate", "1k", "bytes a second"),
    kBuffer,
};

// Ten times a second, so that it is steady; below ten bytes a second, byte by byte.
Action paced(std::uint64_t rate) {
  Action drip{.kind = ActionKind::drip};
  drip.bytes = std::max<std::uint64_t>(rate / 10, 1);
  drip.time =
      net::Duration(1s) * static_cast<std::int64_t>(drip.bytes) / static_cast<std::int64_t>(rate);
  return drip;
}

std::vector<Fault> reads_slowly(const FaultValues& v) {
  return {{.point = {PointKind::request_bytes, 0},
           .action = paced(v.rate.value_or(1024)),
           .socket = small_buffer(v)}};
}

// ---- accepting

constexpr std::array kAcceptsLate{
    time_field<&FaultValues::delay>("delay", "30s", "how long a connection waits"),
};

std::vector<Fault> accepts_late(const FaultValues& v) {
  return {{.point = {PointKind::arrive},
           .action = {.kind = ActionKind::delay, .time = v.delay.value_or(30s)}}};
}

std::vector<Fault> never_accepts(const FaultValues&) {
  return {{.point = {PointKind::arrive}, .action = {.kind = ActionKind::stall}}};
}

// ---- answering

constexpr std::array kHeader{
    time_field<&FaultValues::delay>("delay", "75s", "how long the application works"),
    sigma_field("0", "more than 0: lognormal around `delay`, from the seed"),
};

std::vector<Fault> header(const FaultValues& v) {
  Action late{.kind = ActionKind::delay, .time = v.delay.value_or(75s)};
  late.sigma = v.sigma.value_or(0);
  return {{.point = {PointKind::request_read}, .action = late}};
}

constexpr std::array kHeaderStall{
    size_field<&FaultValues::at>("at", "10", "bytes of the header that still come"),
    time_field<&FaultValues::delay>("delay", "", "when it goes on; never, if not given"),
};

Action pause(const FaultValues& v) {
  if (v.delay) return {.kind = ActionKind::delay, .time = *v.delay};
  return {.kind = ActionKind::stall};
}

std::vector<Fault> header_stall(const FaultValues& v) {
  return {{.point = {PointKind::header_bytes, v.at.value_or(10)}, .action = pause(v)}};
}

constexpr std::array kDrip{
    amount_field<&FaultValues::bytes>("bytes", "1", "how many bytes come at a time"),
    pace_field<&FaultValues::every>("every", "1s", "how long it is until the next ones"),
};

Action drip(const FaultValues& v) {
  return {.kind = ActionKind::drip, .time = v.every.value_or(1s), .bytes = v.bytes.value_or(1)};
}

std::vector<Fault> header_drip(const FaultValues& v) {
  return {{.point = {PointKind::header_bytes, 0}, .action = drip(v)}};
}

constexpr std::array kBodyDrip{
    amount_field<&FaultValues::bytes>("bytes", "1", "how many bytes come at a time"),
    pace_field<&FaultValues::every>("every", "1s", "how long it is until the next ones"),
    size_field<&FaultValues::at>("at", "0", "bytes of the body that come at full speed before"),
};

std::vector<Fault> body_drip(const FaultValues& v) {
  return {{.point = {PointKind::body_bytes, v.at.value_or(0)}, .action = drip(v)}};
}

constexpr std::array kBodyStall{
    size_field<&FaultValues::at>("at", "20", "bytes of the body that still come"),
    time_field<&FaultValues::delay>("delay", "", "when it goes on; never, if not given"),
};

std::vector<Fault> body_stall(const FaultValues& v) {
  return {{.point = {PointKind::body_bytes, v.at.value_or(20)}, .action = pause(v)}};
}

constexpr std::array<FaultPreset, 9> kPresets{{
    {"slow", "header", "the application works for long before it answers", kHeader, "D1 K4 O1",
     &header},
    {"slow", "header-drip", "the header comes byte by byte", kDrip, "D5", &header_drip},
    {"slow", "header-stall", "the header begins and stops", kHeaderStall, "D4", &header_stall},
    {"slow", "body-drip", "the body comes byte by byte", kBodyDrip, "F16", &body_drip},
    {"slow", "body-stall", "the body begins and stops", kBodyStall, "F3", &body_stall},
    {"slow", "reads-slowly", "reads the request at a low rate", kReadsSlowly, "C2", &reads_slowly},
    {"slow", "never-reads", "accepts and reads nothing", kNeverReads, "C1", &never_reads},
    {"slow", "accepts-late", "leaves connections waiting before it accepts them", kAcceptsLate,
     "D7", &accepts_late},
    {"slow",
     "never-accepts",
     "stands still (a stopped process): the kernel alone connects",
     {},
     "D7 A3",
     &never_accepts},
}};

}  // namespace

std::span<const FaultPreset> slow_presets() {
  return kPresets;
}

}  // namespace badgate::fault_backends
