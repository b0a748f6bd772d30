// The report of `badgate reproduce` for people at a terminal, and for scripts.
#pragma once

#include <string>

#include "harness/reproduce/search.h"
#include "harness/reproduce/write_up.h"

namespace badgate::harness::reproduce {

struct Told {
  std::string file;   // where it was written; empty: nowhere
  std::string proxy;  // "badgate's own proxy", "nginx 1.22.1"
  bool colour = false;
};

// What was found: the cause, how it ends for users, what helps, where the file is.
std::string report(const Found& found, const WrittenUp& written, const evidence::Evidence& line,
                   const Configured& configured, const Told& told);

// That nothing was: what differs, cause by cause.
std::string report_of_miss(const Found& found, const evidence::Evidence& line, const Told& told);

std::string report_json(const Found& found, const WrittenUp& written,
                        const evidence::Evidence& line, const Told& told);

}  // namespace badgate::harness::reproduce
