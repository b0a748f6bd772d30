// How requests end on HAProxy, by the termination state of its HTTP log (section 8.5 of its manual)
// as end_in_words() has it. For servers of a haproxy.cfg; without one, the catalogue's scenarios
// are played as they are.
#include <fmt/core.h>

#include <array>

#include "harness/reproduce/recipe.h"
#include "harness/toml_text.h"
#include "net/text.h"

namespace badgate::harness::reproduce {
namespace {

using evidence::Evidence;
using namespace std::chrono_literals;

// A time of [proxy], and a quarter more than that.
bool after(std::string_view directive, const Frame& frame, Values& values) {
  const Directive* said = find(frame.directives, directive);
  if (said == nullptr) return false;
  std::string text = said->value;
  std::erase(text, '"');
  const auto time = net::parse_duration(text);
  if (!time) return false;
  values["leaves"] =
      net::format_duration(std::chrono::ceil<std::chrono::seconds>(*time + *time / 4));
  return true;
}

bool after_header(const Evidence&, const Captures&, const Frame& frame, Values& values) {
  return after("client_header_timeout", frame, values);
}

bool after_client(const Evidence&, const Captures&, const Frame& frame, Values& values) {
  return after("client_body_timeout", frame, values);
}

bool has_body(const Evidence&, const Captures&, const Frame& frame, Values&) {
  return !frame.body.empty();
}

bool is_status(const Evidence& line, const Captures&, const Frame&, Values& values) {
  const int status = line.status.value_or(0);
  values["status"] = std::to_string(status);
  return status >= 200 && status <= 599;
}

// All servers are well for ten seconds, whatever checks them, and then strike at once.
bool all_at_once(const Frame& frame, std::string_view what, Values& values) {
  std::string& events = values["events"];
  for (std::size_t i = 0; i < frame.configured.servers.size(); ++i) {
    const auto name = toml_string(fmt::format("{}[{}]", frame.group, i));
    events += "[[event]]\nat = \"10500ms\"\n" + fmt::format(fmt::runtime(what), name) + "\n\n";
  }
  return !events.empty();
}

bool all_crash(const Evidence&, const Captures&, const Frame& frame, Values& values) {
  return all_at_once(frame, "crash = {}", values);
}

bool all_vanish(const Evidence&, const Captures&, const Frame& frame, Values& values) {
  return all_at_once(frame, "server = {}\nfault = {{ firewall = \"drop\" }}", values);
}

// Half a request; what is asked cannot be told from a line that has no request.
constexpr std::string_view kHalfThenWaits =
    "[[request]]\ndata = \"GET / HTTP/1.1\\\\r\\\\nHost: half\"\nleave_after = \"<<leaves>>\"\n";
constexpr std::string_view kLeaves = "[[request]]\n<<request>><<body>>leave_after = \"10s\"\n";
// Right after that.
constexpr std::string_view kThen = "[[request]]\n<<request>><<body>>at = \"10600ms\"\n";
constexpr std::string_view kRefused = "fault = { down = \"refuse\" }\n";

constexpr auto kRecipes = std::to_array<Recipe>({
    {.scenario = "slow-application/report-takes-75s",
     .message = "sH *, connected, no response, a server",
     .why = "It works longer than `timeout server`.",
     .server = "fault = { slow = \"header\", delay = \"<<after_read_timeout>>\" }\n"},
    {.scenario = "slow-upload/app-stops-reading",
     .message = "sH *, connected, no response, a server",
     .why = "It accepts the connection and reads nothing of the upload for `timeout server`.",
     .server = "fault = { slow = \"never-reads\" }\n",
     .requests = "[[request]]\n<<request>>body = \"8m\"\n",
     .prepare = has_body},
    {.scenario = "firewall/drops-packets",
     .message = "sC *, not connected, a server",
     .why = "Packets to it vanish: connecting takes as long as `timeout connect` allows.",
     .only = "tcp",
     .server = "fault = { firewall = \"drop\" }\n"},
    {.scenario = "firewall/drops-packets",
     .message = "sC *, not connected, a server",
     .why = "Packets to it vanish, and the checks have not found that out yet.",
     .only = "tcp",
     .requests = kThen,
     .more = "<<events>>",
     .prepare = all_vanish},
    {.scenario = "client-gone/while-connecting",
     .message = "sC *, not connected, a server",
     .why = "Packets to it vanish, and the client does not wait for the end of that.",
     .only = "tcp",
     .server = "fault = { firewall = \"drop\" }\n",
     .requests = kLeaves},
    {.scenario = "upstream-down/application-not-running",
     .message = "SC *, not connected, a server",
     .why = "Nobody listens there.",
     .only = "tcp",
     .server = kRefused},
    {.scenario = "upstream-down/application-not-running",
     .message = "SC *, not connected, a server",
     .why = "It goes away, and the checks have not found that out yet.",
     .requests = kThen,
     .more = "<<events>>",
     .prepare = all_crash},
    {.scenario = "firewall/rejects-host-unreachable",
     .message = "SC *, not connected, a server",
     .why = "The network says that there is no such host.",
     .only = "tcp",
     .server = "fault = { firewall = \"reject-unreachable\" }\n"},
    {.scenario = "unix-socket/missing",
     .message = "SC *, not connected, a server",
     .why = "The socket's file is not there.",
     .only = "unix",
     .server = "fault = { down = \"missing\" }\n"},
    {.scenario = "pool-empty/marked-down",
     .message = "SC *, no server, nobody",
     .why = "The configuration says that it is down.",
     .server = "down = true\n"},
    // With checks of the user's own file.
    {.scenario = "upstream-down/application-not-running",
     .message = "SC *, no server, nobody",
     .why = "Nobody listens there, and by the time of the request the checks have found that out.",
     .server = kRefused,
     .requests = "[[request]]\n<<request>><<body>>at = \"120s\"\n"},
    {.scenario = "application-crash/order-dies-with-its-worker",
     .message = "SH *, connected, no response, a server",
     .why = "It reads the request and dies before it has said a word.",
     .server = "fault = { crash = \"after-request\", how = \"FIN\" }\n"},
    {.scenario = "application-crash/segfault",
     .message = "SH *, connected, no response, a server",
     .why = "It dies on the request, and the kernel resets the connection.",
     .server = "fault = { crash = \"after-request\", how = \"RST\" }\n"},
    {.scenario = "not-http/random-bytes",
     .message = "PH *, connected, no response, a server",
     .why = "It answers with something that is not HTTP.",
     .server = "fault = { garbage = \"ssh-banner\" }\n"},
    {.scenario = "not-http/random-bytes",
     .message = "PH *, a server",
     .why = "It answers with something that is not HTTP.",
     .server = "fault = { garbage = \"ssh-banner\" }\n"},
    {.scenario = "stalled-response/export-pauses",
     .message = "sD *, response, a server",
     .why = "It begins with the body and stops for longer than `timeout server`.",
     .server = "status = <<status>>\nbody = \"100k\"\nframing = \"length\"\nfault = { slow = "
               "\"body-stall\", at = \"50k\", delay = \"<<after_read_timeout>>\" }\n",
     .prepare = is_status},
    {.scenario = "truncated-response/dies-in-mid-body",
     .message = "SD *, response, a server",
     .why = "It dies in the middle of the body.",
     .server = "status = <<status>>\nbody = \"100k\"\nframing = \"length\"\nfault = { crash = "
               "\"mid-body\", at = \"50k\", how = \"FIN\" }\n",
     .prepare = is_status},
    {.scenario = "bad-chunks/later-chunk",
     .message = "PD *, response, a server",
     .why = "It sends a chunk whose size is no number.",
     .server = "body = \"100k\"\nfault = { garbage = \"chunk-bad\", number = 13 }\n"},
    {.scenario = "client-gone/in-mid-download",
     .message = "CD *, response, a server",
     .why = "It pauses in the middle of the body, and the client leaves.",
     .server = "body = \"100k\"\nfault = { slow = \"body-stall\", at = \"20000\", delay = "
               "\"<<before_read_timeout>>\" }\n",
     .requests = "[[request]]\n<<request>><<body>>leave_after = \"500ms\"\n"},
    {.scenario = "client-gone/during-upload",
     .message = "CD *, a server",
     .why = "It reads the upload while it comes.",
     .requests = "[[request]]\n<<request>>body = \"500k\"\nupload_rate = \"200k\"\n"
                 "leave_after_bytes = \"100k\"\n",
     .prepare = has_body},
    {.scenario = "client-gone/gives-up-waiting",
     .message = "CH *, a server",
     .why = "It takes longer than the client waits (`option abortonclose`).",
     .server = "service_time = \"30s\"\n",
     .requests = kLeaves},
    {.scenario = "client-gone/while-connecting",
     .message = "CC *, a server",
     .why = "Packets to it vanish, and the client does not wait (`option abortonclose`).",
     .only = "tcp",
     .server = "fault = { firewall = \"drop\" }\n",
     .requests = "[[request]]\n<<request>><<body>>leave_after = \"2s\"\n"},
    {.scenario = "client-gone/reads-too-slowly",
     .message = "cD *, response, a server",
     .why = "It is fast, and the client reads nearly nothing.",
     .server = "body = \"16m\"\n",
     .requests = "[[request]]\n<<request>><<body>>download_rate = 1\nleave_after = "
                 "\"<<leaves>>\"\n",
     .prepare = after_client},
    {.scenario = {},
     .message = "cR *, no server, nobody",
     .why = "It is well, and is not asked: the client sends half a request and waits.",
     .requests = kHalfThenWaits,
     .prepare = after_header},
    {.scenario = {},
     .message = "CR *, no server, nobody",
     .why = "It is well, and is not asked: the client sends half a request and leaves.",
     .requests = "[[request]]\ndata = \"GET / HTTP/1.1\\\\r\\\\nHost: half\"\nleave_after = "
                 "\"1s\"\n"},
    {.scenario = {},
     .message = "PR 400, no server, nobody",
     .why = "It is well, and is not asked: this is no request.",
     .requests = "[[request]]\ndata = \"\\\\x16\\\\x03\\\\x01\\\\x02\\\\r\\\\n\\\\r\\\\n\"\n"},
    // A rule of the user's own file decides these: any request will do.
    {.scenario = {}, .message = "PR *, no server, nobody", .why = "It is well, and is not asked."},
    {.scenario = {}, .message = "LR *, no server, nobody", .why = "It is well, and is not asked."},
    {.scenario = {}, .message = "PT *, no server, nobody", .why = "It is well, and is not asked."},
    {.scenario = {},
     .message = "sQ *, nobody",
     .why = "It works so long on each request that the others wait for `timeout queue`.",
     .server = "service_time = \"10m\"\n",
     .requests = "[load]\nrate = 40\nduration = \"10s\"\narrivals = "
                 "\"even\"\n\n[load.request]\n<<request>><<body>>"},
    {.scenario = {},
     .message = "-- *, response, a server",
     .why = "The application itself answers so.",
     .server = "status = <<status>>\n",
     .prepare = is_status},
});

}  // namespace

std::span<const Recipe> recipes_of_haproxy() {
  return kRecipes;
}

}  // namespace badgate::harness::reproduce
