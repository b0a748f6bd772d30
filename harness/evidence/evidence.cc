#include "harness/evidence/evidence.h"

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

}  // namespace badgate::harness::evidence
