#include "net/fastcgi.h"

namespace badgate::net::fastcgi {
namespace {

constexpr std::size_t kShortLength = 127;  // longer ones take four bytes

void append_byte(std::string& out, unsigned value) {
  out += static_cast<char>(value & 0xff);
}

void append_16(std::string& out, unsigned value) {
  append_byte(out, value >> 8);
  append_byte(out, value);
}

void append_32(std::string& out, std::uint32_t value) {
  append_16(out, value >> 16);
  append_16(out, value);
}

void append_length(std::string& out, std::size_t length) {
  if (length <= kShortLength) return append_byte(out, static_cast<unsigned>(length));
  append_32(out, static_cast<std::uint32_t>(length) | 0x80000000U);
}

std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

std::uint16_t number_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(byte_at(bytes, at) << 8 | byte_at(bytes, at + 1));
}

}  // namespace

std::optional<Header> parse_header(std::string_view bytes) {
  if (bytes.size() < header_size) return std::nullopt;
  return Header{.version = byte_at(bytes, 0),
                .type = byte_at(bytes, 1),
                .request_id = number_at(bytes, 2),
                .content_length = number_at(bytes, 4),
                .padding_length = byte_at(bytes, 6)};
}

void append_header(std::string& out, const Header& header) {
  append_byte(out, header.version);
  append_byte(out, header.type);
  append_16(out, header.request_id);
  append_16(out, header.content_length);
  append_byte(out, header.padding_length);
  append_byte(out, 0);
}

void append_record(std::string& out, Type type, std::uint16_t request_id, std::string_view content,
                   std::uint8_t padding) {
  content = content.substr(0, max_content);
  append_header(out, {.type = static_cast<std::uint8_t>(type),
                      .request_id = request_id,
                      .content_length = static_cast<std::uint16_t>(content.size()),
                      .padding_length = padding});
  out += content;
  out.append(padding, '\0');
}

void append_begin_request(std::string& out, std::uint16_t request_id, Role role,
                          std::uint8_t flags) {
  std::string body;
  append_16(body, static_cast<unsigned>(role));
  append_byte(body, flags);
  body.append(5, '\0');
  append_record(out, Type::begin_request, request_id, body);
}

void append_end_request(std::string& out, std::uint16_t request_id, std::uint32_t app_status,
                        ProtocolStatus status) {
  std::string body;
  append_32(body, app_status);
  append_byte(body, static_cast<unsigned>(status));
  body.append(3, '\0');
  append_record(out, Type::end_request, request_id, body);
}

void append_param(std::string& out, std::string_view name, std::string_view value) {
  append_length(out, name.size());
  append_length(out, value.size());
  out += name;
  out += value;
}

}  // namespace badgate::net::fastcgi
