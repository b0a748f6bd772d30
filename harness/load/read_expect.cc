#include "harness/load/read_expect.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "net/text.h"

namespace badgate::harness {
namespace {

void read_completeness(Reader& reader, const Node& node, ExpectedResponse& into) {
  static constexpr std::array<std::string_view, 4> words{"whole", "cut", "empty", "raw"};
  into.completeness = read_word(reader, node, words);
}

void read_connection_end(Reader& reader, const Node& node, ExpectedResponse& into) {
  static constexpr std::array<std::string_view, 4> words{"kept", "FIN", "RST", "left"};
  into.connection_end = read_word(reader, node, words);
}

void read_body_hash(Reader& reader, const Node& node, ExpectedResponse& into) {
  constexpr auto expected = "16 hexadecimal digits in quotes";
  if (!expect_kind(reader, node, Node::Kind::text, expected)) return;
  const bool hex =
      node.text.size() == 16 && std::all_of(node.text.begin(), node.text.end(),
                                            [](unsigned char c) { return std::isxdigit(c) != 0; });
  if (hex) {
    into.body_hash = node.text;
  } else {
    reader.add(node.place, fmt::format("{} is not a hash", in_quotes(node.text)), expected);
  }
}

void read_log_status(Reader& reader, const Node& node, ExpectedResponse& into) {
  // A response without a status line is logged as 009.
  const bool raw = (node.is(Node::Kind::integer) && node.integer == 9) ||
                   (node.is(Node::Kind::text) && node.text == "009");
  into.log_status = raw ? 9 : read_status(reader, node);
}

// A time of an attempt, or "-" where nginx logs that there is none.
void read_attempt_time(Reader& reader, const Node& node, std::optional<Range<net::Duration>>& time,
                       bool& none) {
  none = node.is(Node::Kind::text) && node.text == "-";
  if (!none) time = read_time_range(reader, node);
}

void read_connect_time(Reader& reader, const Node& node, ExpectedAttempt& into) {
  read_attempt_time(reader, node, into.connect_time, into.no_connect_time);
}

void read_header_time(Reader& reader, const Node& node, ExpectedAttempt& into) {
  read_attempt_time(reader, node, into.header_time, into.no_header_time);
}

void read_attempt_server(Reader& reader, const Node& node, ExpectedAttempt& into) {
  into.server = read_text(reader, node);
  if (into.server) reader.mention(*into.server, node.place, true);
}

constexpr std::array<Key<ExpectedAttempt>, 5> kAttemptKeys{
    {{{"server", "name of a server", "",
       "Which server was tried; the group's name where nginx found none that is alive."},
      read_attempt_server},
     {{"status", "status", "", "$upstream_status of this attempt."},
      store<&ExpectedAttempt::status, read_status>},
     {{"connect_time", "time | range | -", "", "$upstream_connect_time."}, read_connect_time},
     {{"header_time", "time | range | -", "", "$upstream_header_time."}, read_header_time},
     {{"response_time", "time | range", "", "$upstream_response_time."},
      store<&ExpectedAttempt::response_time, read_time_range>}}};

void read_attempts(Reader& reader, const Node& node, ExpectedResponse& into) {
  constexpr auto expected = "a list of attempts: [{ server = \"app[0]\", status = 504 }]";
  if (!expect_kind(reader, node, Node::Kind::list, expected)) return;
  into.attempts.emplace();
  for (const Node* item : tables_of(reader, node, expected))
    read_table(reader, *item, "attempts", attempt_keys(), into.attempts->emplace_back());
}

constexpr std::array<Key<ExpectedResponse>, 10> kResponseKeys{
    {{{"status", "status", "", "The status line that the client gets."},
      store<&ExpectedResponse::status, read_status>},
     {{"completeness", "whole | cut | empty | raw", "",
       "Whether the response came to its end, was cut, never began, or is not HTTP."},
      read_completeness},
     {{"body_bytes", "size | range", "", "How much of the body the client got."},
      store<&ExpectedResponse::body_bytes, read_size_range>},
     {{"body_hash", "text", "", "FNV-1a 64 of the body, in hexadecimal."}, read_body_hash},
     {{"body_contains", "text | list of texts", "", "What is found in its first 64 KiB."},
      store<&ExpectedResponse::body_contains, read_texts>},
     {{"headers", "table", "", "Headers that the response has, with these values."},
      store<&ExpectedResponse::headers, read_headers>},
     {{"connection_end", "kept | FIN | RST | left", "",
       "What became of the client's connection; left: the client itself closed it."},
      read_connection_end},
     {{"elapsed", "time | range", "",
       "From the first byte of the request to the end of the response."},
      store<&ExpectedResponse::elapsed, read_time_range>},
     {{"attempts", "list of attempts", "", "Every try at a server, in order."}, read_attempts},
     {{"log_status", "status | 009", "",
       "$status of the access log, where the client got none or another (499, 009)."},
      read_log_status}}};

void read_error_log(Reader& reader, const Node& node, ExpectedRun& into) {
  into.error_log = read_texts(reader, node);
  reader.mention_placeholders(node);
}

void read_error_log_contains(Reader& reader, const Node& node, ExpectedRun& into) {
  store<&ExpectedRun::error_log_contains, read_texts>(reader, node, into);
  reader.mention_placeholders(node);
}

void read_access_log_contains(Reader& reader, const Node& node, ExpectedRun& into) {
  store<&ExpectedRun::access_log_contains, read_texts>(reader, node, into);
  reader.mention_placeholders(node);
}

bool is_share(const std::string& key) {
  static constexpr std::array<std::string_view, 5> outcomes{"whole", "cut", "empty", "raw", "left"};
  if (std::find(outcomes.begin(), outcomes.end(), key) != outcomes.end()) return true;
  return key.size() == 3 && key[0] >= '1' && key[0] <= '9' &&
         std::isdigit(static_cast<unsigned char>(key[1])) != 0 &&
         std::isdigit(static_cast<unsigned char>(key[2])) != 0;
}

void read_share(Reader& reader, const Node& node, ExpectedRun& into) {
  constexpr auto expected = "shares such as { \"200\" = \"95%..100%\", cut = \"0%\" }";
  if (!expect_kind(reader, node, Node::Kind::table, expected)) return;
  double least = 0;
  for (const Member& member : node.members) {
    if (!is_share(member.key)) {
      reader.add(member.place, fmt::format("responses have no {}", in_quotes(member.key)),
                 "a status code, or one of whole, cut, empty, raw and left");
      continue;
    }
    const auto range = read_ratio_range(reader, member.value);
    if (!range) continue;
    into.share[member.key] = *range;
    if (std::isdigit(static_cast<unsigned char>(member.key[0])) != 0)
      least += range->low.value_or(0);
  }
  if (least > 1 + 1e-9)
    reader.add(
        node.place,
        fmt::format("these shares are more than 100 % together: {:.4g} % at least", least * 100));
}

void read_percentile(Reader& reader, const Node& node, ExpectedRun& into) {
  constexpr auto expected = "times such as { p50 = \"..100ms\", p99 = \"..2s\" }";
  if (!expect_kind(reader, node, Node::Kind::table, expected)) return;
  for (const Member& member : node.members) {
    const bool named = member.key.starts_with('p');
    const auto percent = net::parse_number(named ? member.key.substr(1) : "");
    if (!percent || *percent > 100) {
      reader.add(member.place, fmt::format("{} is not a percentile", in_quotes(member.key)),
                 "p0 to p100");
    } else if (const auto range = read_time_range(reader, member.value)) {
      into.percentile[member.key] = *range;
    }
  }
}

void read_expected_backends(Reader& reader, const Node& node, ExpectedRun& into) {
  constexpr auto expected = "[expect.backend.\"app[0]\"], with connections, requests …";
  if (!expect_kind(reader, node, Node::Kind::table, expected)) return;
  for (const Member& member : node.members) {
    if (!expect_kind(reader, member.value, Node::Kind::table, expected)) continue;
    reader.mention(member.key, member.place);
    ExpectedBackend& backend = into.backends.emplace_back();
    backend.position = reader.position(member.place);
    backend.name = member.key;
    for (const Member& key : member.value.members)
      backend.positions[key.key] = reader.position(key.place);
    read_table(reader, member.value, "[expect.backend]", expected_backend_keys(), backend);
  }
}

void read_log_contains(Reader& reader, const Node& node, ExpectedBackend& into) {
  store<&ExpectedBackend::log_contains, read_texts>(reader, node, into);
  reader.mention_placeholders(node);
}

constexpr std::array<Key<ExpectedBackend>, 5> kExpectedBackendKeys{
    {{{"connections", "number | range", "", "How many connections it accepted."},
      store<&ExpectedBackend::connections, read_count_range>},
     {{"requests", "number | range", "", "How many requests it read completely."},
      store<&ExpectedBackend::requests, read_count_range>},
     {{"executed", "number | range", "", "How many requests the application acted on."},
      store<&ExpectedBackend::executed, read_count_range>},
     {{"responses", "number | range", "", "How many responses it sent completely."},
      store<&ExpectedBackend::responses, read_count_range>},
     {{"log_contains", "text | list of texts", "", "What lines of its own log contain."},
      read_log_contains}}};

constexpr std::array<Key<ExpectedRun>, 7> kRunKeys{
    {{{"start_error", "text", "",
       "The proxy refuses to start with words that contain this; nothing is requested."},
      store<&ExpectedRun::start_error, read_text>},
     {{"error_log", "text | list of texts", "",
       "All lines of level error and above, in order, each from its message on; [] for none."},
      read_error_log},
     {{"error_log_contains", "text | list of texts", "",
       "What lines of any level contain, in any order."},
      read_error_log_contains},
     {{"access_log_contains", "text | list of texts", "", "What lines of the access log contain."},
      read_access_log_contains},
     {{"share", "table of ranges", "", "Which part of all responses ended so."}, read_share},
     {{"percentile", "table of ranges", "", "How long responses took."}, read_percentile},
     {{"backend", "tables", "", "What each backend saw: [expect.backend.\"app[0]\"]."},
      read_expected_backends}}};

// Both [expect] and [request.expect] may say what is expected of the run, but only once.
bool first_time(Reader& reader, const Member& member, std::map<std::string, Position>& positions) {
  const auto [at, added] = positions.emplace(member.key, reader.position(member.place));
  if (!added)
    reader.add(member.place, fmt::format("{} is expected already, in line {}",
                                         in_quotes(member.key), at->second.line));
  return added;
}

bool has_key(const auto& keys, std::string_view name) {
  return std::any_of(keys.begin(), keys.end(),
                     [&](const auto& key) { return key.doc.name == name; });
}

void contradict(Reader& reader, const Node& node, std::string_view key, std::string message) {
  if (const Member* member = node.find(key)) reader.add(member->place, std::move(message));
}

void say_unexpected(Reader& reader, const Member& member, std::string_view where, bool response,
                    bool run) {
  if (has_key(response_keys(), member.key)) {
    reader.add(member.place,
               fmt::format("`{}` says what one response is, and there is not one "
                           "request only",
                           member.key),
               "it in the `expect` of a request");
  } else if (has_key(run_keys(), member.key)) {
    reader.add(member.place,
               fmt::format("`{}` says what the whole run comes to, and this is not "
                           "its only request",
                           member.key),
               "it in [expect]");
  } else {
    Names names;
    if (response) names.add(response_keys());
    if (run) names.add(run_keys());
    names.say_unknown(reader, member, where);
  }
}

bool more_than_nothing(const std::optional<Range<std::uint64_t>>& bytes) {
  return bytes && bytes->low.value_or(0) > 0;
}

void check_response(Reader& reader, const Node& node, const ExpectedResponse& response) {
  const std::string completeness = response.completeness.value_or("");
  if (completeness == "empty" && response.status)
    contradict(reader, node, "status", "an empty response has no status; leave one of them out");
  if (completeness == "raw" && response.status)
    contradict(reader, node, "status", "a response that is not HTTP has no status");
  if (completeness == "empty" && more_than_nothing(response.body_bytes))
    contradict(reader, node, "body_bytes", "an empty response has no body");
  const bool broken = completeness == "cut" || completeness == "empty" || completeness == "raw";
  if (broken && response.connection_end == "kept")
    contradict(reader, node, "connection_end",
               fmt::format("the connection of a response that is {} cannot be kept", completeness));
  const bool bodiless = response.status == 204 || response.status == 304;
  if (bodiless && more_than_nothing(response.body_bytes))
    contradict(reader, node, "body_bytes",
               fmt::format("a response with status {} has no body", *response.status));
}

}  // namespace

Keys<ExpectedResponse> response_keys() {
  return kResponseKeys;
}
Keys<ExpectedAttempt> attempt_keys() {
  return kAttemptKeys;
}
Keys<ExpectedRun> run_keys() {
  return kRunKeys;
}
Keys<ExpectedBackend> expected_backend_keys() {
  return kExpectedBackendKeys;
}

void read_expect(Reader& reader, const Node& node, std::string_view where,
                 ExpectedResponse* response, ExpectedRun* run) {
  if (!expect_kind(reader, node, Node::Kind::table, "a table of expectations")) return;
  if (response != nullptr && response->positions.empty())
    response->position = reader.position(node.place);
  if (run != nullptr && run->positions.empty()) run->position = reader.position(node.place);
  for (const Member& member : node.members) {
    if (response != nullptr && has_key(response_keys(), member.key)) {
      if (first_time(reader, member, response->positions))
        read_member(reader, member, response_keys(), *response);
    } else if (run != nullptr && has_key(run_keys(), member.key)) {
      if (first_time(reader, member, run->positions)) read_member(reader, member, run_keys(), *run);
    } else {
      say_unexpected(reader, member, where, response != nullptr, run != nullptr);
    }
  }
  if (response != nullptr) check_response(reader, node, *response);
}

}  // namespace badgate::harness
