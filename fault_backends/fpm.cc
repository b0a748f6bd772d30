// The family `fpm`: what befalls a PHP-FPM, `fpm = { … }`, and the scripts in it.
#include <fmt/core.h>

#include <array>
#include <csignal>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "fault_backends/fpm_script.h"
#include "fault_backends/presets.h"
#include "fault_backends/response.h"

namespace badgate::fault_backends {
namespace {

using PointKind = Point::Kind;

// `at`: bytes of the body that still come, for who writes a real script that does the same.
std::vector<Fault> altered(std::function<void(Response&)> how, std::uint64_t at = 0) {
  Action action{.kind = Action::Kind::alter, .bytes = at};
  action.alter = [how = std::move(how)](Response& response, net::Rng&) { how(response); };
  return {{.point = {PointKind::request_read}, .action = std::move(action)}};
}

// ---- children and master

net::Result<void> apply_where(FaultValues& into, std::string_view text) {
  if (text == "request") {
    into.from = PointKind::request_read;
  } else if (text == "header") {
    into.from = PointKind::header_sent;
  } else if (text == "body") {
    into.from = PointKind::body_bytes;
  } else {
    return net::fail(fmt::format("\"{}\" is not request, header or body", text));
  }
  return {};
}

constexpr std::array kChild{
    FaultField{"where", "request | header | body", "request",
               "before it answers, behind the header, within the body", &apply_where},
    size_field<&FaultValues::at>("at", "20", "bytes of the body that still come"),
    time_field<&FaultValues::delay>("delay", "0", "how long it works before"),
};

template <int Signal>
std::vector<Fault> child(const FaultValues& v) {
  const auto kind = v.from.value_or(PointKind::request_read);
  const Point point{kind, kind == PointKind::body_bytes ? v.at.value_or(20) : 0};
  Action action{.kind = Action::Kind::child_dies, .bytes = Signal};
  action.time = v.delay.value_or(net::Duration{});
  return {{.point = point, .action = std::move(action)}};
}

std::vector<Fault> master(const FaultValues&) {
  return {{.point = {PointKind::request_read}, .action = {.kind = Action::Kind::master_dies}}};
}

// ---- scripts

constexpr std::string_view kUndefined = "Uncaught Error: Call to undefined function render()";

std::string thrown(const Response& r) {
  const auto& script = r.asked.script.empty() ? "/srv/app/index.php" : r.asked.script;
  return fmt::format("{} in {}:3\nStack trace:\n#0 {{main}}\n  thrown", kUndefined, script);
}

std::vector<Fault> fatal(const FaultValues&) {
  return altered([](Response& r) { end_fatally(r, thrown(r)); });
}

constexpr std::array kAfterOutput{
    size_field<&FaultValues::at>("at", "20", "bytes of the body that still come"),
};

std::vector<Fault> fatal_after_output(const FaultValues& v) {
  const auto at = v.at.value_or(20);
  return altered([at](Response& r) { end_fatally_after(r, thrown(r), at); }, at);
}

constexpr std::array kMemory{
    amount_field<&FaultValues::memory_limit>("memory_limit", "128m", "php.ini's"),
    size_field<&FaultValues::at>("at", "",
                                 "bytes of the body that still come; before any if not given"),
};

std::vector<Fault> memory(const FaultValues& v) {
  const auto limit = v.memory_limit.value_or(128 * 1024 * 1024);
  auto words = fmt::format(
      "Allowed memory size of {} bytes exhausted (tried to allocate 20480 bytes)", limit);
  return altered(
      [words = std::move(words), at = v.at](Response& r) {
        at ? end_fatally_after(r, words, *at) : end_fatally(r, words);
      },
      v.at.value_or(0));
}

std::vector<Fault> script_unknown(const FaultValues&) {
  return altered([](Response& r) {
    r.set_status(404);
    r.set_body("File not found.\n");
    r.records.err = "Primary script unknown";
  });
}

std::vector<Fault> access_denied(const FaultValues&) {
  return altered([](Response& r) {
    r.set_status(403);
    r.set_body("Access denied.\n");
    r.records.err =
        fmt::format("Access to the script '{}' has been denied (see security.limit_extensions)",
                    r.asked.script);
  });
}

constexpr auto kPresets = std::to_array<FaultPreset>({
    {"fpm", "child-crashes", "the child dies of SIGSEGV, and the master starts another", kChild,
     "G3", &child<SIGSEGV>},
    {"fpm", "child-killed", "the child is killed (SIGKILL), as by the kernel when memory is short",
     kChild, "G3 O3", &child<SIGKILL>},
    {"fpm",
     "master-killed",
     "the master is killed at a request: the children work on, and nobody replaces them",
     {},
     "G1 G3",
     &master},
    {"fpm",
     "fatal-error",
     "an error that nobody catches, before any output: 500",
     {},
     "G7",
     &fatal},
    {"fpm", "fatal-error-after-output", "the same when the header and a part of the body are out",
     kAfterOutput, "G7 F11", &fatal_after_output},
    {"fpm", "memory-limit", "the script takes more than memory_limit: 500", kMemory, "G7", &memory},
    {"fpm", "script-unknown", "\"Primary script unknown\": 404", {}, "G8", &script_unknown},
    {"fpm",
     "access-denied",
     "the script's extension is not in security.limit_extensions: 403",
     {},
     "G8",
     &access_denied},
});

}  // namespace

std::span<const FaultPreset> fpm_presets() {
  return kPresets;
}

}  // namespace badgate::fault_backends
