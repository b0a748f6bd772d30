#include "harness/load/read_request.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

#include "harness/load/read_expect.h"
#include "net/escapes.h"

namespace badgate::harness {
namespace {

constexpr std::size_t kMaxRequests = 1000;

void read_method(Reader& reader, const Node& node, Request& into) {
  const auto method = read_text(reader, node);
  if (!method) return;
  const bool token = !method->empty() && method->size() <= 32 &&
                     std::all_of(method->begin(), method->end(), [](char c) {
                       return (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
                     });
  if (token) {
    into.method = *method;
  } else {
    reader.add(node.place, fmt::format("{} is not a method", in_quotes(*method)),
               "capital letters, such as GET or POST");
  }
}

void read_path(Reader& reader, const Node& node, Request& into) {
  const auto path = read_text(reader, node);
  if (!path) return;
  const bool fits = !path->empty() && std::all_of(path->begin(), path->end(), [](unsigned char c) {
    return c > ' ' && c != 0x7F;
  });
  if (fits) {
    into.path = *path;
  } else {
    reader.add(node.place, fmt::format("{} cannot be requested", in_quotes(*path)),
               "a path such as /report?id=1, with spaces written %20");
  }
}

void read_http_version(Reader& reader, const Node& node, Request& into) {
  static constexpr std::array<std::string_view, 2> words{"1.0", "1.1"};
  if (auto word = read_word(reader, node, words)) into.http_version = std::move(*word);
}

void read_scheme(Reader& reader, const Node& node, Request& into) {
  static constexpr std::array<std::string_view, 2> words{"http", "https"};
  if (const auto word = read_word(reader, node, words)) into.https = *word == "https";
}

void read_data(Reader& reader, const Node& node, Request& into) {
  const auto text = read_text(reader, node);
  if (!text) return;
  if (auto bytes = net::unescape(*text); bytes && !bytes->empty()) {
    into.data = std::move(*bytes);
  } else {
    reader.add(node.place, bytes ? "these are no bytes" : bytes.error().message,
               "bytes such as 'GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n'");
  }
}

constexpr std::array<Key<Request>, 26> kRequestKeys{{
    {{"name", "text", "request N", "What reports call it."}, store<&Request::name, read_text>},
    {{"method", "text", "GET", "The request's method."}, read_method},
    {{"path", "text", "/", "Path and query, as sent."}, read_path},
    {{"scheme", "http | https", "http", "Whether the client speaks TLS; it trusts everybody."},
     read_scheme},
    {{"http_version", "1.0 | 1.1", "1.1", "The version in the request line."}, read_http_version},
    {{"headers", "table", "", "Headers that it sends beside Host."},
     store<&Request::headers, read_headers>},
    {{"body", "size", "0", "It sends a body of so many bytes, always the same."},
     store<&Request::body_bytes, read_size>},
    {{"body_text", "text", "", "It sends this body."}, store<&Request::body, read_text>},
    {{"chunked", "true | false", "false", "The body goes in chunks, without Content-Length."},
     store<&Request::chunked, read_flag>},
    {{"data", "bytes", "",
      "It sends exactly these bytes; \\r, \\n, \\t, \\\\ and \\xNN stand for bytes."},
     read_data},
    {{"at", "time", "", "When it is sent; otherwise when the one before it has ended."},
     store<&Request::at, read_moment>},
    {{"pause", "time", "0s", "How long after the one before it has ended."},
     store<&Request::pause, read_time>},
    {{"repeat", "number", "1", "How often it is sent, one after the other."},
     store<&Request::repeat, read_positive>},
    {{"concurrent", "number", "1", "How many clients send it in the same moment."},
     store<&Request::concurrent, read_positive>},
    {{"reuse", "true | false", "false", "It goes over the connection of the request before it."},
     store<&Request::reuse, read_flag>},
    {{"leave_after", "time", "", "The client closes so long after the request began."},
     store<&Request::leave_after, read_time>},
    {{"leave_after_bytes", "size", "", "The client closes after so much of the body it sends."},
     store<&Request::leave_after_bytes, read_size>},
    {{"upload_rate", "size", "", "It sends its body at so many bytes a second."},
     store<&Request::upload_rate, read_byte_rate>},
    {{"upload_pause", "time", "", "It stops half-way through its body for so long."},
     store<&Request::upload_pause, read_positive_time>},
    {{"refresh_after", "time", "", "The client leaves then, and sends the same again."},
     store<&Request::refresh_after, read_positive_time>},
    {{"refreshes", "number", "1", "How often it does so."},
     store<&Request::refreshes, read_positive>},
    {{"download_rate", "size", "", "The client reads so many bytes a second."},
     store<&Request::download_rate, read_byte_rate>},
    {{"upgrade", "text", "", "It asks for this protocol: \"websocket\"."},
     store<&Request::upgrade, read_text>},
    {{"messages", "list of text", "", "What it says once the answer was 101."},
     store<&Request::messages, read_texts>},
    {{"message_every", "time", "", "It says one each so often, over and over; not all at once."},
     store<&Request::message_every, read_positive_time>},
    {{"expect", "table", "", "What each of its responses should be."}, read_elsewhere},
}};

// Two keys that cannot stand together, or one that needs another: the message marks `key`.
struct Rule {
  std::string_view key;
  std::string_view other;
  bool needs = false;  // otherwise: excludes
  std::string_view message;
};

constexpr std::array<Rule, 17> kRules{{
    {"body_text", "body", false, "`body` and `body_text` cannot both be given"},
    {"leave_after_bytes", "leave_after", false,
     "a client leaves once: after a time or after bytes"},
    {"leave_after", "refresh_after", false,
     "a client that leaves for good does not refresh; `refresh_after` already makes it leave"},
    {"leave_after", "concurrent", false,
     "`leave_after` says what one client does; write the clients as requests of their own"},
    {"pause", "at", false, "`at` says when it is sent, so there is nothing to pause after"},
    {"refreshes", "refresh_after", true, "`refreshes` needs `refresh_after`"},
    {"messages", "upgrade", true, "`messages` are said in a tunnel; that needs `upgrade`"},
    {"message_every", "messages", true, "`message_every` needs `messages`"},
    {"upgrade", "chunked", false, "a request that asks for a tunnel has no body"},
    {"data", "path", false, "`data` says all that is sent; leave out `path`"},
    {"data", "headers", false, "`data` says all that is sent; leave out `headers`"},
    {"data", "body", false, "`data` says all that is sent; leave out `body`"},
    {"data", "body_text", false, "`data` says all that is sent; leave out `body_text`"},
    {"data", "upgrade", false, "`data` says all that is sent; leave out `upgrade`"},
    {"data", "http_version", false, "`data` says all that is sent; leave out `http_version`"},
    {"reuse", "concurrent", false, "one connection cannot carry requests at the same moment"},
    {"reuse", "refresh_after", false, "a client that refreshes opens a new connection"},
}};

bool is_set(const Node& node, std::string_view key) {
  const Member* member = node.find(key);
  return member != nullptr && !(member->value.is(Node::Kind::flag) && !member->value.flag);
}

void check_rules(Reader& reader, const Node& node) {
  for (const Rule& rule : kRules) {
    if (is_set(node, rule.key) && is_set(node, rule.other) != rule.needs)
      reader.add(node.find(rule.key)->place, std::string(rule.message));
  }
}

// Keys that shape an upload need a body.
void check_upload(Reader& reader, const Node& node, const Request& request) {
  const std::uint64_t size = request.body.empty() ? request.body_bytes : request.body.size();
  for (const std::string_view key :
       {"upload_rate", "upload_pause", "leave_after_bytes", "chunked"}) {
    if (size == 0 && is_set(node, key))
      reader.add(node.find(key)->place, fmt::format("`{}` needs a body", key),
                 "body = \"8m\" or body_text = \"…\"");
  }
  if (size > 0 && request.leave_after_bytes && *request.leave_after_bytes >= size)
    reader.add(node.find("leave_after_bytes")->place,
               fmt::format("the body has {} bytes only, so the client would not leave", size));
  if (request.chunked && request.http_version == "1.0")
    reader.add(node.find("chunked")->place, "HTTP/1.0 knows no chunks");
}

void check_expected(Reader& reader, const Node& node, const Request& request) {
  const Member* expect = node.find("expect");
  if (expect == nullptr) return;
  const Member* end = expect->value.find("connection_end");
  const bool leaves = request.leave_after || request.leave_after_bytes || request.refresh_after;
  if (end != nullptr && request.expect.connection_end == "left" && !leaves)
    reader.add(end->place, "this client never leaves", "leave_after = \"10s\" in the request");
}

void read_request(Reader& reader, const Node& node, std::string_view where, Request& request,
                  ExpectedRun* run) {
  request.position = reader.position(node.place);
  read_table(reader, node, where, request_keys(), request);
  if (const Member* expect = node.find("expect"))
    read_expect(reader, expect->value,
                where == "[[request]]" ? "[request.expect]" : "[load.request.expect]",
                &request.expect, run);
  check_rules(reader, node);
  check_upload(reader, node, request);
  check_expected(reader, node, request);
}

void check_sequence(Reader& reader, const Node& node, const Scenario& scenario) {
  const bool first = scenario.requests.size() == 1;
  if (first && scenario.requests.back().reuse)
    reader.add(node.find("reuse")->place, "the first request has no connection to reuse");
  const std::string& name = scenario.requests.back().name;
  const Member* written = node.find("name");
  if (written == nullptr || name.empty()) return;
  const auto same = [&](const Request& request) { return request.name == name; };
  if (std::any_of(scenario.requests.begin(), scenario.requests.end() - 1, same))
    reader.add(written->value.place,
               fmt::format("another request is called {} already", in_quotes(name)));
}

void read_arrivals(Reader& reader, const Node& node, Load& into) {
  static constexpr std::array<std::string_view, 2> words{"poisson", "even"};
  if (const auto word = read_word(reader, node, words)) into.poisson = *word == "poisson";
}

constexpr std::array<Key<Load>, 4> kLoadKeys{
    {{{"rate", "number", "", "Requests a second, whether or not others have been answered."},
      store<&Load::rate, read_rate>},
     {{"duration", "time", "", "How long requests arrive."},
      store<&Load::duration, read_positive_time>},
     {{"arrivals", "poisson | even", "poisson", "At random from the seed, or evenly spaced."},
      read_arrivals},
     {{"request", "table", "", "The request: the same keys as [[request]]."}, read_elsewhere}}};

// What a load's request cannot say: its time is the load's business.
void check_load_request(Reader& reader, const Node& node) {
  for (const std::string_view key : {"at", "pause", "repeat", "concurrent", "reuse"}) {
    if (const Member* member = node.find(key))
      reader.add(member->place, fmt::format("`{}` cannot be said of a load's request", key),
                 "rate, duration and arrivals in [load]");
  }
}

void check_load(Reader& reader, const Node& node, const Load& load) {
  for (const std::string_view key : {"rate", "duration"}) {
    if (node.find(key) == nullptr)
      reader.add(node.place, fmt::format("a load needs `{}`", key),
                 key == "rate" ? "rate = 50" : "duration = \"60s\"");
  }
  constexpr double most = 1'000'000;
  const double arrivals = load.rate * std::chrono::duration<double>(load.duration).count();
  if (arrivals > most)
    reader.add(node.place, fmt::format("this load has {:.0f} requests", arrivals),
               "at most 1000000 requests: rate times duration");
}

}  // namespace

Keys<Request> request_keys() {
  return kRequestKeys;
}
Keys<Load> load_keys() {
  return kLoadKeys;
}

void read_requests(Reader& reader, const Node& node, Scenario& scenario) {
  const auto tables = tables_of(reader, node, "requests: [[request]]");
  if (tables.size() > kMaxRequests) {
    reader.add(tables[kMaxRequests]->place,
               fmt::format("a scenario has at most {} requests", kMaxRequests),
               "repeat, concurrent or [load] for more");
    return;
  }
  ExpectedRun* run = tables.size() == 1 ? &scenario.expect : nullptr;
  for (const Node* table : tables) {
    read_request(reader, *table, "[[request]]", scenario.requests.emplace_back(), run);
    check_sequence(reader, *table, scenario);
  }
}

void read_load(Reader& reader, const Node& node, Scenario& scenario) {
  if (!expect_kind(reader, node, Node::Kind::table, "the table [load]")) return;
  Load& load = scenario.load.emplace();
  load.position = reader.position(node.place);
  read_table(reader, node, "[load]", load_keys(), load);
  check_load(reader, node, load);
  const Member* request = node.find("request");
  if (request == nullptr) return;
  if (!expect_kind(reader, request->value, Node::Kind::table, "the table [load.request]")) return;
  read_request(reader, request->value, "[load.request]", load.request, nullptr);
  check_load_request(reader, request->value);
}

}  // namespace badgate::harness
