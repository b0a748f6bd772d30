// What nginx refuses at start of upstream blocks (ngx_http_upstream_init_round_robin,
// ngx_http_upstream_server).
#pragma once

#include <vector>

#include "proxy/directives.h"
#include "proxy/settings.h"

namespace badgate::proxy {

// Adds what is wrong with Settings::upstreams to `out`.
void check_upstreams(const Settings& settings, std::vector<Contradiction>& out);

}  // namespace badgate::proxy
