// Pass directives: whom the locations pass requests to, with the variables that `set` and `map`
// give values.
#pragma once

#include <string>
#include <string_view>

#include "harness/nginx_conf/site.h"

namespace badgate::harness::nginx_conf {

// Reads the pass directives of all locations. Addresses that no `upstream` block names are added to
// the site's groups. Of a `map` its default, or else its first value, is taken.
void resolve_passes(Site& site);

// `text` with the values of the variables that are known in the location: those of `set` and of
// `map`. What is not known stays as it is. A map of a request's header ($http_upgrade) is taken for
// a request without that header.
std::string substituted(const Site& site, LocationRef ref, std::string_view text);

}  // namespace badgate::harness::nginx_conf
