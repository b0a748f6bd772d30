// What clients do; nginx logs it at level info (ngx_http_upstream_check_broken_connection,
// ngx_http_request_body.c, ngx_http_writer).
#include <array>

#include "harness/reproduce/recipe.h"

namespace badgate::harness::reproduce {
namespace {

constexpr std::string_view kInfo = "error_log_level = \"info\"\n";
constexpr std::string_view kLeaves = "[[request]]\n<<request>><<body>>leave_after = \"10s\"\n";

constexpr auto kRecipes = std::to_array<Recipe>({
    {.scenario = "client-gone/gives-up-waiting",
     .message = "epoll_wait() reported that client prematurely closed connection, so upstream "
                "connection is closed too while sending request to upstream",
     .why = "It takes longer than the client waits.",
     .proxy = kInfo,
     .server = "service_time = \"30s\"\n",
     .requests = kLeaves},
    {.scenario = "client-gone/while-connecting",
     .message = "epoll_wait() reported that client prematurely closed connection, so upstream "
                "connection is closed too while connecting to upstream",
     .why = "Packets to it vanish, and the client does not wait for the end of that.",
     .only = "tcp",
     .proxy = kInfo,
     .server = "fault = { firewall = \"drop\" }\n",
     .requests = kLeaves},
    {.scenario = "client-gone/in-mid-download",
     .message = "epoll_wait() reported that client prematurely closed connection, so upstream "
                "connection is closed too while reading upstream",
     .why = "It pauses in the middle of the body, and the client leaves.",
     .proxy = kInfo,
     .server = "body = \"100k\"\nfault = { slow = \"body-stall\", at = 20000, delay = \"30s\" }\n",
     .requests = kLeaves},
    {.scenario = "client-gone/before-anything-was-sent",
     .message = "epoll_wait() reported that client prematurely closed connection, so upstream "
                "connection is closed too while sending to client",
     .why = "It pauses in the middle of the body, and the client leaves.",
     .proxy = "error_log_level = \"info\"\n<<prefix>>_buffering = \"off\"\n",
     .server = "fault = { slow = \"body-stall\", at = 20, delay = \"30s\" }\n",
     .requests = kLeaves},
    {.scenario = "client-gone/during-upload",
     .message = "client prematurely closed connection",
     .why = "It is well, and is not asked.",
     .proxy = kInfo,
     .requests = "[[request]]\n<<request>>body = \"500k\"\nupload_rate = \"200k\"\n"
                 "leave_after_bytes = \"100k\"\n"},
    {.scenario = "client-gone/during-upload",
     .message = "client prematurely closed connection while sending request to upstream",
     .why = "It reads the upload while it comes.",
     .proxy = "error_log_level = \"info\"\n<<prefix>>_request_buffering = \"off\"\n"
              "<<prefix>>_http_version = \"1.1\"\n",
     .requests = "[[request]]\n<<request>>body = \"500k\"\nupload_rate = \"200k\"\n"
                 "leave_after_bytes = \"100k\"\n"},
    {.scenario = "client-gone/reads-too-slowly",
     .message = "client timed out (110: *) while sending to client",
     .why = "It is fast, and the client reads nearly nothing.",
     .proxy = "error_log_level = \"info\"\nsend_timeout = \"5s\"\n",
     .server = "body = \"8m\"\n",
     .requests = "[[request]]\n<<request>><<body>>download_rate = 1\nleave_after = \"20s\"\n"},
    {.scenario = "client-gone/during-upload",
     .message = "client * closed keepalive connection",
     .why = "It is well.",
     .proxy = kInfo},
});

}  // namespace

std::span<const Recipe> recipes_of_clients() {
  return kRecipes;
}

}  // namespace badgate::harness::reproduce
