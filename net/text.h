// Values as nginx writes them in its configuration: "60s", "1m30s", "500ms", "8k", "on".
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "net/result.h"
#include "net/time.h"

namespace badgate::net {

// nginx's time (ngx_parse.c, ngx_parse_time): units y M w d h m s ms in falling order; a bare
// number means seconds. Errors say what was expected.
Result<Duration> parse_duration(std::string_view text);

// nginx's size in bytes (ngx_parse.c, ngx_parse_offset): suffix k, m or g, either case.
Result<std::uint64_t> parse_size(std::string_view text);

Result<std::uint64_t> parse_number(std::string_view text);
Result<bool> parse_flag(std::string_view text);     // on, off
Result<double> parse_ratio(std::string_view text);  // "0.5" or "50%"

// "60s", "1m30s", "1.5ms": the shortest exact form.
std::string format_duration(Duration d);

// The candidate that `name` was probably meant to be: the one with the fewest edits (insertions,
// deletions, changes, swaps of neighbours), if they are few for its length; else empty. The first
// of equals wins.
std::string_view nearest(std::string_view name, std::span<const std::string_view> candidates);

// "a, b, c".
std::string join(std::span<const std::string> parts, std::string_view separator);

// Decimal digits, with zeros in front up to `width`. For what is written for each request, where
// fmt costs several times as much.
void append_number(std::string& out, std::uint64_t value, std::size_t width = 0);

// Seconds with three decimals, as nginx's time variables: "60.000". Not negative.
std::string format_seconds(Duration d);

}  // namespace badgate::net
