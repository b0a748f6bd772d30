// Hints: what in the rest of the evidence speaks for one suspect of a rule and against another.
#include "harness/diagnosis/rules.h"

namespace badgate::harness::diagnosis {
namespace {

constexpr auto kHints = std::to_array<Hint>({
    // Kept connections: the upstream's end of an idle connection meets the next request.
    {"keepalive-race/get-is-retried", is_post, kImpossible, ""},
    {"keepalive-race/get-is-retried", took_a_moment, kImpossible, ""},
    {"keepalive-race/get-is-retried", retried_to_success, 25,
     "the second try at once was answered: the first had met a kept connection that was closed"},
    {"keepalive-race/get-is-retried", in_log<&Context::upstream_answered>, 25,
     "the same server has answered other requests"},
    {"keepalive-race/post-is-not-retried", took_a_moment, kImpossible, ""},
    {"keepalive-race/post-is-not-retried", ended_at_once, 5,
     "it ended at once, and a POST is not retried"},
    {"keepalive-race/post-is-not-retried", in_log<&Context::upstream_answered>, 40,
     "the same server has answered other requests"},
    {"keepalive-race/reset-in-place-of-close", took_a_moment, kImpossible, ""},
    {"keepalive-race/reset-in-place-of-close", retried_to_success, 25,
     "the second try at once was answered: the first had met a kept connection that was closed"},
    {"keepalive-race/reset-in-place-of-close", in_log<&Context::upstream_answered>, 20,
     "the same server has answered other requests"},
    {"keepalive-race/firewall-forgets-idle-connections", in_log<&Context::quiet_before>, 80,
     "the same server had answered at once, and then nobody asked it for a while"},
    {"keepalive-race/healthy-servers-marked-as-failed", in_log<&Context::stale_before>, 50,
     "right before it, kept connections of every server turned out to be closed"},

    // What ends after a round time was ended by somebody's clock.
    {"application-crash/worker-killed-after-30s", took_round_time, 30,
     "it ended after a round number of seconds, as timeouts do"},
    {"application-crash/worker-killed-after-30s", ended_at_once, -25, ""},
    {"timeout-order/same-timeout-twice", in_log<&Context::both_ends>, 120,
     "the log has 504 and 502 for the same path after the same time"},
    {"timeout-order/balancer-gives-up-first", balancers_time, 15,
     "the client left after a round number of seconds, as balancers do"},
    {"php-fpm/terminate-timeout", took_round_time, 20,
     "it ended after a round number of seconds, as timeouts do"},
    {"php-fpm/terminate-timeout", in_log<&Context::script_ended>, 40,
     "PHP-FPM's log says that it ended a script"},
    {"php-fpm/child-crashes", in_log<&Context::child_died>, 30,
     "PHP-FPM's log says that a child exited on a signal"},
    {"php-fpm/max-children-reached", in_log<&Context::children_busy>, 40,
     "PHP-FPM's log says that pm.max_children was reached"},

    // What the client got.
    {"truncated-response/header-and-nothing", sent_no_body, 40,
     "the client got no byte of the body"},
    {"tls/cut-without-close-notify", is_tls, 60, "the connection was TLS"},
    {"early-response/answer-and-close", is_post, 25, "the request had a body"},

    // Several tries.
    {"retry-storm/order-placed-twice", tries_timed_out, 20,
     "the order was sent to several servers"},
    {"retry-storm/three-times-a-minute", tries_timed_out, 35,
     "several tries have timed out in a row"},
    {"retry-storm/put-executed-twice", is_put, 5, "a PUT or DELETE is retried"},
    {"upstream-down/one-of-two-is-down", retried_to_success, 30, "another server has answered it"},
    {"error-page/second-group-as-fallback", redirected, 20, "another location has answered it"},

    // Around it.
    {"deploy/restart-of-the-only-server", in_log<&Context::upstream_refused>, 20,
     "connections to it were refused within seconds of this line"},
    {"application-crash/crash-takes-everybody-along", in_log<&Context::many_at_once>, 15,
     "several requests of it ended in the same second"},
    {"overload/second-server-pulled-down", in_log<&Context::slow_before>, 40,
     "its servers have timed out right before"},
    {"upstream-down/both-are-down", in_log<&Context::refused_before>, 5,
     "its servers have refused connections right before"},
    {"header-too-big/takes-its-server-along", in_log<&Context::too_big_before>, 80,
     "\"upstream sent too big header\" stands right before it"},
    {"application-error/a-503-becomes-a-502", in_log<&Context::alone>, 60,
     "no other line says why a server failed: it was its own answer (http_503 …)"},
    {"application-error/a-503-becomes-a-502", in_log<&Context::own_status_before>, 90,
     "a server was marked as failed right before it, and no line says why: its own answer did it"},
    {"pool-empty/marked-down", in_log<&Context::alone>, 60,
     "no line before it says that a server failed"},

    // The resolver's own lines.
    {"name-resolution/name-server-down", in_log<&Context::resolver_refused>, 40,
     "the resolver says that nothing listens there"},
    {"name-resolution/answer-of-another-query", in_log<&Context::wrong_ident>, 60,
     "the resolver says \"wrong ident\""},
    {"name-resolution/cut-off-answer", in_log<&Context::short_answer>, 70,
     "the resolver says \"short DNS response\""},
    {"name-resolution/format-error", in_log<&Context::format_error>, 80,
     "the resolver says \"Format error\""},
});
// Verdict::hints has a bit for each.
static_assert(kHints.size() <= 64);

}  // namespace

std::span<const Hint> hints() {
  return kHints;
}

}  // namespace badgate::harness::diagnosis
