#include "proxy/fastcgi_records.h"

#include <fmt/core.h>

#include <algorithm>

namespace badgate::proxy {
namespace {

using net::fastcgi::Type;
using State = FastcgiRecords::State;

bool may_come(unsigned type) {
  return type == static_cast<unsigned>(Type::stdout_data) ||
         type == static_cast<unsigned>(Type::stderr_data) ||
         type == static_cast<unsigned>(Type::end_request);
}

FastcgiRecords::Read refuse(RequestLog& log, std::string_view what, unsigned byte) {
  log.write(Level::error, fmt::format("upstream sent {}: {}", what, byte));
  return FastcgiRecords::Read::invalid;
}

}  // namespace

FastcgiRecords::Read FastcgiRecords::read_header(std::string_view& bytes, RequestLog& log) {
  for (; !bytes.empty() && in_header(); bytes.remove_prefix(1)) {
    const unsigned byte = static_cast<unsigned char>(bytes.front());
    switch (state) {
      case State::version:
        if (byte != net::fastcgi::version_1)
          return refuse(log, "unsupported FastCGI protocol version", byte);
        break;
      case State::type:
        if (!may_come(byte)) return refuse(log, "invalid FastCGI record type", byte);
        type = static_cast<Type>(byte);
        break;
      case State::request_id_hi:
        if (byte != 0) return refuse(log, "unexpected FastCGI request id high byte", byte);
        break;
      case State::request_id_lo:
        if (byte != 1) return refuse(log, "unexpected FastCGI request id low byte", byte);
        break;
      case State::content_length_hi:
        length = std::size_t{byte} << 8;
        break;
      case State::content_length_lo:
        length |= byte;
        break;
      case State::padding_length:
        padding = byte;
        break;
      case State::reserved:
      case State::data:
      case State::padding:
        break;
    }
    state = static_cast<State>(static_cast<std::uint8_t>(state) + 1);
  }
  return in_header() ? Read::again : Read::header;
}

std::string_view FastcgiRecords::take_data(std::string_view& bytes) {
  const auto data = bytes.substr(0, length);
  bytes.remove_prefix(data.size());
  length -= data.size();
  if (length == 0) state = State::padding;
  return data;
}

std::string_view FastcgiRecords::log_stderr(std::string_view& bytes, RequestLog& log) {
  auto text = take_data(bytes);
  // The first byte stays, whatever it is.
  const auto last = text.find_last_not_of("\n\r. ");
  text = text.substr(0, last == text.npos ? 1 : last + 1);
  log.write(Level::error, fmt::format("FastCGI sent in stderr: \"{}\"", text));
  return text;
}

bool FastcgiRecords::skip_padding(std::string_view& bytes) {
  const auto skipped = std::min(padding, bytes.size());
  bytes.remove_prefix(skipped);
  padding -= skipped;
  if (padding == 0) state = State::version;
  return !bytes.empty();
}

}  // namespace badgate::proxy
