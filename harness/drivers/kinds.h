// Kinds: what is particular to each proxy that is somebody else's program, without the path and the
// version of one that is installed. Its driver and its tests have it from here.
#pragma once

#include "harness/drivers/external.h"

namespace badgate::harness::drivers {

Kind apache_kind();
Kind caddy_kind();
Kind haproxy_kind();
Kind lighttpd_kind();
Kind squid_kind();
Kind trafficserver_kind();
Kind varnish_kind();

}  // namespace badgate::harness::drivers
