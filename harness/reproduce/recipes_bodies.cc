// What goes wrong while a request is sent, or once the header of a response is there
// (ngx_http_upstream_send_request, ngx_event_pipe.c, ngx_http_proxy_chunked_filter).
#include <array>

#include "harness/reproduce/recipe.h"

namespace badgate::harness::reproduce {
namespace {

using evidence::Evidence;

constexpr std::string_view kLargeBody = "client_max_body_size = \"16m\"\n";
constexpr std::string_view kUpload = "[[request]]\n<<request>>body = \"8m\"\n";
constexpr std::string_view kWarn = "error_log_level = \"warn\"\n";

bool has_body(const Evidence&, const Captures&, const Frame& frame, Values&) {
  return !frame.body.empty();
}

// A folder of the kernel's in which nobody can make a file, for that reason.
bool choose_folder(const Evidence&, const Captures& captures, const Frame&, Values& values) {
  if (captures.at(1) == "13") values["folder"] = "/sys";
  if (captures.at(1) == "2") values["folder"] = "/proc";
  return values.contains("folder");
}

constexpr auto kRecipes = std::to_array<Recipe>({
    {.scenario = "slow-upload/app-stops-reading",
     .message = "upstream timed out (110: *) while sending request to upstream",
     .why = "It accepts the connection and reads nothing of the upload (<<prefix>>_send_timeout).",
     .proxy = kLargeBody,
     .server = "fault = { slow = \"never-reads\" }\n",
     .requests = kUpload,
     .prepare = has_body},
    {.scenario = "slow-upload/app-stops-reading",
     .message = "upstream server temporarily disabled while sending request to upstream",
     .why = "It accepts the connection and reads nothing of the upload (<<prefix>>_send_timeout).",
     .proxy = "error_log_level = \"warn\"\nclient_max_body_size = \"16m\"\n",
     .server = "fault = { slow = \"never-reads\" }\n",
     .healthy = 1,
     .requests = kUpload,
     .prepare = has_body},
    {.scenario = "early-response/reset-during-upload",
     .message = "* failed (*: *) while sending request to upstream",
     .why = "It resets the connection while the upload is sent.",
     .proxy = kLargeBody,
     .server = "fault = { crash = \"mid-request\", at = \"100k\", how = \"RST\" }\n",
     .requests = kUpload,
     .prepare = has_body},
    {.scenario = "early-response/reset-during-upload",
     .message = "recv() failed (104: *) while reading response header from upstream",
     .why = "It resets the connection while the upload is sent.",
     .proxy = kLargeBody,
     .server = "faults = [{ slow = \"accepts-late\", delay = \"1s\" }, { crash = \"mid-request\", "
               "at = \"100k\", how = \"RST\" }]\n",
     .requests = kUpload,
     .prepare = has_body},
    {.scenario = "truncated-response/dies-in-mid-body",
     .message = "upstream prematurely closed connection while reading upstream",
     .why = "It dies in the middle of the body.",
     .server = "body = \"100k\"\nframing = \"length\"\nfault = { crash = \"mid-body\", at = "
               "\"50k\", how = \"FIN\" }\n"},
    {.scenario = "fastcgi/cut-in-silence",
     .message = "upstream prematurely closed connection while reading upstream",
     .why = "It dies in the middle of its answer; fastcgi_keep_conn makes nginx notice that.",
     .only = "fastcgi",
     .proxy = "fastcgi_keep_conn = \"on\"\n",
     .server = "body = \"20k\"\nfault = { fastcgi = \"cut-content\", at = \"10k\", then = "
               "\"drain\" }\n"},
    {.scenario = "truncated-response/chunks-without-end",
     .message = "upstream prematurely closed connection while sending to client",
     .why = "It dies in the middle of the body.",
     .only = "http(s)",
     .proxy = "proxy_buffering = \"off\"\n",
     .server = "body = \"100k\"\nframing = \"chunked\"\nfault = { crash = \"mid-body\", at = "
               "\"50k\" }\n"},
    {.scenario = "truncated-response/reset-in-mid-body",
     .message = "readv() failed (104: *) while reading upstream",
     .why = "It resets the connection in the middle of the body.",
     .server =
         "body = \"100k\"\nframing = \"length\"\nfaults = [{ slow = \"body-stall\", at = "
         "\"50k\", delay = \"1s\" }, { crash = \"mid-body\", at = \"50k\", how = \"RST\" }]\n"},
    {.scenario = "truncated-response/reset-in-mid-body",
     .message = "recv() failed (104: *) while reading upstream",
     .why = "It resets the connection in the middle of the body.",
     .proxy = "<<prefix>>_buffering = \"off\"\n",
     .server =
         "body = \"100k\"\nframing = \"length\"\nfaults = [{ slow = \"body-stall\", at = "
         "\"50k\", delay = \"1s\" }, { crash = \"mid-body\", at = \"50k\", how = \"RST\" }]\n"},
    {.scenario = "stalled-response/export-pauses",
     .message = "upstream timed out (110: *) while reading upstream",
     .why = "It begins with the body and stops for longer than <<prefix>>_read_timeout.",
     .server = "body = \"100k\"\nframing = \"length\"\nfault = { slow = \"body-stall\", at = "
               "\"50k\" }\n"},
    {.scenario = "bad-chunks/first-chunk",
     .message = "upstream sent invalid chunked response while reading upstream",
     .why = "It sends a chunk whose size is no number.",
     .only = "http(s)",
     .server = "body = \"100k\"\nfault = { garbage = \"chunk-bad\", number = 1 }\n"},
    {.scenario = "bad-chunks/later-chunk",
     .message = "upstream sent invalid chunked response while sending to client",
     .why = "It sends a chunk whose size is no number.",
     .only = "http(s)",
     .proxy = "proxy_buffering = \"off\"\n",
     .server = "body = \"100k\"\nfault = { garbage = \"chunk-bad\", number = 13 }\n"},
    {.scenario = "extra-bytes/more-than-length",
     .message = "upstream sent more data than specified in \"Content-Length\" header while reading "
                "upstream",
     .why = "It sends more than its Content-Length says.",
     .proxy = kWarn,
     .server = "body = 1000\nfault = { garbage = \"length-too-short\", by = 50 }\n"},
    {.scenario = "extra-bytes/after-last-chunk",
     .message = "upstream sent data after final chunk while reading upstream",
     .why = "It sends more behind the last chunk.",
     .only = "http(s)",
     .proxy = kWarn,
     .server = "fault = { garbage = \"extra-after-chunked\", size = 10 }\n"},
    {.scenario = "websocket/quiet-for-too-long",
     .message = "upstream timed out (110: *) while proxying upgraded connection",
     .why = "Nobody says anything for longer than proxy_read_timeout.",
     .only = "http(s)",
     .proxy = "error_log_level = \"info\"\nproxy_http_version = \"1.1\"\n"
              "proxy_set_header = [\"Upgrade $http_upgrade\", \"Connection upgrade\"]\n",
     .server = "fault = { websocket = \"echo\" }\n",
     .requests = "[[request]]\n<<request>>upgrade = \"websocket\"\nmessages = [\"hello\"]\n"
                 "leave_after = \"12h\"\n"},
    {.scenario = "stalled-response/export-pauses",
     .message = "an upstream response is buffered to a temporary file * while reading upstream",
     .why = "It is faster than the client.",
     .proxy = kWarn,
     .server = "body = \"16m\"\n",
     .requests =
         "[[request]]\n<<request>><<body>>download_rate = \"10k\"\nleave_after = \"20s\"\n"},
    {.scenario = {},
     .message = "open() \"*\" failed (*: *) while reading upstream",
     .why = "It is faster than the client, and what waits may not be written to disk.",
     .proxy = "<<prefix>>_temp_path = \"<<folder>>\"\n",
     .server = "body = \"16m\"\n",
     .requests = "[[request]]\n<<request>><<body>>download_rate = \"10k\"\nleave_after = \"20s\"\n",
     .prepare = choose_folder},
    {.scenario = {},
     .message = "open() \"*\" failed (*: *)",
     .why = "It is well, and is not asked: the upload cannot be kept on disk.",
     .proxy = "client_body_temp_path = \"<<folder>>\"\n",
     .requests = "[[request]]\n<<request>>body = \"100k\"\n",
     .prepare = choose_folder},
});

}  // namespace

std::span<const Recipe> recipes_of_bodies() {
  return kRecipes;
}

}  // namespace badgate::harness::reproduce
