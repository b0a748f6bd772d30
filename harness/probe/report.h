// A probe's report, as people read it and as scripts do.
#pragma once

#include <string>

#include "harness/probe/verdict.h"

namespace badgate::harness::probe {

// Ends with a newline; at most about 100 columns.
std::string to_text(const Report& report, const Verdict& verdict, bool colour);
// One JSON object on several lines, with a newline.
std::string to_json(const Report& report, const Verdict& verdict);

// "41 days left", "expired 3 days ago", "not valid before 2027-01-01".
std::string validity(const net::CertificateFacts& certificate, net::WallTime now);

// "23.4 ms", "1.204 s".
std::string time_text(net::Duration time);

}  // namespace badgate::harness::probe
