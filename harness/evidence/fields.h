// Fields: the named values of an access log, whatever its form, and what of the Evidence they are.
// The names are nginx's variables; what people call them in JSON or behind "=" is known as well.
#pragma once

#include <optional>
#include <string_view>

#include "harness/evidence/evidence.h"

namespace badgate::harness::evidence {

// "$upstream_connect_time", "uct", "upstream.connect_time" → "upstream_connect_time"; empty: a name
// that says nothing of a failure.
std::string_view variable_of(std::string_view name);

// Takes `value`, as it was written, as that of nginx's variable `variable`. "-" and nothing are no
// value.
void take_variable(Evidence& evidence, std::string_view variable, std::string_view value);

// Whether the variable can have this value: numbers are numbers, addresses have no spaces. What a
// format was guessed by.
bool is_plausible(std::string_view variable, std::string_view value);

// "GET / HTTP/1.1" as method, uri and version; what is no request line is a uri.
void take_request(Evidence& evidence, std::string_view request);

// "10.0.0.1:1234" and "[::1]:1234" without the port.
std::string_view without_port(std::string_view address);

// "23/Nov/2026:04:15:25 +0000", "…:25.123", "2026-11-23T04:15:25.123+00:00", "1795407325.123".
std::optional<LogTime> parse_log_time(std::string_view text);

// After all fields were taken: what is left of the upstream's lists is put together.
void finish(Evidence& evidence);

}  // namespace badgate::harness::evidence
