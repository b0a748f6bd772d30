// When two lines of a log are the same line: what a reproduction must say again, and what is of
// one machine and one moment alone.
//
// Set aside are the time, the process, the number of the connection, the client, addresses and
// ports, temporary files and numbers of DNS queries. Everything else must be equal.
#pragma once

#include <string>
#include <vector>

#include "harness/evidence/evidence.h"

namespace badgate::harness::reproduce {

struct Difference {
  std::string what;  // "message", "host"
  std::string wanted;
  std::string got;
};

// Of two lines of nginx's error log, or of HAProxy's HTTP log: there the termination state, the
// status, the stage that was reached and whether a server was chosen. Empty: they are the same. A
// part that `wanted` lost because its line was cut is not compared.
std::vector<Difference> differences(const evidence::Evidence& wanted,
                                    const evidence::Evidence& got);

// How much of `wanted` a line has, to choose the nearest of several: the message counts most.
int likeness(const evidence::Evidence& wanted, const evidence::Evidence& got);

// What badgate can never make equal and therefore sets aside, in words: "the client's HTTP/2.0
// (badgate's clients speak HTTP/1.1)".
std::vector<std::string> set_aside(const evidence::Evidence& wanted);

// How a request ended on HAProxy: "sH 504, connected, no response, a server".
std::string end_in_words(const evidence::Evidence& line);

// The message with everything replaced that is of one run alone.
std::string timeless(std::string message);

// Whether the name stands for a group of servers, not for an address.
bool is_group_name(const std::string& upstream_address);

}  // namespace badgate::harness::reproduce
