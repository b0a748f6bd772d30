// What of HAProxy's driver others need who write its configuration themselves (own_config/).
#pragma once

#include <string_view>

namespace badgate::harness::drivers {

// The text of `log-format` whose lines the driver reads.
std::string_view haproxy_log_format();

}  // namespace badgate::harness::drivers
