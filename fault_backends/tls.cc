// The family `tls`: a TLS connection that breaks. These strike where the proxy speaks TLS, whether
// or not the backend could: what it says of itself (`tls = { … }`) begins after them.
#include <array>
#include <vector>

#include "fault_backends/presets.h"
#include "fault_backends/response.h"

namespace badgate::fault_backends {
namespace {

using PointKind = Point::Kind;
using ActionKind = Action::Kind;

std::vector<Fault> in_handshake(Action action) {
  return {{.point = {PointKind::handshake}, .action = std::move(action)}};
}

std::vector<Fault> stall(const FaultValues&) {
  return in_handshake({.kind = ActionKind::stall});
}

constexpr std::array kSlow{
    pace_field<&FaultValues::delay>("delay", "5s", "how late it answers"),
};

std::vector<Fault> slow(const FaultValues& v) {
  Action action{.kind = ActionKind::delay};
  action.time = v.delay.value_or(std::chrono::seconds(5));
  return in_handshake(std::move(action));
}

// The ClientHello has been announced, not read: a FIN is sent only if it is read first.
std::vector<Fault> close(const FaultValues&) {
  return in_handshake({.kind = ActionKind::drain});
}

std::vector<Fault> reset(const FaultValues&) {
  return in_handshake({.kind = ActionKind::reset});
}

constexpr std::array kAlert{
    FaultField{"number", "number", "40",
               "which: 40 handshake failure, 48 unknown CA, 70 protocol version, 80 internal "
               "error, 112 unrecognized name, 116 certificate required",
               &detail::store<&FaultValues::number, detail::parse_alert>},
};

// RFC 8446 section 6: record type 21, TLS 1.2, two bytes: fatal, and which.
std::vector<Fault> alert(const FaultValues& v) {
  Action action{.kind = ActionKind::send, .data = std::string("\x15\x03\x03\x00\x02\x02", 6)};
  action.data += static_cast<char>(v.number.value_or(40));
  action.ending = Ending::drain;
  return in_handshake(std::move(action));
}

// What nginx says to a request that it cannot read; most servers say something like it.
std::vector<Fault> plain_answer(const FaultValues&) {
  const auto response = make_error(400, {.keepalive = false});
  Action action{.kind = ActionKind::send, .data = response.head() + response.body};
  action.ending = Ending::drain;
  return in_handshake(std::move(action));
}

// As a server that is spoken to with STARTTLS greets.
constexpr std::array kSpeaksFirst{
    time_field<&FaultValues::delay>("delay", "0", "how long after it has accepted"),
};

std::vector<Fault> speaks_first(const FaultValues& v) {
  Action greeting{.kind = ActionKind::send, .data = "220 mail.example.com ESMTP Postfix\r\n"};
  greeting.ending = Ending::drain;
  std::vector<Fault> faults;
  if (v.delay) {
    Action pause{.kind = ActionKind::delay};
    pause.time = *v.delay;
    faults.push_back({.point = {PointKind::accept}, .action = std::move(pause)});
  }
  faults.push_back({.point = {PointKind::accept}, .action = std::move(greeting)});
  return faults;
}

constexpr std::array kNoCloseNotify{
    size_field<&FaultValues::at>("at", "20", "bytes of the body that still come"),
};

std::vector<Fault> no_close_notify(const FaultValues& v) {
  return {
      {.point = {PointKind::body_bytes, v.at.value_or(20)}, .action = {.kind = ActionKind::close}}};
}

constexpr std::array<FaultPreset, 8> kPresets{{
    {"tls",
     "stall",
     "never answers the ClientHello, as a plain server that waits for a request",
     {},
     "B3 B4",
     &stall},
    {"tls", "slow", "answers the ClientHello late", kSlow, "B4", &slow},
    {"tls", "close", "closes the connection in the handshake", {}, "B5", &close},
    {"tls", "reset", "resets the connection in the handshake", {}, "B6", &reset},
    {"tls", "alert", "refuses the handshake with an alert", kAlert, "B7 B8 B12", &alert},
    {"tls",
     "plain-answer",
     "answers the ClientHello in plain HTTP: the port speaks no TLS",
     {},
     "B2",
     &plain_answer},
    {"tls", "speaks-first", "greets in plain text before the handshake", kSpeaksFirst, "B15",
     &speaks_first},
    {"tls", "no-close-notify", "ends within the body without TLS's word for the end",
     kNoCloseNotify, "B14", &no_close_notify},
}};

}  // namespace

std::span<const FaultPreset> tls_presets() {
  return kPresets;
}

}  // namespace badgate::fault_backends
