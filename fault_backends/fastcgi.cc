// The family `fastcgi`: records that are wrong, or right ones that say no.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "fault_backends/presets.h"
#include "fault_backends/response.h"

namespace badgate::fault_backends {
namespace {

using Break = RecordShape::Break;
using net::fastcgi::ProtocolStatus;

std::vector<Fault> shaped(std::function<void(Response&)> how) {
  Action action{.kind = Action::Kind::alter};
  action.alter = [how = std::move(how)](Response& response, net::Rng&) { how(response); };
  return {{.point = {Point::Kind::request_read}, .action = std::move(action)}};
}

// ---- one record is broken

net::Result<void> apply_byte(FaultValues& into, std::string_view text) {
  const auto number = net::parse_number(text);
  if (!number || *number > 255) {
    return net::fail(fmt::format("\"{}\" is not a number from 0 to 255", text));
  }
  into.count = *number;
  return {};
}

constexpr FaultField byte_field(std::string_view fallback, std::string_view doc) {
  return {"value", "0 to 255", fallback, doc, &apply_byte};
}

constexpr auto kNumber =
    ordinal_field<&FaultValues::number>("number", "1", "which record of the response, from 1");
constexpr auto kThen = then_field("close", "what it does after the response");

std::uint32_t at_most(std::uint64_t number) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(number, net::fastcgi::max_content));
}

std::vector<Fault> broken(Break what, std::uint64_t value, const FaultValues& v) {
  return shaped([what, value = at_most(value), number = v.number.value_or(1),
                 ending = v.then.value_or(Ending::close)](Response& r) {
    r.records.what = what;
    r.records.value = value;
    r.records.number = number;
    r.ending = ending;
  });
}

constexpr std::array kVersion{byte_field("2", "the version"), kNumber, kThen};
constexpr std::array kType{byte_field("9", "the type"), kNumber, kThen};
constexpr std::array kId{byte_field("2", "that byte of the request id"), kNumber, kThen};
constexpr std::array kLength{
    amount_field<&FaultValues::bytes>("by", "8", "by how many bytes"),
    kNumber,
    kThen,
};
constexpr std::array kCutHeader{
    size_field<&FaultValues::at>("at", "4", "bytes of its header that still come, at most 7"),
    kNumber,
    kThen,
};
constexpr std::array kCutContent{
    size_field<&FaultValues::at>("at", "20", "bytes of its content that still come"),
    kNumber,
    kThen,
};
constexpr std::array kRecord{kNumber, kThen};

template <Break What>
std::vector<Fault> byte(const FaultValues& v) {
  return broken(What, v.count.value_or(What == Break::type ? 9 : 2), v);
}

template <Break What>
std::vector<Fault> length(const FaultValues& v) {
  return broken(What, v.bytes.value_or(8), v);
}

template <Break What>
std::vector<Fault> cut(const FaultValues& v) {
  return broken(What, v.at.value_or(What == Break::cut_header ? 4 : 20), v);
}

// ---- their order

constexpr std::array kPlain{kThen};

template <bool RecordShape::*Flag>
std::vector<Fault> flagged(const FaultValues& v) {
  return shaped([then = v.then](Response& r) {
    r.records.*Flag = true;
    if (then) r.ending = *then;
  });
}

constexpr std::array kNoStdout{
    number_field<&FaultValues::count>("app_status", "0", "the script's exit code"),
};

std::vector<Fault> no_stdout(const FaultValues& v) {
  return shaped([status = v.count.value_or(0)](Response& r) {
    r.records.no_stdout = true;
    r.records.app_status = static_cast<std::uint32_t>(status);
  });
}

constexpr std::array kCutStdout{
    size_field<&FaultValues::at>("at", "20", "bytes of the body that still come"),
};

std::vector<Fault> stdout_closed(const FaultValues& v) {
  return shaped([at = v.at.value_or(20)](Response& r) {
    r.set_framing(Answer::Framing::length);
    r.body_cut = at;
    r.records.empty_stdout_last = true;
  });
}

// ---- what END_REQUEST says

template <ProtocolStatus Status>
std::vector<Fault> refused(const FaultValues&) {
  return shaped([](Response& r) {
    r.records.no_stdout = true;
    r.records.status = Status;
  });
}

constexpr std::array kAppStatus{
    number_field<&FaultValues::count>("value", "255", "the script's exit code"),
};

std::vector<Fault> app_status(const FaultValues& v) {
  return shaped([status = v.count.value_or(255)](Response& r) {
    r.records.app_status = static_cast<std::uint32_t>(status);
  });
}

// ---- STDERR

net::Result<void> apply_where(FaultValues& into, std::string_view text) {
  constexpr std::array<std::string_view, 4> words{"before", "header", "body", "end"};
  const auto found = std::ranges::find(words, text);
  if (found == words.end())
    return net::fail(fmt::format("\"{}\" is not before, header, body or end", text));
  into.count = static_cast<std::uint64_t>(found - words.begin());
  return {};
}

