// Answer: what a healthy backend answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/time.h"

namespace badgate::fault_backends {

// What a backend speaks.
enum class Protocol { http, fastcgi };

// The answer of a healthy backend.
struct Answer {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::uint64_t body_bytes = 100;  // a repeating pattern, the same in every run
  std::string body;                // in place of the pattern, if not empty
  bool echo = false;               // the body is the request's body
  enum class Framing { length, chunked, close };
  // If not given: `length`; with FastCGI `close`, as PHP tells no length.
  std::optional<Framing> framing;
  std::size_t chunk_bytes = 4096;
  net::Duration service_time{};  // between the request and the response
  double service_sigma = 0;      // > 0: lognormal around service_time, from the seed
  bool keepalive = true;         // keeps the connection when the request allows it
};

}  // namespace badgate::fault_backends
