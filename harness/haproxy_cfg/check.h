// Check: what is known of HAProxy's keywords, and the mistakes that it would refuse to start with.
// Keywords that are not known are no mistake here, unless one that is known was probably meant:
// they may be of a newer version.
#pragma once

#include <string_view>

#include "harness/haproxy_cfg/file.h"
#include "harness/haproxy_cfg/sources.h"

namespace badgate::harness::haproxy_cfg {

// frontend, backend, listen.
bool is_proxy(std::string_view section);

// Of proxies and `defaults`: known here.
bool is_keyword(std::string_view word);
bool is_option(std::string_view word);

void check(const File& file, Sources& into);

}  // namespace badgate::harness::haproxy_cfg
