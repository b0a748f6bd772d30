// Check: what nginx refuses in a configuration whose braces and quotes are in order, as far as
// known.h knows it.
#pragma once

#include "harness/nginx_conf/reports.h"
#include "harness/nginx_conf/tree.h"

namespace badgate::harness::nginx_conf {

// A file without http{} may be a part of one: then `server`, `upstream` and `location` may stand at
// its top.
void check(const Tree& tree, Reports& into);

}  // namespace badgate::harness::nginx_conf
