// The parts of lighttpd's driver that turn text into text: its configuration and the lines of its
// logs. lighttpd.cc is the driver.
#pragma once

#include <string>
#include <string_view>

#include "harness/drivers/external.h"

namespace badgate::harness::drivers {

// The whole configuration file. The Error has the code ENOTSUP: what of the settings lighttpd has
// nothing like.
net::Result<std::string> lighttpd_config(const Setup& setup, const Place& place, bool as_root);

// A line of the error log: "2026-11-22 22:36:06: (gw_backend.c.274) establishing …". The place in
// its source is the only number that it gives. What tells of starting and stopping is left out.
void lighttpd_error_line(std::string_view line, Recorder& recorder);

// A line of the access log, in the format of lighttpd_config. It does not tell of servers.
void lighttpd_access_line(std::string_view line, Recorder& recorder);

}  // namespace badgate::harness::drivers
