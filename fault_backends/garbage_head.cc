// Garbage in the head of a response: status lines and header lines, each with what nginx makes of
// it (facts of 1.22 and 1.31: a bad status line is passed on raw as HTTP/0.9, a bad header line is
// 502).
#include <fmt/core.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "fault_backends/garbage_parts.h"

namespace badgate::fault_backends::garbage {
namespace {

using namespace std::string_view_literals;

// ---- status lines

constexpr std::array kThen{then_field("close", "what it does after the response")};

// Where no status line is seen there is no length either: only the end of the connection ends it.
std::vector<Fault> no_status_line(std::string line, const FaultValues& v) {
  return altered([line = std::move(line), ending = v.then.value_or(Ending::close)](Response& r) {
    r.status_line = line;
    r.ending = ending;
  });
}

std::vector<Fault> before_status_line(std::string bytes, const FaultValues& v) {
  return altered([bytes = std::move(bytes), ending = v.then.value_or(Ending::close)](Response& r) {
    r.before = bytes;
    r.ending = ending;
  });
}

std::vector<Fault> odd_status_line(std::string line) {
  return altered([line = std::move(line)](Response& r) { r.status_line = line; });
}

#define BADGATE_BUILD(expression) \
  [](const FaultValues& v) -> std::vector<Fault> { return static_cast<void>(v), (expression); }

constexpr auto kStatusPresets = std::to_array<FaultPreset>({
    {"garbage", "http2-status-line", "\"HTTP/2 200\": a version without a minor number", kThen,
     "E2", BADGATE_BUILD(no_status_line("HTTP/2 200", v))},
    {"garbage", "status-lower-case", "\"http/1.1 200 OK\"", kThen, "E2",
     BADGATE_BUILD(no_status_line("http/1.1 200 OK", v))},
    {"garbage", "status-two-digits", "\"HTTP/1.1 20 OK\"", kThen, "E2",
     BADGATE_BUILD(no_status_line("HTTP/1.1 20 OK", v))},
    {"garbage", "status-four-digits", "\"HTTP/1.1 2000 OK\"", kThen, "E2",
     BADGATE_BUILD(no_status_line("HTTP/1.1 2000 OK", v))},
    {"garbage", "status-not-a-number", "\"HTTP/1.1 2x0 OK\"", kThen, "E2",
     BADGATE_BUILD(no_status_line("HTTP/1.1 2x0 OK", v))},
    {"garbage", "status-tab", "a tab in front of the status", kThen, "E2",
     BADGATE_BUILD(no_status_line("HTTP/1.1\t200 OK", v))},
    {"garbage", "status-leading-space", "a space in front of the status line", kThen, "E2",
     BADGATE_BUILD(before_status_line(" ", v))},
    {"garbage", "status-leading-crlf", "an empty line in front of the status line", kThen, "E2",
     BADGATE_BUILD(before_status_line("\r\n", v))},
    {"garbage",
     "status-000",
     "\"HTTP/1.1 000 Zero\"",
     {},
     "E12",
     BADGATE_BUILD(odd_status_line("HTTP/1.1 000 Zero"))},
    {"garbage",
     "status-099",
     "\"HTTP/1.1 099 Low\"",
     {},
     "E12",
     BADGATE_BUILD(odd_status_line("HTTP/1.1 099 Low"))},
    {"garbage",
     "status-600",
     "\"HTTP/1.1 600 High\"",
     {},
     "E12",
     BADGATE_BUILD(odd_status_line("HTTP/1.1 600 High"))},
    {"garbage",
     "status-999",
     "\"HTTP/1.1 999 Highest\"",
     {},
     "E12",
     BADGATE_BUILD(odd_status_line("HTTP/1.1 999 Highest"))},
    {"garbage",
     "status-version-3",
     "\"HTTP/3.0 200 OK\"",
     {},
     "E12",
     BADGATE_BUILD(odd_status_line("HTTP/3.0 200 OK"))},
    {"garbage",
     "status-version-11",
     "\"HTTP/11.1 200 OK\"",
     {},
     "E12",
     BADGATE_BUILD(odd_status_line("HTTP/11.1 200 OK"))},
    {"garbage",
     "status-no-reason",
     "\"HTTP/1.1 200\" without a space behind",
     {},
     "E12",
     BADGATE_BUILD(odd_status_line("HTTP/1.1 200"))},
    {"garbage",
     "bare-lf",
     "lines that end with LF only",
     {},
     "E13",
     BADGATE_BUILD(altered([](Response& r) { r.line_end = "\n"; }))},
});

// ---- header lines: the odd one is the first

std::vector<Fault> first_line(std::string_view line) {
  return altered(
      [line = std::string(line)](Response& r) { r.lines.insert(r.lines.begin(), line); });
}

std::vector<Fault> last_line(std::string_view line) {
  return altered([line = std::string(line)](Response& r) { r.lines.push_back(line); });
}

constexpr std::array kTooBig{
    amount_field<&FaultValues::size>("size", "64k", "bytes of the whole head, if it can be made"),
};

// One long header line, so that the head has exactly that size.
std::vector<Fault> too_big(const FaultValues& v) {
  return altered([size = v.size.value_or(64 * 1024)](Response& r) {
    constexpr std::string_view name = "X-Padding: ";
    const auto least = r.head().size() + name.size() + r.line_end.size();
    const auto padding = size > least ? static_cast<std::size_t>(size - least) : 0;
    r.lines.push_back(std::string(name) + std::string(padding, 'x'));
  });
}

net::Result<void> apply_name(FaultValues& into, std::string_view text) {
  constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  if (text.empty() || text.find_first_not_of(allowed) != std::string_view::npos) {
    return net::fail(fmt::format("\"{}\" is not a header name", text));
  }
  into.name = std::string(text);
  return {};
}

constexpr std::array kDuplicate{
    FaultField{"name", "header name", "Server", "which header comes twice", &apply_name},
};

std::vector<Fault> duplicate(const FaultValues& v) {
  return altered([name = v.name.empty() ? "Server" : v.name](Response& r) {
    r.set_header(name, "first");
    r.lines.push_back(name + ": second");
  });
}

constexpr auto kHeaderPresets = std::to_array<FaultPreset>({
    {"garbage", "header-too-big", "a head larger than the proxy's buffer", kTooBig, "E1", &too_big},
    {"garbage",
     "header-no-colon",
     "a header line without a colon",
     {},
     "E3",
     BADGATE_BUILD(first_line("garbage"))},
    {"garbage",
     "header-space-in-name",
     "a space in a header name",
     {},
     "E3",
     BADGATE_BUILD(first_line("Bad Name: value"))},
    {"garbage",
     "header-space-before-colon",
     "a space between a header name and its colon",
     {},
     "E3",
     BADGATE_BUILD(first_line("Bad-Name : value"))},
    {"garbage",
     "header-tab-in-name",
     "a tab in a header name",
     {},
     "E3",
     BADGATE_BUILD(first_line("Bad\tName: value"))},
    {"garbage",
     "header-nul-in-name",
     "a NUL byte in a header name",
     {},
     "E3",
     BADGATE_BUILD(first_line("Bad\0Name: value"sv))},
    {"garbage",
     "header-control-in-name",
     "a control byte in a header name",
     {},
     "E3",
     BADGATE_BUILD(first_line("Bad\x01Name: value"))},
    {"garbage",
     "header-empty-name",
     "a header line that begins with its colon",
     {},
     "E3",
     BADGATE_BUILD(first_line(": value"))},
    {"garbage",
     "header-folded",
     "a header line that begins with a space",
     {},
     "E3",
     BADGATE_BUILD(first_line(" folded: value"))},
    {"garbage",
     "header-nul",
     "a NUL byte in a header value",
     {},
     "E3",
     BADGATE_BUILD(last_line("X-Bad: va\0lue"sv))},
    {"garbage",
     "header-bare-cr",
     "a CR in the middle of a header value",
     {},
     "E3",
     BADGATE_BUILD(last_line("X-Bad: va\rlue"))},
    {"garbage",
     "header-control",
     "a control byte in a header value",
     {},
     "E3",
     BADGATE_BUILD(last_line("X-Bad: va\x01lue"))},
    {"garbage",
     "header-not-ascii",
     "bytes above 127 in a header value",
     {},
     "E3",
     BADGATE_BUILD(last_line("X-Bad: v\xe4l\xfc\x65"))},
    {"garbage", "header-duplicate", "a header twice that may come only once", kDuplicate, "E5",
     &duplicate},
});

#undef BADGATE_BUILD

}  // namespace

std::span<const FaultPreset> head_presets() {
  static const std::vector<FaultPreset> all = [] {
    std::vector<FaultPreset> presets(kStatusPresets.begin(), kStatusPresets.end());
    presets.insert(presets.end(), kHeaderPresets.begin(), kHeaderPresets.end());
    return presets;
  }();
  return all;
}

}  // namespace badgate::fault_backends::garbage
