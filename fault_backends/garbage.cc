// The family `garbage`: an answer that is not HTTP, or wrong HTTP. Here is what is not HTTP at all;
// garbage_head.cc and garbage_framing.cc have the rest.
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "fault_backends/garbage_parts.h"

namespace badgate::fault_backends {
namespace {

using namespace std::string_view_literals;

constexpr auto kThen = then_field("close", "what it does after these bytes");

constexpr std::array kRandom{
    amount_field<&FaultValues::size>("size", "100", "how many"),
    kThen,
};

std::vector<Fault> random(const FaultValues& v) {
  const auto size = static_cast<std::size_t>(v.size.value_or(100));
  const auto ending = v.then.value_or(Ending::close);
  Action action{.kind = Action::Kind::alter};
  action.alter = [size, ending](Response& response, net::Rng& rng) {
    response.raw = rng.bytes(size);
    response.ending = ending;
  };
  return {{.point = {Point::Kind::request_read}, .action = std::move(action)}};
}

constexpr std::array kBytes{
    data_field("what it sends; \\r, \\n, \\t, \\\\ and \\xNN stand for bytes"),
    kThen,
};

std::vector<Fault> bytes(const FaultValues& v) {
  Action action{.kind = Action::Kind::send, .data = v.data};
  action.ending = v.then.value_or(Ending::close);
  return {{.point = {Point::Kind::request_read}, .action = std::move(action)}};
}

constexpr std::array kRaw{kThen};

std::vector<Fault> raw(std::string_view text, FaultValues v) {
  v.data = text;
  return bytes(v);
}

// Alert, TLS 1.2, fatal, protocol_version (70): RFC 8446 section 6.
std::vector<Fault> tls_alert(const FaultValues& v) {
  return raw("\x15\x03\x03\x00\x02\x02\x46"sv, v);
}

std::vector<Fault> ssh_banner(const FaultValues& v) {
  return raw("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n", v);
}

std::vector<Fault> smtp(const FaultValues& v) {
  return raw("220 mail.example.com ESMTP Postfix\r\n", v);
}

// RFC 9113 section 3.4.
std::vector<Fault> http2_preface(const FaultValues& v) {
  return raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", v);
}

// An empty SETTINGS frame, RFC 9113 section 6.5: what an HTTP/2 server says first.
std::vector<Fault> http2_settings(const FaultValues& v) {
  return raw("\x00\x00\x00\x04\x00\x00\x00\x00\x00"sv, v);
}

// What a MySQL server greets with: packet length, number, protocol 10, version.
std::vector<Fault> mysql(const FaultValues& v) {
  return raw("\x0e\x00\x00\x00\x0a\x38.0.36\x00\x08\x00\x00\x00"sv, v);
}

constexpr std::array<FaultPreset, 8> kPresets{{
    {"garbage", "bytes", "exactly these bytes in place of a response", kBytes, "E2", &bytes},
    {"garbage", "random", "random bytes from the seed", kRandom, "E2", &random},
    {"garbage", "tls-alert", "a TLS alert: the port speaks TLS", kRaw, "B1 E2", &tls_alert},
    {"garbage", "ssh-banner", "the banner of an SSH server", kRaw, "A18 E2", &ssh_banner},
    {"garbage", "smtp", "the greeting of a mail server", kRaw, "A18 E2", &smtp},
    {"garbage", "mysql", "the greeting of a MySQL server", kRaw, "A18 E2", &mysql},
    {"garbage", "http2-preface", "the connection preface of HTTP/2", kRaw, "A18 E2",
     &http2_preface},
    {"garbage", "http2-settings", "a SETTINGS frame of HTTP/2", kRaw, "A18 E2", &http2_settings},
}};

}  // namespace

std::span<const FaultPreset> garbage_presets() {
  static const std::vector<FaultPreset> all = [] {
    std::vector<FaultPreset> presets(kPresets.begin(), kPresets.end());
    for (const auto part : {garbage::head_presets(), garbage::framing_presets()})
      presets.insert(presets.end(), part.begin(), part.end());
    return presets;
  }();
  return all;
}

}  // namespace badgate::fault_backends
