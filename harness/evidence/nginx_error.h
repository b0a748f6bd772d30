// A line of nginx's error log in its parts (ngx_log.c, ngx_log_error_core; ngx_http_request.c,
// ngx_http_log_error_handler). The parts are views into the line; nothing is allocated, so that a
// log of gigabytes can be read.
#pragma once

#include <optional>
#include <string_view>

#include "harness/evidence/evidence.h"

namespace badgate::harness::evidence {

struct NginxErrorLine {
  std::string_view date;        // "2026/11/23 04:15:25"; empty: printed before there was a log
  std::string_view level;       // "error"
  std::string_view connection;  // "17" of "*17"; empty: of no connection
  std::string_view message;     // without ", client: …", with the action
  std::string_view action;      // behind the last " while "; empty: it has none
  std::string_view client;
  std::string_view server;
  std::string_view request;  // "GET / HTTP/1.1"
  std::string_view subrequest;
  std::string_view upstream;  // "http://127.0.0.1:9000/"
  std::string_view host;
  std::string_view referrer;
  bool cut = false;  // it ends in the middle of a part
};

// nullopt: it is no such line. What a container or syslog wrote in front of the date is ignored.
std::optional<NginxErrorLine> split_nginx_error(std::string_view line);

// "http://unix:/run/app.sock:/uri" in its parts.
struct UpstreamUrl {
  std::string_view scheme;
  std::string_view address;
  std::string_view uri;
};
UpstreamUrl split_upstream(std::string_view upstream);

// Whether a line that begins a FastCGI stderr text goes on in the next line of the file.
bool goes_on(const NginxErrorLine& line);

std::optional<LogTime> nginx_time(std::string_view date);

Evidence evidence_of(const NginxErrorLine& line);

}  // namespace badgate::harness::evidence
