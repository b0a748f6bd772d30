// Serialising heads and chunks, appended to a string.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "net/http1_message.h"

namespace badgate::net::http1 {

inline constexpr std::string_view crlf = "\r\n";
inline constexpr std::string_view last_chunk = "0\r\n\r\n";  // without trailers

// "GET /path HTTP/1.1\r\n"; 1.1 unless `version` is version_10.
void append_request_line(std::string& out, std::string_view method, std::string_view uri,
                         int version = version_11);
// "HTTP/1.1 200 OK\r\n" of "200 OK".
void append_status_line(std::string& out, std::string_view status_line, int version = version_11);
void append_header(std::string& out, std::string_view name, std::string_view value);
void append_header(std::string& out, std::string_view name, std::uint64_t value);
// All but the dropped ones; the empty line that ends a head is the caller's to add (`crlf`).
void append_headers(std::string& out, const HeaderList& headers);

// Whole heads, with the empty line.
std::string request_head(std::string_view method, std::string_view uri, const HeaderList& headers,
                         int version = version_11);
std::string response_head(std::string_view status_line, const HeaderList& headers,
                          int version = version_11);

// "1a\r\n", lower case as nginx writes it; the data and a `crlf` follow. Size 0 would end the body.
void append_chunk_header(std::string& out, std::size_t size);

// "OK" of 200: the reasons nginx itself writes, empty for codes it does not know.
std::string_view reason_phrase(int status);

}  // namespace badgate::net::http1
