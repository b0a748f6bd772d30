// Response: what will go on the wire, bytes and all, right or wrong. A healthy one is made from the
// Answer and the request; faults of the kind `alter` then change it as they like.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fault_backends/answer.h"
#include "fault_backends/fault.h"
#include "fault_backends/record_framer.h"

namespace badgate::fault_backends {

// What the response needs to know of its request.
struct Asked {
  std::string method = "GET";
  std::string uri = "/";
  Protocol protocol = Protocol::http;
  bool php = false;         // a PHP-FPM answers
  std::string script;       // SCRIPT_FILENAME, of FastCGI
  std::string script_name;  // SCRIPT_NAME, of FastCGI
  bool http10 = false;
  bool keepalive = true;
  std::string body;  // as much as was kept for an echo
  bool body_kept = true;
};

// How much of a request's body is kept to be echoed.
inline constexpr std::uint64_t kEchoLimit = 16 * 1024 * 1024;

struct Response {
  // One chunk's size line in place of the right one; its data follow.
  struct OddChunk {
    std::uint64_t number = 1;  // from 1
    std::string line;          // without line end
  };

  Asked asked;
  std::optional<std::string> raw;  // all of it, in place of everything below but `ending`
  std::string before;              // in front of the status line: interim responses, stray bytes
  std::string status_line;         // of HTTP, without line end; see first_line
  std::vector<std::string> lines;  // header lines without line ends: "Name: value"
  std::string line_end = "\r\n";   // of the status line and the header lines

  Answer::Framing framing = Answer::Framing::length;
  bool has_body = true;          // HEAD, 204 and 304 have none
  std::uint64_t body_bytes = 0;  // of the pattern
  std::string body;              // in place of the pattern, if not empty
  std::size_t chunk_bytes = 4096;
  std::optional<OddChunk> odd_chunk;
  bool last_chunk = true;
  std::optional<std::uint64_t> body_cut;  // after so many bytes of the body it is over
  std::string after;                      // behind the end of the response

  RecordShape records;  // of FastCGI

  Ending ending = Ending::keep;             // once it has been sent
  std::string cause = "Connection: close";  // why it ends so, for the receipt

  std::uint64_t body_size() const;

  // Header lines; names compare without regard to case.
  void set_header(std::string_view name, std::string_view value);  // in place of all of that name
  void remove_header(std::string_view name);
  // The status line "HTTP/1.1 404 Not Found", and whether there is a body with it.
  void set_status(int status);
  // Another body or framing: sets the lines that tell of it.
  void set_body(std::uint64_t pattern_bytes);
  void set_body(std::string text);
  void set_framing(Answer::Framing how);

  // The status line; with FastCGI "Status: 404 Not Found" in its place, and nothing for PHP's 200.
  std::string first_line() const;
  std::string head() const;  // with `before`, up to and with the empty line
};

// The answer of a healthy application.
Response make_response(const Answer& answer, Asked asked);

// A short answer of its own: a status with a sentence as its body.
Response make_error(int status, Asked asked);

}  // namespace badgate::fault_backends
