// The settings of a backend that users write beside its faults.
#include <fmt/core.h>

#include <array>

#include "fault_backends/backend.h"
#include "fault_backends/fault_values.h"
#include "net/text.h"

namespace badgate::fault_backends {
namespace {

constexpr std::uint64_t kMaxChunk = 1 << 30;

template <auto Outer, auto Inner, auto Parse>
net::Result<void> store(Settings& into, std::string_view text) {
  auto value = Parse(text);
  if (!value) return tl::unexpected(value.error());
  into.*Outer.*Inner = *value;
  return {};
}

template <auto Member, auto Parse>
net::Result<void> store(Settings& into, std::string_view text) {
  auto value = Parse(text);
  if (!value) return tl::unexpected(value.error());
  into.*Member = *value;
  return {};
}

template <std::uint64_t Least, std::uint64_t Most, typename T>
net::Result<T> parse_between(std::string_view text) {
  const auto number = net::parse_number(text);
  if (!number || *number < Least || *number > Most) {
    return net::fail(fmt::format("\"{}\" is not a number from {} to {}", text, Least, Most));
  }
  return static_cast<T>(*number);
}

net::Result<std::size_t> parse_chunk(std::string_view text) {
  const auto size = net::parse_size(text);
  if (!size) return tl::unexpected(size.error());
  if (*size == 0 || *size > kMaxChunk) {
    return net::fail(fmt::format("\"{}\" is not a size from 1 to 1g", text));
  }
  return static_cast<std::size_t>(*size);
}

net::Result<int> parse_buffer(std::string_view text) {
  const auto size = parse_chunk(text);
  if (!size) return tl::unexpected(size.error());
  return static_cast<int>(*size);
}

net::Result<Answer::Framing> parse_framing(std::string_view text) {
  if (text == "length") return Answer::Framing::length;
  if (text == "chunked") return Answer::Framing::chunked;
  if (text == "close") return Answer::Framing::close;
  return net::fail(fmt::format("\"{}\" is not length, chunked or close", text));
}

net::Result<Protocol> parse_protocol(std::string_view text) {
  if (text == "http") return Protocol::http;
  if (text == "fastcgi") return Protocol::fastcgi;
  return net::fail(fmt::format("\"{}\" is not http or fastcgi", text));
}

net::Result<int> parse_overflow(std::string_view text) {
  if (text == "0") return 0;
  return detail::parse_status(text);
}

net::Result<std::string> parse_text(std::string_view text) {
  return std::string(text);
}

constexpr auto kAnswer = &Settings::answer;
constexpr auto kWorkers = &Settings::workers;

constexpr auto kFields = std::to_array<net::Field<Settings>>({
    {"protocol", "http | fastcgi", "http", "what it speaks",
     &store<&Settings::protocol, parse_protocol>},
    {"status", "status", "200", "the status of its answer",
     &store<kAnswer, &Answer::status, detail::parse_status>},
    {"body", "size", "100", "how many bytes the body has: a pattern, the same in every run",
     &store<kAnswer, &Answer::body_bytes, net::parse_size>},
    {"body_text", "text", "", "the body itself, in place of the pattern",
     &store<kAnswer, &Answer::body, parse_text>},
    {"echo", "on | off", "off", "answers with the request's body (up to 16m)",
     &store<kAnswer, &Answer::echo, net::parse_flag>},
    {"framing", "length | chunked | close", "length",
     "how the end of the body is told; with FastCGI it is close if not given, and never chunked",
     &store<kAnswer, &Answer::framing, parse_framing>},
    {"chunk_size", "size", "4k", "bytes of one chunk, if chunked",
     &store<kAnswer, &Answer::chunk_bytes, parse_chunk>},
    {"service_time", "time", "0", "how long a request is worked on",
     &store<kAnswer, &Answer::service_time, net::parse_duration>},
    {"service_sigma", "number", "0", "more than 0: lognormal around service_time, from the seed",
     &store<kAnswer, &Answer::service_sigma, detail::parse_sigma>},
    {"keepalive", "on | off", "on", "keeps the connection where the request allows it",
     &store<kAnswer, &Answer::keepalive, net::parse_flag>},
    {"keepalive_timeout", "time", "0", "closes connections that are idle for so long; 0: never",
     &store<&Settings::keepalive_timeout, net::parse_duration>},
    {"backlog", "number", "511", "connections that the kernel keeps before they are accepted",
     &store<&Settings::backlog, parse_between<0, 65535, int>>},
    {"receive_buffer", "size", "", "SO_RCVBUF of its connections; the kernel's own if not given",
     &store<&Settings::socket, &net::SocketOptions::receive_buffer, parse_buffer>},
    {"send_buffer", "size", "", "SO_SNDBUF of its connections; the kernel's own if not given",
     &store<&Settings::socket, &net::SocketOptions::send_buffer, parse_buffer>},
    {"workers", "number", "0", "requests that are worked on at a time; 0: any number",
     &store<kWorkers, &Workers::count, parse_between<0, 1'000'000, unsigned>>},
    {"queue", "number", "", "requests that may wait for a worker; any number if not given",
     &store<kWorkers, &Workers::queue, parse_between<0, 1'000'000, unsigned>>},
    {"overflow_status", "status", "503", "the answer when the queue is full; 0: closes instead",
     &store<kWorkers, &Workers::overflow_status, parse_overflow>},
    {"memory_per_request", "size", "0", "what a request takes from its arrival to its answer",
     &store<kWorkers, &Workers::memory_per_request, net::parse_size>},
    {"memory_limit", "size", "0", "beyond it the whole process is killed; 0: no limit",
     &store<kWorkers, &Workers::memory_limit, net::parse_size>},
    {"restart_after", "time", "0", "when it is started again after that kill; 0: never",
     &store<kWorkers, &Workers::restart_after, net::parse_duration>},
    {"calls_timeout", "time", "0", "how long it waits for the backend it `calls`; 0: for ever",
     &store<&Settings::calls_timeout, net::parse_duration>},
    {"calls_failed_status", "status", "500", "its answer when that backend fails or times out",
     &store<&Settings::calls_failed_status, detail::parse_status>},
});

}  // namespace

std::span<const net::Field<Settings>> fields() {
  return kFields;
}

}  // namespace badgate::fault_backends
