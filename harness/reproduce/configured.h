// Configured: the place of an nginx.conf that a line speaks of, as a scenario file says it.
#pragma once

#include <optional>
#include <string>

#include "harness/evidence/evidence.h"
#include "harness/nginx_conf/site.h"
#include "harness/reproduce/frame.h"
#include "net/result.h"

namespace badgate::harness::reproduce {

// The location by the line's server, host and URI, and if there are several, by its upstream. The
// Error says that the site has none such, or what badgate's own proxy does not speak.
net::Result<Configured> configured_by(const nginx_conf::Site& site, const evidence::Evidence& line);

// That location; nothing: there is none.
std::optional<nginx_conf::LocationRef> place_of(const nginx_conf::Site& site,
                                                const evidence::Evidence& line);

}  // namespace badgate::harness::reproduce
