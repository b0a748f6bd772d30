#include "harness/evidence/evidence.h"

#include "harness/evidence/nginx_error.h"

namespace badgate::harness::evidence {

std::string_view to_string(Source source) {
  switch (source) {
    case Source::nginx_error:
      return "nginx's error log";
    case Source::nginx_access:
      return "nginx's access log";
    case Source::haproxy:
      return "HAProxy's log";
    case Source::apache_error:
      return "Apache's error log";
    case Source::envoy:
      return "Envoy's access log";
    case Source::php_fpm:
      return "PHP-FPM's log";
  }
  return {};
}

std::optional<Evidence> read_line(std::string_view line) {
  if (const auto error = split_nginx_error(line)) return evidence_of(*error);
  return std::nullopt;
}

}  // namespace badgate::harness::evidence
