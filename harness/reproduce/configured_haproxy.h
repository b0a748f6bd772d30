// Configured, HAProxy's part: the frontend and backend of a haproxy.cfg that a line speaks of, as a
// scenario file says them. The reverse of what drivers/haproxy.cc renders; what a scenario has no
// word for is named as left out.
#pragma once

#include "harness/evidence/evidence.h"
#include "harness/haproxy_cfg/pair.h"
#include "harness/reproduce/frame.h"
#include "net/result.h"

namespace badgate::harness::reproduce {

// The Error says which frontend, backend or server there is not, or that the line cannot be of this
// configuration: it tells of a timeout that is not set there.
net::Result<Configured> configured_by(const haproxy_cfg::Site& site,
                                      const evidence::Evidence& line);

// That frontend and backend.
net::Result<haproxy_cfg::Pair> pair_of(const haproxy_cfg::Site& site,
                                       const evidence::Evidence& line);

}  // namespace badgate::harness::reproduce
