// Known: where nginx's directives may stand and with how many arguments, as its modules'
// ngx_command_t say it. Of the modules that Debian's and nginx.org's packages have built in; others
// are unknown, which is no mistake here: they may be a module's that we do not know.
#pragma once

#include <cstdint>
#include <string_view>

#include "harness/nginx_conf/tree.h"

namespace badgate::harness::nginx_conf {

// What a directive stands in, one bit each. In `other` anything may stand: map, types, stream …
enum Context : std::uint16_t {
  in_main = 1,
  in_events = 2,
  in_http = 4,
  in_server = 8,
  in_location = 16,
  in_upstream = 32,
  in_if_of_server = 64,
  in_if_of_location = 128,
  in_limit_except = 256,
  in_other = 512,
};

// What the block of `directive`, which stands in `context`, is.
Context context_of(const Directive& directive, Context context);

// Whether there is a directive of that name, in any context.
bool is_known(std::string_view name);
// Whether one of that name may stand there.
bool is_allowed(std::string_view name, Context context);

// In nginx's words, if it refuses the directive there: "is not allowed here", "has no opening "{"",
// "invalid number of arguments", a value that is no time, size or flag. Empty: it is in order, or
// unknown.
std::string mistake_of(const Directive& directive, Context context);

// Whether a second one in the same block is a "is duplicate".
bool is_single(std::string_view name, Context context);

}  // namespace badgate::harness::nginx_conf