constexpr std::uint64_t kMaxErr = 4 * 1024 * 1024;

constexpr std::array kErr{
    data_field("what it says; \"PHP message: …\" if not given"),
    FaultField{"where", "before | header | body | end", "before",
               "before its first byte, within its header, behind the header, at the end",
               &apply_where},
    amount_field<&FaultValues::size>("size", "", "bytes of it, over and over again (up to 4m)"),
};

std::vector<Fault> err(const FaultValues& v) {
  std::string text = v.data.empty() ? "PHP message: PHP Warning:  something is wrong" : v.data;
  const auto size = static_cast<std::size_t>(std::min(v.size.value_or(text.size()), kMaxErr));
  std::string whole;
  while (whole.size() < size)
    whole += text;
  whole.resize(size);
  return shaped([whole, where = v.count.value_or(0)](Response& r) {
    r.records.err = whole;
    r.records.err_at = static_cast<RecordShape::ErrAt>(where);
  });
}

// ---- their size

constexpr std::array kTiny{
    amount_field<&FaultValues::bytes>("bytes", "1", "how many in each record"),
};

std::vector<Fault> tiny(const FaultValues& v) {
  return shaped(
      [bytes = at_most(v.bytes.value_or(1))](Response& r) { r.records.record_bytes = bytes; });
}

constexpr std::array kPadding{byte_field("255", "bytes of padding behind each record")};

std::vector<Fault> padding(const FaultValues& v) {
  return shaped([bytes = static_cast<std::uint8_t>(v.count.value_or(255))](Response& r) {
    r.records.padding = bytes;
  });
}

constexpr auto kPresets = std::to_array<FaultPreset>({
    {"fastcgi", "version", "a record of another version", kVersion, "G9", &byte<Break::version>},
    {"fastcgi", "type", "a record of a type that nobody knows", kType, "G10", &byte<Break::type>},
    {"fastcgi", "id-high", "a record with another request id, in its high byte", kId, "G11",
     &byte<Break::id_high>},
    {"fastcgi", "id-low", "a record with another request id, in its low byte", kId, "G11",
     &byte<Break::id_low>},
    {"fastcgi", "length-too-long", "a record with fewer bytes than its length says", kLength, "G16",
     &length<Break::length_long>},
    {"fastcgi", "length-too-short", "a record with more bytes than its length says", kLength,
     "G9 G10", &length<Break::length_short>},
    {"fastcgi", "cut-header", "the connection ends within the header of a record", kCutHeader,
     "G3 G16", &cut<Break::cut_header>},
    {"fastcgi", "cut-content", "the connection ends within the content of a record", kCutContent,
     "G3 G16", &cut<Break::cut_content>},
    {"fastcgi", "cut-padding", "the connection ends where a record's padding should come", kRecord,
     "G16", &cut<Break::cut_padding>},
    {"fastcgi", "no-stdout", "END_REQUEST without any STDOUT: the script ended and said nothing",
     kNoStdout, "G6", &no_stdout},
    {"fastcgi", "empty-stdout", "an empty STDOUT, which ends it, before everything else", kPlain,
     "G5", &flagged<&RecordShape::empty_stdout_first>},
    {"fastcgi", "stdout-closed", "an empty STDOUT before Content-Length is reached", kCutStdout,
     "G15", &stdout_closed},
    {"fastcgi", "stdout-after-end", "STDOUT behind END_REQUEST", kPlain, "",
     &flagged<&RecordShape::stdout_after_end>},
    {"fastcgi", "no-end", "the response is whole, and END_REQUEST does not come", kPlain, "G16",
     &flagged<&RecordShape::no_end>},
    {"fastcgi",
     "overloaded",
     "END_REQUEST with FCGI_OVERLOADED",
     {},
     "G6",
     &refused<ProtocolStatus::overloaded>},
    {"fastcgi",
     "cant-mpx-conn",
     "END_REQUEST with FCGI_CANT_MPX_CONN",
     {},
     "G6",
     &refused<ProtocolStatus::cant_mpx_conn>},
    {"fastcgi",
     "unknown-role",
     "END_REQUEST with FCGI_UNKNOWN_ROLE",
     {},
     "G6",
     &refused<ProtocolStatus::unknown_role>},
    {"fastcgi", "app-status", "a response as it should be, and an exit code behind it", kAppStatus,
     "", &app_status},
    {"fastcgi", "stderr", "says something on STDERR beside its answer", kErr, "G7", &err},
    {"fastcgi", "tiny-records", "its answer comes in many small records", kTiny, "", &tiny},
    {"fastcgi", "padding", "records with more padding than they need", kPadding, "", &padding},
});

}  // namespace

std::span<const FaultPreset> fastcgi_presets() {
  return kPresets;
}

}  // namespace badgate::fault_backends
