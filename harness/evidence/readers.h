// The readers of single formats, one file each. nullopt: the line is of another format.
#pragma once

#include <optional>
#include <string_view>

#include "harness/evidence/evidence.h"

namespace badgate::harness::evidence {

// nginx's access log: the formats that people use most, and `name=value` behind or instead of them.
std::optional<Evidence> read_nginx_access(std::string_view line);

// One JSON object a line: nginx's, or Envoy's.
std::optional<Evidence> read_json(std::string_view line);

// `option httplog`, with or without syslog's prefix and the date.
std::optional<Evidence> read_haproxy(std::string_view line);

// ErrorLog of Apache httpd 2.4.
std::optional<Evidence> read_apache_error(std::string_view line);

// Envoy's default access log, of all its versions, and Istio's.
std::optional<Evidence> read_envoy(std::string_view line);

// PHP-FPM's error_log.
std::optional<Evidence> read_php_fpm(std::string_view line);

}  // namespace badgate::harness::evidence
