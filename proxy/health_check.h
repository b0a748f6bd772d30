// HealthChecks: asks each server of a group at intervals whether it is well, whatever requests
// there are, as health_check of nginx's commercial version does (ngx_http_upstream_hc_module, which
// is not published: this follows its documentation and its log lines). It owns the connections of
// the checks; the verdicts are the Group's.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/connection.h"
#include "net/http1_response.h"
#include "net/loop.h"
#include "proxy/balancer.h"
#include "proxy/error_log.h"
#include "proxy/settings.h"

namespace badgate::proxy {

class HealthChecks {
 public:
  // The timeouts are proxy_connect_timeout and proxy_read_timeout. All references must outlive it.
  HealthChecks(net::Loop& loop, ErrorLog& log, const HealthCheck& settings,
               const Upstream& upstream, std::shared_ptr<Group> group, const Location& timeouts);
  ~HealthChecks();

 private:
  class Probe;
  std::vector<std::unique_ptr<Probe>> probes_;
};

// "interval=5s fails=3 passes=2 uri=/health port=8081 status=200-299 mandatory", in any order.
net::Result<HealthCheck> parse_health_check(std::string_view text);

}  // namespace badgate::proxy
