#include "fault_backends/fault_values.h"

#include <fmt/core.h>

#include <charconv>

#include "net/dns.h"

namespace badgate::fault_backends::detail {
namespace {

template <typename T>
net::Result<T> more_than_none(net::Result<T> value, std::string_view text) {
  if (value && *value == T{}) return net::fail(fmt::format("\"{}\" is not more than 0", text));
  return value;
}

}  // namespace

net::Result<std::uint64_t> parse_positive(std::string_view text) {
  return more_than_none(net::parse_number(text), text);
}

net::Result<std::uint64_t> parse_positive_size(std::string_view text) {
  return more_than_none(net::parse_size(text), text);
}

net::Result<net::Duration> parse_positive_duration(std::string_view text) {
  return more_than_none(net::parse_duration(text), text);
}

net::Result<int> parse_status(std::string_view text) {
  const auto number = net::parse_number(text);
  if (!number || *number < 100 || *number > 999) {
    return net::fail(fmt::format("\"{}\" is not a status; write a number from 100 to 999", text));
  }
  return static_cast<int>(*number);
}

net::Result<std::uint64_t> parse_alert(std::string_view text) {
  const auto number = net::parse_number(text);
  if (!number || *number > 255) {
    return net::fail(fmt::format("\"{}\" is not the number of an alert, 0 to 255", text));
  }
  return *number;
}

net::Result<Ending> parse_how(std::string_view text) {
  if (text == "FIN") return Ending::close;
  if (text == "RST") return Ending::reset;
  return net::fail(fmt::format("\"{}\" is not FIN or RST", text));
}

net::Result<Ending> parse_then(std::string_view text) {
  if (text == "close") return Ending::close;
  if (text == "drain") return Ending::drain;
  if (text == "reset") return Ending::reset;
  if (text == "stall") return Ending::stall;
  if (text == "keep") return Ending::keep;
  return net::fail(fmt::format("\"{}\" is not close, drain, reset, stall or keep", text));
}

net::Result<Point::Kind> parse_from(std::string_view text) {
  if (text == "accept") return Point::Kind::accept;
  if (text == "request") return Point::Kind::request_read;
  if (text == "header") return Point::Kind::header_bytes;
  if (text == "body") return Point::Kind::body_bytes;
  if (text == "idle") return Point::Kind::idle;
  return net::fail(fmt::format("\"{}\" is not accept, request, header, body or idle", text));
}

net::Result<std::uint16_t> parse_record_type(std::string_view text) {
  if (text == "A") return net::dns::type_a;
  if (text == "AAAA") return net::dns::type_aaaa;
  return net::fail(fmt::format("\"{}\" is not A or AAAA", text));
}

net::Result<double> parse_sigma(std::string_view text) {
  double value = 0;
  const char* last = text.data() + text.size();
  const auto [end, ec] = std::from_chars(text.data(), last, value);
  if (ec != std::errc() || end != last || !(value >= 0 && value <= 10)) {
    return net::fail(fmt::format("\"{}\" is not a number from 0 to 10", text));
  }
  return value;
}

}  // namespace badgate::fault_backends::detail
