// Names that are written literally, for proxies that would ask the machine's own resolver for them:
// there the scenario's names are not known.
#pragma once

#include "harness/drivers/driver.h"

namespace badgate::harness::drivers {

// The same setup with an upstream block in place of each host name in a proxy_pass that
// Settings::hosts knows, and addresses in place of those in server lines without `resolve`:
// "http://app.internal:8080/x" becomes "http://app.internal/x", and `upstream app.internal` has the
// addresses. What is not known is left for the proxy to refuse.
Setup with_known_hosts(Setup setup);

}  // namespace badgate::harness::drivers
