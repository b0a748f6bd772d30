#include "harness/audit/rules.h"

#include <array>

namespace badgate::harness::audit {

std::span<const Rule> rules() {
  static constexpr std::array kRules{
      &find_executed_twice,
      &find_no_server,
      &find_wrong_port,
      &find_no_resolver,
      &find_one_request_disables_all,
      &find_stuck_server,
      &find_stuck_auth,
      &find_retry_storm,
      &find_error_page_as_success,
      &find_errors_cached,
      &find_no_retry,
      &find_backup_not_reached,
      &find_unreachable_server,
      &find_wrong_protocol,
      &find_php_timeouts,
      &find_inner_timeouts,
      &find_late_retry,
      &find_small_buffer,
      &find_short_page,
      &find_websocket_headers,
      &find_no_server_name,
      &find_keepalive_race,
      &find_keepalive_unused,
      &find_error_page_from_application,
      &find_name_resolved_once,
      &find_websocket_idle,
      &find_errors_repeated,
      &find_errors_hidden,
      &find_small_uploads,
      &find_localhost,
      &find_kernel_timeout,
      &find_max_fails_unused,
      &find_limit_status,
  };
  return kRules;
}

}  // namespace badgate::harness::audit
