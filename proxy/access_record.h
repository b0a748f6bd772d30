// What variables say of a request: as it ended, for the access log, or while it is worked on.
#pragma once

#include "net/loop.h"
#include "proxy/access_log.h"
#include "proxy/request.h"

namespace badgate::proxy {

// Views of `request` and `client`, which must outlive it and not change while it is used.
AccessRecord access_record(const Request& request, const Client& client, const net::Loop& loop);

}  // namespace badgate::proxy
