// FastCGI records (FastCGI Specification 1.0, sections 3 to 5): the constants, and records as
// bytes. No sockets, no time. fastcgi_request.h reads what a client of the protocol sends; what a
// server sends is read by proxy/fastcgi_upstream.h, as nginx reads it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace badgate::net::fastcgi {

inline constexpr std::uint8_t version_1 = 1;
inline constexpr std::size_t header_size = 8;
inline constexpr std::size_t max_content = 65535;  // bytes in one record

enum class Type : std::uint8_t {
  begin_request = 1,
  abort_request = 2,
  end_request = 3,
  params = 4,
  stdin_data = 5,
  stdout_data = 6,
  stderr_data = 7,
  data = 8,
  get_values = 9,
  get_values_result = 10,
  unknown_type = 11,
};

enum class Role : std::uint16_t { responder = 1, authorizer = 2, filter = 3 };

// In the body of BEGIN_REQUEST: the connection stays open behind the response.
inline constexpr std::uint8_t keep_conn = 1;

// In the body of END_REQUEST.
enum class ProtocolStatus : std::uint8_t {
  request_complete = 0,
  cant_mpx_conn = 1,
  overloaded = 2,
  unknown_role = 3,
};

struct Header {
  std::uint8_t version = version_1;
  std::uint8_t type = 0;
  std::uint16_t request_id = 1;
  std::uint16_t content_length = 0;
  std::uint8_t padding_length = 0;
};

// Nothing: fewer than header_size bytes. Whatever they are, they are a header: what may be in it is
// for the reader to judge.
std::optional<Header> parse_header(std::string_view bytes);
void append_header(std::string& out, const Header& header);

// A record with its content, at most max_content bytes of it, and with `padding` zeros.
void append_record(std::string& out, Type type, std::uint16_t request_id, std::string_view content,
                   std::uint8_t padding = 0);
// How many zeros fill the content up to a multiple of eight bytes, as nginx and php-fpm do.
constexpr std::uint8_t padding_of(std::size_t content_length) {
  return static_cast<std::uint8_t>((8 - content_length % 8) % 8);
}

void append_begin_request(std::string& out, std::uint16_t request_id, Role role,
                          std::uint8_t flags);
void append_end_request(std::string& out, std::uint16_t request_id, std::uint32_t app_status,
                        ProtocolStatus status);

// One name and its value, as they stand in a PARAMS record's content.
void append_param(std::string& out, std::string_view name, std::string_view value);

}  // namespace badgate::net::fastcgi
