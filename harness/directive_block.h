// What a tree of directives means: settings, with what each block inherits.
#pragma once

#include <string>

#include "harness/scenario.h"
#include "proxy/settings.h"

namespace badgate::harness {

// `base` with the directives of `top`, whose values the loader has checked: what is wrong is left
// out. The servers and locations are in the order of the blocks.
proxy::Settings settings_of(const DirectiveBlock& top, proxy::Settings base);

// `base` changed by `over`: directives of the same name are replaced, blocks of the same name and
// argument changed in the same way, others added.
void overlay(DirectiveBlock& base, const DirectiveBlock& over);

// The directives of an upstream block, whose values the loader has checked, into the group that it
// names.
void apply_group(const DirectiveBlock& group, proxy::Settings& into);

// In one line: "proxy_read_timeout 90s; location /api/ { proxy_buffering off; }".
std::string to_text(const DirectiveBlock& block);

}  // namespace badgate::harness
