// What the tests of backends that speak FastCGI share: requests as nginx sends them, and the
// records that come back.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/fastcgi.h"
#include "tests/fault_backends/kit.h"

namespace badgate::fault_backends::test {

using Params = std::vector<std::pair<std::string, std::string>>;

inline std::string fastcgi_request(std::string_view uri = "/report", std::uint8_t flags = 0,
                                   std::string_view body = {}, const Params& more = {}) {
  namespace fastcgi = net::fastcgi;
  std::string params;
  fastcgi::append_param(params, "REQUEST_METHOD", body.empty() ? "GET" : "POST");
  fastcgi::append_param(params, "REQUEST_URI", uri);
  fastcgi::append_param(params, "CONTENT_LENGTH",
                        body.empty() ? std::string() : std::to_string(body.size()));
  for (const auto& [name, value] : more)
    fastcgi::append_param(params, name, value);
  std::string out;
  fastcgi::append_begin_request(out, 1, fastcgi::Role::responder, flags);
  fastcgi::append_record(out, fastcgi::Type::params, 1, params, fastcgi::padding_of(params.size()));
  fastcgi::append_record(out, fastcgi::Type::params, 1, {});
  if (!body.empty()) fastcgi::append_record(out, fastcgi::Type::stdin_data, 1, body);
  fastcgi::append_record(out, fastcgi::Type::stdin_data, 1, {});
  return out;
}

// What came back, record by record, and what was said in them.
struct Records {
  std::vector<net::fastcgi::Header> headers;
  std::string types;    // "6763": one digit for each record
  std::string out;      // of STDOUT
  std::string err;      // of STDERR
  std::string end;      // the content of END_REQUEST
  std::string trailer;  // bytes that are no whole record
};

inline Records records_of(std::string_view bytes) {
  Records records;
  while (const auto header = net::fastcgi::parse_header(bytes)) {
    const auto size = net::fastcgi::header_size + header->content_length + header->padding_length;
    if (bytes.size() < size) break;
    const auto content = bytes.substr(net::fastcgi::header_size, header->content_length);
    records.headers.push_back(*header);
    records.types += std::to_string(header->type);
    if (header->type == 6) records.out += content;
    if (header->type == 7) records.err += content;
    if (header->type == 3) records.end += content;
    bytes.remove_prefix(size);
  }
  records.trailer = bytes;
  return records;
}

}  // namespace badgate::fault_backends::test
