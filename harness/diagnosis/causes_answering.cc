#include <array>

#include "harness/diagnosis/known_causes.h"

namespace badgate::harness::diagnosis {
namespace {

// With the upstream's answer: sending, waiting, heads and bodies.
constexpr auto kKnown = std::to_array<KnownCause>({
    // Sending the request.
    {"slow-upload/app-stops-reading", "C1",
     "The application has stopped reading the upload: it waits, or works on what it has.",
     "`ss -tn` shows a Send-Q at nginx that does not move"},
    {"slow-upload/app-reads-slowly", "C2",
     "The application reads the upload, but so slowly that the socket's buffer seldom drains.",
     "`ss -tn` shows a Send-Q at nginx that shrinks bit by bit"},
    {"network-trouble/large-packets-vanish", "C8",
     "Large packets vanish on the way (MTU): small requests work, large ones hang.",
     "`ping -M do -s 1472 HOST` gets no answer"},
    {"early-response/answer-and-close", "C3",
     "The application answered before it had read the whole upload, and closed: its answer (413, "
     "401) is lost.",
     "the application's own log has an answer to the request"},
    {"early-response/reset-during-upload", "C5",
     "The application reset the connection during the "
     "upload.",
     "the application's own log has a crash, and no answer"},
    {"proxy-protocol/expected-and-missing", "C7",
     "The upstream expects the PROXY protocol, and nginx does not speak it (or the other way "
     "round).",
     "it fails for every request; the upstream's configuration says accept-proxy or "
     "proxy_protocol"},
    // Waiting for the header.
    {"slow-application/report-takes-75s", "D1",
     "The application takes longer than the read timeout to answer.",
     "the application's own log has the request, finished later"},
    {"slow-application/slow-order-is-not-retried", "D1",
     "The application takes longer than the read timeout, and an order (POST) is not retried.",
     "the application's own log has the request, finished later"},
    {"slow-application/deadlock", "D1",
     "The application does not answer at all: a deadlock, or all of its workers wait.",
     "a stack dump of the application (`py-spy dump`, `jstack`, `gdb -p`) shows them waiting"},
    {"slow-application/blocked-event-loop", "D7",
     "The application's event loop is blocked: connections open at once, and nothing is answered.",
     "requests to trivial paths hang as well; `top` shows one thread at 100 %"},
    {"slow-application/stopped-process", "D7", "The application's process is stopped or frozen.",
     "`ps -o stat` shows T or D"},
    {"slow-application/stopped-process-queue-fills", "D7",
     "The application does not accept any more (stopped, blocked): its queue is full, the kernel "
     "drops the rest.",
     "`ss -lnt` shows Recv-Q above Send-Q; requests before it timed out while reading the header"},
    {"slow-application/header-drips", "D5",
     "The header comes byte by byte: proxy_read_timeout bounds the whole of it.",
     "`curl --trace-time -v` at the application shows the header growing"},
    {"slow-application/header-stalls", "D4", "The application stops in the middle of its header.",
     "`curl --trace-time -v` at the application shows half a header"},
    {"slow-application/one-click-two-reports", "O4",
     "A slow page is asked of a second server when the first is too slow: all work is done twice.",
     "$upstream_status has \"504, …\""},
    {"database/slow-query", "D1", "A query of the database takes longer than the read timeout.",
     "the database's slow query log at that time"},
    {"database/slow-tail", "D1",
     "A few queries take far longer than the others, and only their requests time out.",
     "the database's slow query log; the 99th percentile of $upstream_response_time"},
    {"database/behind-a-firewall", "D1",
     "The application waits for its database, which a firewall has cut off.",
     "`ss -tnp` on the application's machine shows SYN-SENT to the database"},
    {"database/connection-pool-empty", "O1",
     "The application's pool of database connections is empty: requests wait for one.",
     "the application's log (\"timeout waiting for a connection\"), the pool's gauge"},
    {"overload/twice-as-many", "O1",
     "The application gets more requests than it can do: they wait in line until they time out.",
     "$upstream_response_time grew for minutes before the first line"},
    {"overload/second-server-pulled-down", "O1",
     "One server was overloaded, and its share has pulled down the others as well.",
     "the servers' failures began one after the other"},
    {"retry-storm/three-times-a-minute", "O4",
     "Each try takes the whole timeout, and there are several: visitors wait for all of them.",
     "$upstream_response_time has several times the timeout"},
    {"retry-storm/order-placed-twice", "O4",
     "An order timed out and was sent to a second server: it may have been placed twice.",
     "$upstream_status has \"504, …\" for a POST: proxy_next_upstream has non_idempotent"},
    {"retry-storm/put-executed-twice", "O4",
     "A PUT or DELETE failed after it was sent, and was sent again: it was executed twice.",
     "$upstream_status has several entries for a PUT or DELETE"},
    {"retry-storm/impatient-visitor", "O4",
     "Visitors reload a slow page: each reload adds work that nobody waits for.",
     "the same client and path several times within the timeout, with $status 499"},
    {"timeout-order/same-timeout-twice", "O6",
     "The application's own timeout is the proxy's: sometimes one is first, sometimes the other.",
     "502 (prematurely closed) and 504 (timed out) for the same path, after the same time"},
    {"timeout-order/balancer-gives-up-first", "L5",
     "Something in front of nginx (a balancer, a CDN) gives up before nginx does.",
     "$request_time of the 499 is always the same round number, and the balancer logs a 504"},
    {"routing/timeout-in-the-wrong-location", "D1",
     "The longer timeout that somebody configured is in a location that this request did not take.",
     "`nginx -T` : which location matches the path?"},
    {"deploy/reload-while-waiting", "D1",
     "The timeout was raised by a reload, and the request still had the old one.",
     "nginx was reloaded while the request was waiting"},
    // The application's end.
    {"application-crash/worker-killed-after-30s", "D2",
     "The application killed its own worker: its timeout (gunicorn --timeout, harakiri) is shorter "
     "than the proxy's.",
     "the application's log (\"WORKER TIMEOUT\"); $upstream_response_time is a round number"},
    {"application-crash/segfault", "D3", "The application's worker crashes over this request.",
     "`dmesg` (segfault, Out of memory), `coredumpctl`, the application's log"},
    {"application-crash/order-dies-with-its-worker", "D2",
     "The application's worker died over an order (POST), which is not retried.",
     "`dmesg`, `coredumpctl`, the application's log"},
    {"application-crash/one-server-crashes", "D2",
     "One server's worker crashes over this request; another one answers it.",
     "`dmesg`, `coredumpctl` on that server"},
    {"application-crash/crash-takes-everybody-along", "D2",
     "The whole application died, with every request that it was working on.",
     "many such lines in the same second, then connections are refused"},
    {"application-crash/dies-in-the-header", "D4",
     "The application dies while it writes its header.", "`tcpdump` shows half a header"},
    {"application-crash/reset-in-the-header", "D4",
     "The connection is reset in the middle of the header.", "`tcpdump` shows half a header"},
    {"out-of-memory/killed-again-and-again", "O3",
     "The kernel kills the application for want of memory, again and again.",
     "`dmesg | grep -i 'killed process'`"},
    {"out-of-memory/download-cut-by-the-killer", "O3",
     "The kernel killed the application for want of memory in the middle of its answer.",
     "`dmesg | grep -i 'killed process'`"},
    {"deploy/restart-of-the-only-server", "O2",
     "The only server is restarted while it works: what was under way is lost.",
     "`journalctl -u APPLICATION` has a restart at that time"},
    {"deploy/rolling-restart", "O2",
     "A rolling restart was too fast: all servers counted as failed at the same time.",
     "the failures began with a deploy, one server after the other"},
    {"deploy/traffic-moves-to-the-new-group", "O2",
     "The old group was stopped while it still had requests.", "a deploy at that time"},
    {"keepalive-race/post-is-not-retried", "K2",
     "A kept connection was closed by the upstream in the moment when it was used again, and a "
     "POST "
     "is not retried.",
     "$upstream_connect_time 0.000, an answer at once, after a pause: the upstream's idle timeout "
     "is "
     "shorter than keepalive_timeout in the upstream block"},
    {"keepalive-race/get-is-retried", "K2",
     "A kept connection was closed by the upstream in the moment when it was used again; the retry "
     "saved it.",
     "$upstream_status \"502, 200\" with $upstream_connect_time 0.000"},
    {"keepalive-race/new-nginx-keeps-connections", "K2",
     "nginx 1.29.7 and newer keep connections to upstream groups by default, and the upstream "
     "closes "
     "them first.",
     "it began with an upgrade of nginx, without any `keepalive` line"},
    {"keepalive-race/reset-in-place-of-close", "K3",
     "A kept connection was reset by the upstream in the moment when it was used again.",
     "$upstream_connect_time 0.000, an answer at once, after a pause"},
    {"keepalive-race/healthy-servers-marked-as-failed", "I4",
     "Stale kept connections made healthy servers count as failed, one after the other.",
     "\"prematurely closed\" with $upstream_connect_time 0.000 right before it, on every server"},
    {"keepalive-race/firewall-forgets-idle-connections", "K4",
     "A firewall or NAT forgets idle connections in silence, and nginx used one of them again.",
     "only requests after a quiet time hang; $upstream_connect_time is 0.000"},
});

}  // namespace

std::span<const KnownCause> causes_answering() {
  return kKnown;
}

}  // namespace badgate::harness::diagnosis
