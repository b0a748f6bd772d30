// FaultValues: the parameters of a preset as the user wrote them, and the makers of the fields that
// parse them. A preset lists the fields it takes and reads the values it asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fault_backends/fault.h"
#include "net/escapes.h"
#include "net/field.h"
#include "net/result.h"
#include "net/text.h"
#include "net/time.h"

namespace badgate::fault_backends {

// Whatever is not given is empty: the preset says what it is then.
struct FaultValues {
  Schedule schedule;
  std::optional<net::Duration> delay;          // how late
  std::optional<net::Duration> every;          // the pace of a drip
  std::optional<net::Duration> timeout;        // an idle connection's
  std::optional<net::Duration> restart_after;  // when the process is back
  std::optional<net::Duration> service_time;
  std::optional<double> sigma;
  std::optional<std::uint64_t> at;     // bytes before it strikes
  std::optional<std::uint64_t> bytes;  // how many at a time, or of which size
  std::optional<std::uint64_t> rate;   // bytes a second
  std::optional<std::uint64_t> size;
  std::optional<std::uint64_t> number;  // which request or chunk, from 1
  std::optional<std::uint64_t> count;
  std::optional<std::uint64_t> queue;
  std::optional<std::uint64_t> memory_per_request;
  std::optional<std::uint64_t> memory_limit;
  std::optional<int> status;
  std::optional<int> overflow_status;
  std::optional<Ending> how;        // FIN | RST: how a connection is broken
  std::optional<Ending> then;       // what follows the bytes that were sent
  std::string name;                 // of a header
  std::string data;                 // bytes to send
  std::optional<Point::Kind> from;  // since when packets are lost
  std::optional<double> ratio;      // how many of them
  std::uint16_t record_type = 0;    // of DNS queries; 0: any
};

using FaultField = net::Field<FaultValues>;

namespace detail {

template <auto Member, auto Parse>
net::Result<void> store(FaultValues& into, std::string_view text) {
  auto value = Parse(text);
  if (!value) return tl::unexpected(value.error());
  into.*Member = *value;
  return {};
}

net::Result<std::uint64_t> parse_positive(std::string_view text);
net::Result<std::uint64_t> parse_positive_size(std::string_view text);
net::Result<net::Duration> parse_positive_duration(std::string_view text);
net::Result<int> parse_status(std::string_view text);
net::Result<std::uint64_t> parse_alert(std::string_view text);  // of TLS
net::Result<Ending> parse_how(std::string_view text);
net::Result<Ending> parse_then(std::string_view text);
net::Result<double> parse_sigma(std::string_view text);
net::Result<Point::Kind> parse_from(std::string_view text);
net::Result<std::uint16_t> parse_record_type(std::string_view text);

}  // namespace detail

template <auto Member>
constexpr FaultField time_field(std::string_view name, std::string_view fallback,
                                std::string_view doc) {
  return {name, "time", fallback, doc, &detail::store<Member, net::parse_duration>};
}

// More than 0.
template <auto Member>
constexpr FaultField pace_field(std::string_view name, std::string_view fallback,
                                std::string_view doc) {
  return {name, "time", fallback, doc, &detail::store<Member, detail::parse_positive_duration>};
}

template <auto Member>
constexpr FaultField size_field(std::string_view name, std::string_view fallback,
                                std::string_view doc) {
  return {name, "size", fallback, doc, &detail::store<Member, net::parse_size>};
}

// More than 0.
template <auto Member>
constexpr FaultField amount_field(std::string_view name, std::string_view fallback,
                                  std::string_view doc) {
  return {name, "size", fallback, doc, &detail::store<Member, detail::parse_positive_size>};
}

template <auto Member>
constexpr FaultField number_field(std::string_view name, std::string_view fallback,
                                  std::string_view doc) {
  return {name, "number", fallback, doc, &detail::store<Member, net::parse_number>};
}

// From 1.
template <auto Member>
constexpr FaultField ordinal_field(std::string_view name, std::string_view fallback,
                                   std::string_view doc) {
  return {name, "number", fallback, doc, &detail::store<Member, detail::parse_positive>};
}

template <auto Member>
constexpr FaultField status_field(std::string_view name, std::string_view fallback,
                                  std::string_view doc) {
  return {name, "status", fallback, doc, &detail::store<Member, detail::parse_status>};
}

constexpr FaultField how_field(std::string_view fallback, std::string_view doc) {
  return {"how", "FIN | RST", fallback, doc, &detail::store<&FaultValues::how, detail::parse_how>};
}

constexpr FaultField then_field(std::string_view fallback, std::string_view doc) {
  return {"then", "close | drain | reset | stall | keep", fallback, doc,
          &detail::store<&FaultValues::then, detail::parse_then>};
}

constexpr FaultField from_field(std::string_view fallback, std::string_view doc) {
  return {"from", "accept | request | header | body | idle", fallback, doc,
          &detail::store<&FaultValues::from, detail::parse_from>};
}

constexpr FaultField record_type_field(std::string_view doc) {
  return {"type", "A | AAAA", "", doc,
          &detail::store<&FaultValues::record_type, detail::parse_record_type>};
}

constexpr FaultField data_field(std::string_view doc) {
  return {"data", "bytes", "", doc, &detail::store<&FaultValues::data, net::unescape>};
}

constexpr FaultField ratio_field(std::string_view fallback, std::string_view doc) {
  return {"ratio", "ratio", fallback, doc, &detail::store<&FaultValues::ratio, net::parse_ratio>};
}

constexpr FaultField sigma_field(std::string_view fallback, std::string_view doc) {
  return {"sigma", "number", fallback, doc,
          &detail::store<&FaultValues::sigma, detail::parse_sigma>};
}

}  // namespace badgate::fault_backends
