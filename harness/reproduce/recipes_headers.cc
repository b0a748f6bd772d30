// What goes wrong until the header of a response is there (ngx_http_upstream_process_header,
// ngx_http_proxy_process_header).
#include <fmt/core.h>

#include <array>

#include "harness/reproduce/recipe.h"
#include "harness/toml_text.h"
#include "net/escapes.h"
#include "net/text.h"

namespace badgate::harness::reproduce {
namespace {

using evidence::Evidence;

// Bytes as they stand in `data = "…"`.
std::string data_text(std::string_view bytes) {
  return toml_escaped(net::escape(bytes));
}

// The bytes that nginx has printed of a header: those in front of the bad one, and "\x20...".
std::optional<std::string> header_bytes(std::string_view printed) {
  constexpr std::string_view kEnd = "...";
  if (!printed.ends_with(kEnd) || printed.size() < 7) return std::nullopt;
  printed.remove_suffix(kEnd.size());
  const auto bad = net::unescape(printed.substr(printed.size() - 4));
  if (!bad || bad->size() != 1) return std::nullopt;
  return std::string(printed.substr(0, printed.size() - 4)) + *bad;
}

bool make_header(const Evidence&, const Captures& captures, const Frame& frame, Values& values) {
  const auto bytes = header_bytes(captures.at(0));
  if (!bytes) return false;
  // What follows makes no difference: nginx reads no further.
  const auto lines = *bytes + "x: 1\r\nContent-Length: 0\r\n\r\n";
  if (frame.scheme != "fastcgi") {
    values["data"] = data_text("HTTP/1.1 200 OK\r\n" + lines);
    return true;
  }
  std::string record("\x01\x06\x00\x01", 4);  // FCGI_STDOUT of request 1
  record += static_cast<char>(lines.size() >> 8U);
  record += static_cast<char>(lines.size() & 0xFFU);
  values["data"] = data_text(record.append(2, '\0') + lines);
  return true;
}

// A response with these header lines beside what it needs.
bool make_response(const std::string& lines, Values& values) {
  values["data"] = data_text("HTTP/1.1 200 OK\r\n" + lines + "\r\n0123456789");
  return true;
}

bool make_duplicate(const Evidence&, const Captures& captures, const Frame&, Values& values) {
  return make_response(captures.at(1) + "\r\n" + captures.at(0) + "\r\n", values);
}

bool make_length(const Evidence&, const Captures& captures, const Frame&, Values& values) {
  return make_response(captures.at(0) + "\r\n", values);
}

bool make_encoding(const Evidence&, const Captures& captures, const Frame&, Values& values) {
  return make_response("Transfer-Encoding: " + captures.at(0) + "\r\n", values);
}

// Half as much again as the buffer for the header has.
bool exceed_buffer(const Evidence&, const Captures&, const Frame& frame, Values& values) {
  const auto name = frame.prefix + "_buffer_size";
  const Directive* said = find(frame.configured.of_location, name);
  if (said == nullptr) said = find(frame.directives, name);
  std::string text = said == nullptr ? "4k" : said->value;
  std::erase(text, '"');
  const auto size = net::parse_size(text);
  if (!size) return false;
  values["too_big"] = std::to_string(*size + *size / 2);
  return true;
}

constexpr std::string_view kBytes = "fault = { garbage = \"bytes\", data = \"<<data>>\" }\n";
// Before 1.23 nginx says nothing of these.
constexpr std::string_view kStrict = "nginx_version = \"1.28.0\"\n";
constexpr std::string_view kReuse =
    "[[request]]\nname = \"the ones before, over the same connections\"\n<<request>><<body>>"
    "repeat = <<servers>>\n\n[[request]]\n<<request>><<body>>pause = \"5s\"\n";
constexpr std::string_view kKeepalive = "keepalive = 16\n";

constexpr auto kRecipes = std::to_array<Recipe>({
    {.scenario = "slow-application/report-takes-75s",
     .message = "upstream timed out (110: *) while reading response header from upstream",
     .why = "It works longer than the proxy waits (<<prefix>>_read_timeout).",
     .server = "fault = { slow = \"header\", delay = \"<<after_read_timeout>>\" }\n"},
    {.scenario = "application-crash/order-dies-with-its-worker",
     .message =
         "upstream prematurely closed connection while reading response header from upstream",
     .why = "It reads the request and dies before it has said a word.",
     .server = "fault = { crash = \"after-request\", how = \"FIN\" }\n"},
    {.scenario = "keepalive-race/post-is-not-retried",
     .message =
         "upstream prematurely closed connection while reading response header from upstream",
     .why = "It closes a kept connection in the moment in which the next request comes.",
     .only = "http(s)",
     .proxy = "proxy_http_version = \"1.1\"\n",
     .server = "fault = { keepalive = \"race\" }\n",
     .group = kKeepalive,
     .requests = kReuse},
    {.scenario = "application-crash/segfault",
     .message = "recv() failed (104: *) while reading response header from upstream",
     .why = "It dies on the request, and the kernel resets the connection.",
     .server = "fault = { crash = \"after-request\", how = \"RST\" }\n"},
    {.scenario = "keepalive-race/reset-in-place-of-close",
     .message = "recv() failed (104: *) while reading response header from upstream",
     .why = "It resets a kept connection in the moment in which the next request comes.",
     .only = "http(s)",
     .proxy = "proxy_http_version = \"1.1\"\n",
     .server = "fault = { keepalive = \"race\", how = \"RST\" }\n",
     .group = kKeepalive,
     .requests = kReuse},
    {.scenario = "header-too-big/too-many-cookies",
     .message = "upstream sent too big header while reading response header from upstream",
     .why = "Its response header is larger than <<prefix>>_buffer_size.",
     .server = "fault = { garbage = \"header-too-big\", size = <<too_big>> }\n",
     .prepare = exceed_buffer},
    {.scenario = "not-http/random-bytes",
     .message =
         "upstream sent no valid HTTP/1.0 header while reading response header from upstream",
     .why = "It answers with something that is not HTTP.",
     .only = "http(s)",
     .server = "fault = { garbage = \"ssh-banner\" }\n"},
    {.scenario = "invalid-header/space-in-name",
     .message = "upstream sent invalid header: \"*\" while reading response header from upstream",
     .why = "It sends exactly this header.",
     .server = kBytes,
     .prepare = make_header},
    {.scenario = "bad-framing/length-and-chunked",
     .message = "upstream sent \"Content-Length\" and \"Transfer-Encoding\" headers at the same "
                "time while reading response header from upstream",
     .why = "It tells the body's length in two ways.",
     .only = "http(s)",
     .proxy = kStrict,
     .server = "fault = { garbage = \"length-and-chunked\" }\n"},
    {.scenario = "bad-framing/length-twice",
     .message = "upstream sent duplicate header line: \"*\", previous value: \"*\" while reading "
                "response header from upstream",
     .why = "It sends the header twice.",
     .only = "http(s)",
     .proxy = kStrict,
     .server = kBytes,
     .prepare = make_duplicate},
    {.scenario = "invalid-header/server-header-twice-passes",
     .message = "upstream sent duplicate header line: \"*\", previous value: \"*\", ignored while "
                "reading response header from upstream",
     .why = "It sends the header twice.",
     .only = "http(s)",
     .proxy = "error_log_level = \"warn\"\nnginx_version = \"1.28.0\"\n",
     .server = kBytes,
     .prepare = make_duplicate},
    {.scenario = "bad-framing/length-no-number",
     .message = "upstream sent invalid \"Content-Length\" header: \"*\" while reading response "
                "header from upstream",
     .why = "It sends exactly this length.",
     .only = "http(s)",
     .proxy = kStrict,
     .server = kBytes,
     .prepare = make_length},
    {.scenario = "bad-framing/gzip-chunked",
     .message = "upstream sent unknown \"Transfer-Encoding\": \"*\" while reading response header "
                "from upstream",
     .why = "It sends exactly this encoding.",
     .only = "http(s)",
     .proxy = kStrict,
     .server = kBytes,
     .prepare = make_encoding},
    {.scenario = "application-crash/one-server-crashes",
     .message = "upstream server temporarily disabled while reading response header from upstream",
     .why = "It dies on the request; the next one answers.",
     .proxy = "error_log_level = \"warn\"\n",
     .server = "fault = { crash = \"after-request\", how = \"FIN\" }\n",
     .healthy = 1},
    {.scenario = "internal-redirect/path-that-climbs",
     .message = "unsafe URI \"*\" was detected while reading response header from upstream",
     .why = "It redirects inside of the proxy, to a path that climbs.",
     .server = "headers = { X-Accel-Redirect = \"<<1>>\" }\n"},
    {.scenario = "internal-redirect/file-asked-of-the-application-again",
     .message = "rewrite or internal redirection cycle while internally redirecting to \"*\" while "
                "reading response header from upstream",
     .why = "It redirects inside of the proxy, to a path that leads to it again.",
     .server = "headers = { X-Accel-Redirect = \"<<1>>\" }\n"},
    {.scenario = "error-page/error-page-from-the-dead-application",
     .message = "rewrite or internal redirection cycle while internally redirecting to \"*\" while "
                "sending to client",
     .why = "Nobody listens there, and the error page is asked of it, too.",
     .only = "tcp",
     .proxy = "error_page = \"502 <<1>>\"\nrecursive_error_pages = \"on\"\n",
     .server = "fault = { down = \"refuse\" }\n"},
});

}  // namespace

std::span<const Recipe> recipes_of_headers() {
  return kRecipes;
}

}  // namespace badgate::harness::reproduce
