// Rules: what does harm in a configuration when servers fail. Each looks at one location and adds
// what it finds.
#pragma once

#include <span>
#include <vector>

#include "harness/audit/subject.h"

namespace badgate::harness::audit {

using Findings = std::vector<Finding>;
using Rule = void (*)(const Subject&, Findings&);

// In order of harm, which findings of the same severity keep.
std::span<const Rule> rules();

// rules_retries.cc: what is done after a failure.
void find_executed_twice(const Subject& subject, Findings& into);
void find_one_request_disables_all(const Subject& subject, Findings& into);
void find_no_retry(const Subject& subject, Findings& into);
void find_backup_not_reached(const Subject& subject, Findings& into);
void find_retry_storm(const Subject& subject, Findings& into);
void find_errors_repeated(const Subject& subject, Findings& into);

// rules_timeouts.cc: how long anybody waits.
void find_stuck_server(const Subject& subject, Findings& into);
void find_stuck_auth(const Subject& subject, Findings& into);
void find_unreachable_server(const Subject& subject, Findings& into);
void find_late_retry(const Subject& subject, Findings& into);
void find_php_timeouts(const Subject& subject, Findings& into);
void find_inner_timeouts(const Subject& subject, Findings& into);
void find_kernel_timeout(const Subject& subject, Findings& into);
void find_wrong_protocol(const Subject& subject, Findings& into);

// rules_servers.cc: the upstream block.
void find_no_server(const Subject& subject, Findings& into);
void find_keepalive_unused(const Subject& subject, Findings& into);
void find_keepalive_race(const Subject& subject, Findings& into);
void find_max_fails_unused(const Subject& subject, Findings& into);
void find_name_resolved_once(const Subject& subject, Findings& into);
void find_no_resolver(const Subject& subject, Findings& into);
void find_localhost(const Subject& subject, Findings& into);

// rules_tls.cc
void find_wrong_port(const Subject& subject, Findings& into);
void find_no_server_name(const Subject& subject, Findings& into);

// rules_answers.cc: what users get.
void find_small_buffer(const Subject& subject, Findings& into);
void find_short_page(const Subject& subject, Findings& into);
void find_error_page_as_success(const Subject& subject, Findings& into);
void find_errors_cached(const Subject& subject, Findings& into);
void find_error_page_from_application(const Subject& subject, Findings& into);
void find_errors_hidden(const Subject& subject, Findings& into);
void find_websocket_headers(const Subject& subject, Findings& into);
void find_websocket_idle(const Subject& subject, Findings& into);
void find_limit_status(const Subject& subject, Findings& into);
void find_small_uploads(const Subject& subject, Findings& into);

}  // namespace badgate::harness::audit
