// What of a user's own haproxy.cfg may run beside fakes: what is known to run no program, to write
// nothing and to ask nobody. What is not known is left out: it may be of a newer HAProxy.
#pragma once

#include <cstddef>
#include <string_view>

#include "harness/haproxy_cfg/file.h"

namespace badgate::harness::own_config {

inline constexpr std::string_view no_file_here = "there is no such file here";
inline constexpr std::string_view fakes_speak_http1 =
    "the fakes speak HTTP/1.1, and nothing in front of it";

// Each of these says why it cannot be here; empty: it can. Files are not looked at.
std::string_view why_not_section(std::string_view kind);
std::string_view why_not_line(std::string_view section, const haproxy_cfg::Line& line);

// Whether a variable in it may be any number of words: "${NAME[*]}".
bool may_be_many(std::string_view word);

// A parameter of `server` or `default-server` at word `at`.
struct Parameter {
  std::string_view why;   // empty: it can be here
  std::size_t words = 1;  // that it has, its value included
  bool of_tls = false;    // it is for a server that speaks TLS
};
Parameter parameter_at(const haproxy_cfg::Line& line, std::size_t at);

}  // namespace badgate::harness::own_config
