#include "net/http1_writer.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "net/text.h"

namespace badgate::net::http1 {

namespace {

struct Reason {
  int status;
  std::string_view phrase;
};

// ngx_http_status_lines; nginx's wording is not everywhere the RFC's.
constexpr std::array reasons = {
    Reason{200, "OK"},
    Reason{201, "Created"},
    Reason{202, "Accepted"},
    Reason{204, "No Content"},
    Reason{206, "Partial Content"},
    Reason{301, "Moved Permanently"},
    Reason{302, "Moved Temporarily"},
    Reason{303, "See Other"},
    Reason{304, "Not Modified"},
    Reason{307, "Temporary Redirect"},
    Reason{308, "Permanent Redirect"},
    Reason{400, "Bad Request"},
    Reason{401, "Unauthorized"},
    Reason{402, "Payment Required"},
    Reason{403, "Forbidden"},
    Reason{404, "Not Found"},
    Reason{405, "Not Allowed"},
    Reason{406, "Not Acceptable"},
    Reason{408, "Request Time-out"},
    Reason{409, "Conflict"},
    Reason{410, "Gone"},
    Reason{411, "Length Required"},
    Reason{412, "Precondition Failed"},
    Reason{413, "Request Entity Too Large"},
    Reason{414, "Request-URI Too Large"},
    Reason{415, "Unsupported Media Type"},
    Reason{416, "Requested Range Not Satisfiable"},
    Reason{421, "Misdirected Request"},
    Reason{429, "Too Many Requests"},
    Reason{500, "Internal Server Error"},
    Reason{501, "Not Implemented"},
    Reason{502, "Bad Gateway"},
    Reason{503, "Service Temporarily Unavailable"},
    Reason{504, "Gateway Time-out"},
    Reason{505, "HTTP Version Not Supported"},
    Reason{507, "Insufficient Storage"},
};

std::string_view protocol(int version) {
  return version == version_10 ? "HTTP/1.0" : "HTTP/1.1";
}

}  // namespace

void append_request_line(std::string& out, std::string_view method, std::string_view uri,
                         int version) {
  out.append(method).append(" ").append(uri).append(" ").append(protocol(version)).append(crlf);
}

void append_status_line(std::string& out, std::string_view status_line, int version) {
  out.append(protocol(version)).append(" ").append(status_line).append(crlf);
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append(crlf);
}

void append_header(std::string& out, std::string_view name, std::uint64_t value) {
  out.append(name).append(": ");
  append_number(out, value);
  out.append(crlf);
}

void append_headers(std::string& out, const HeaderList& headers) {
  for (const Header& header : headers) {
    if (!header.dropped) append_header(out, header.name, header.value);
  }
}

std::string request_head(std::string_view method, std::string_view uri, const HeaderList& headers,
                         int version) {
  std::string out;
  append_request_line(out, method, uri, version);
  append_headers(out, headers);
  return out.append(crlf);
}

std::string response_head(std::string_view status_line, const HeaderList& headers, int version) {
  std::string out;
  append_status_line(out, status_line, version);
  append_headers(out, headers);
  return out.append(crlf);
}

void append_chunk_header(std::string& out, std::size_t size) {
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), size, 16).ptr;
  out.append(digits.data(), end);
  out.append(crlf);
}

std::string_view reason_phrase(int status) {
  const auto found = std::find_if(reasons.begin(), reasons.end(),
                                  [&](const Reason& reason) { return reason.status == status; });
  return found == reasons.end() ? std::string_view() : found->phrase;
}

}  // namespace badgate::net::http1
