// Garbage in what tells the end of a response: lengths, chunks, interim responses, bytes behind it.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "fault_backends/garbage_parts.h"

namespace badgate::fault_backends::garbage {
namespace {

constexpr std::array kThen{then_field("close", "what it does after the response")};

// ---- Content-Length and Transfer-Encoding

constexpr std::array kTooLong{
    amount_field<&FaultValues::bytes>("by", "50", "how many bytes more than there are"),
    then_field("close", "what it does after the last byte"),
};

std::vector<Fault> length_too_long(const FaultValues& v) {
  return altered([by = v.bytes.value_or(50), ending = v.then.value_or(Ending::close)](Response& r) {
    r.set_framing(Answer::Framing::length);
    r.set_header("Content-Length", std::to_string(r.body_size() + by));
    r.ending = ending;
  });
}

constexpr std::array kTooShort{
    amount_field<&FaultValues::bytes>("by", "50", "how many bytes fewer than there are"),
};

std::vector<Fault> length_too_short(const FaultValues& v) {
  return altered([by = v.bytes.value_or(50)](Response& r) {
    r.set_framing(Answer::Framing::length);
    const auto size = r.body_size();
    r.set_header("Content-Length", std::to_string(size - std::min(by, size)));
  });
}

// A length that says nothing: only the end of the connection ends the body.
std::vector<Fault> length_text(std::string text, const FaultValues& v) {
  return altered([text = std::move(text), ending = v.then.value_or(Ending::close)](Response& r) {
    r.set_framing(Answer::Framing::length);
    r.set_header("Content-Length", text);
    r.ending = ending;
  });
}

std::vector<Fault> length_twice(std::uint64_t more) {
  return altered([more](Response& r) {
    r.set_framing(Answer::Framing::length);
    r.lines.push_back("Content-Length: " + std::to_string(r.body_size() + more));
  });
}

std::vector<Fault> length_and_chunked() {
  return altered([](Response& r) {
    r.set_framing(Answer::Framing::chunked);
    r.lines.push_back("Content-Length: " + std::to_string(r.body_size()));
  });
}

std::vector<Fault> encoding(std::string text, const FaultValues& v) {
  return altered([text = std::move(text), ending = v.then.value_or(Ending::close)](Response& r) {
    r.set_framing(Answer::Framing::chunked);
    r.set_header("Transfer-Encoding", text);
    r.ending = ending;
  });
}

std::vector<Fault> encoding_twice() {
  return altered([](Response& r) {
    r.set_framing(Answer::Framing::chunked);
    r.lines.push_back("Transfer-Encoding: chunked");
  });
}

#define BADGATE_BUILD(expression) \
  [](const FaultValues& v) -> std::vector<Fault> { return static_cast<void>(v), (expression); }

constexpr auto kLengthPresets = std::to_array<FaultPreset>({
    {"garbage", "length-too-long", "fewer bytes come than Content-Length says", kTooLong, "F1 F3",
     &length_too_long},
    {"garbage", "length-too-short", "more bytes come than Content-Length says", kTooShort, "F9",
     &length_too_short},
    {"garbage", "length-bad", "\"Content-Length: abc\"", kThen, "E7",
     BADGATE_BUILD(length_text("abc", v))},
    {"garbage", "length-negative", "\"Content-Length: -1\"", kThen, "E7",
     BADGATE_BUILD(length_text("-1", v))},
    {"garbage", "length-empty", "\"Content-Length: \"", kThen, "E7",
     BADGATE_BUILD(length_text("", v))},
    {"garbage", "length-huge", "a Content-Length of 20 digits", kThen, "E7",
     BADGATE_BUILD(length_text("99999999999999999999", v))},
    {"garbage",
     "length-duplicate",
     "Content-Length twice, the same",
     {},
     "E5",
     BADGATE_BUILD(length_twice(0))},
    {"garbage",
     "length-differing",
     "Content-Length twice, the second larger",
     {},
     "E5",
     BADGATE_BUILD(length_twice(1))},
    {"garbage",
     "length-and-chunked",
     "Content-Length and Transfer-Encoding: chunked",
     {},
     "E4",
     BADGATE_BUILD(length_and_chunked())},
    {"garbage", "encoding-unknown", "\"Transfer-Encoding: gzip, chunked\"", kThen, "E8",
     BADGATE_BUILD(encoding("gzip, chunked", v))},
    {"garbage", "encoding-identity", "\"Transfer-Encoding: identity\"", kThen, "E8",
     BADGATE_BUILD(encoding("identity", v))},
    {"garbage",
     "encoding-duplicate",
     "Transfer-Encoding: chunked twice",
     {},
     "E6",
     BADGATE_BUILD(encoding_twice())},
});

// ---- chunks

constexpr std::array kChunk{
    ordinal_field<&FaultValues::number>("number", "1", "which chunk, from 1"),
    then_field("close", "what it does after the response"),
};

std::vector<Fault> odd_chunk(std::string line, const FaultValues& v) {
  return altered([line = std::move(line), number = v.number.value_or(1),
                  ending = v.then.value_or(Ending::close)](Response& r) {
    r.set_framing(Answer::Framing::chunked);
    r.odd_chunk = Response::OddChunk{number, line};
    r.ending = ending;
  });
}

std::vector<Fault> no_last_chunk(const FaultValues& v) {
  return altered([ending = v.then.value_or(Ending::close)](Response& r) {
    r.set_framing(Answer::Framing::chunked);
    r.last_chunk = false;
    r.ending = ending;
  });
}

constexpr auto kChunkPresets = std::to_array<FaultPreset>({
    {"garbage", "chunk-bad", "a chunk size that is no number", kChunk, "F5 F6",
     BADGATE_BUILD(odd_chunk("zz", v))},
    {"garbage", "chunk-negative", "a chunk size of -1", kChunk, "F5 F6",
     BADGATE_BUILD(odd_chunk("-1", v))},
    {"garbage", "chunk-huge", "a chunk size of 18 digits, more than 64 bits", kChunk, "F8",
     BADGATE_BUILD(odd_chunk("ffffffffffffffffff", v))},
    {"garbage", "chunk-truncated", "a chunk that is larger than what comes", kChunk, "F7",
     BADGATE_BUILD(odd_chunk("fffff", v))},
    {"garbage", "chunk-too-small", "a chunk with more data than its size", kChunk, "F5 F6",
     BADGATE_BUILD(odd_chunk("1", v))},
    {"garbage", "chunk-no-last", "all chunks come but the last one of size 0", kThen, "F7",
     &no_last_chunk},
});

// ---- interim responses, and bytes where there should be none

std::vector<Fault> interim(std::string bytes) {
  return altered([bytes = std::move(bytes)](Response& r) { r.before = bytes; });
}

constexpr std::array kSwitching{then_field("stall", "what it does then")};

std::vector<Fault> switching(const FaultValues& v) {
  return altered([ending = v.then.value_or(Ending::stall)](Response& r) {
    r.lines = {"Upgrade: websocket", "Connection: Upgrade"};
    r.set_status(101);
    r.status_line = "HTTP/1.1 101 Switching Protocols";
    r.ending = ending;
  });
}

std::vector<Fault> body_with(int status) {
  return altered([status](Response& r) {
    r.set_framing(Answer::Framing::length);
    if (status != 0) r.set_status(status);
    r.set_header("Content-Length", std::to_string(r.body_size()));
    r.has_body = true;
  });
}

constexpr std::array kExtra{
    amount_field<&FaultValues::size>("size", "10", "how many bytes"),
};

template <Answer::Framing Framing>
std::vector<Fault> extra(const FaultValues& v) {
  return altered([size = v.size.value_or(10)](Response& r) {
    r.set_framing(Framing);
    r.after = std::string(static_cast<std::size_t>(size), '!');
  });
}

constexpr auto kOtherPresets = std::to_array<FaultPreset>({
    {"garbage",
     "interim-100",
     "100 Continue without having been asked, then the response",
     {},
     "E9",
     BADGATE_BUILD(interim("HTTP/1.1 100 Continue\r\n\r\n"))},
    {"garbage",
     "interim-103",
     "103 Early Hints, then the response",
     {},
     "E11",
     BADGATE_BUILD(interim("HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"))},
    {"garbage", "switching-101", "101 Switching Protocols without having been asked", kSwitching,
     "E10 M3", &switching},
    {"garbage",
     "body-with-204",
     "204 No Content with a body",
     {},
     "F13",
     BADGATE_BUILD(body_with(204))},
    {"garbage",
     "body-with-304",
     "304 Not Modified with a body",
     {},
     "F13",
     BADGATE_BUILD(body_with(304))},
    {"garbage",
     "body-with-head",
     "a body in answer to HEAD",
     {},
     "F13",
     BADGATE_BUILD(body_with(0))},
    {"garbage", "extra-after-length", "bytes behind a body with Content-Length", kExtra, "F9",
     &extra<Answer::Framing::length>},
    {"garbage", "extra-after-chunked", "bytes behind the last chunk", kExtra, "F10",
     &extra<Answer::Framing::chunked>},
});

#undef BADGATE_BUILD

}  // namespace

std::span<const FaultPreset> framing_presets() {
  static const std::vector<FaultPreset> all = [] {
    std::vector<FaultPreset> presets(kLengthPresets.begin(), kLengthPresets.end());
    presets.insert(presets.end(), kChunkPresets.begin(), kChunkPresets.end());
    presets.insert(presets.end(), kOtherPresets.begin(), kOtherPresets.end());
    return presets;
  }();
  return all;
}

}  // namespace badgate::fault_backends::garbage
