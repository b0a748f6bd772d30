// What a proxy that is not nginx is asked to do, in terms that it may know. A setting that it
// cannot express is a reason to skip the scenario: nothing is approximated in silence.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "harness/drivers/driver.h"

namespace badgate::harness::drivers {

// The Error, with the code ENOTSUP: the scenario says a directive that is in none of the lists, in
// whatever block: "haproxy has nothing like proxy_buffering". `known` are those that the driver
// renders; what makes no difference to anybody but nginx's logs is known to all.
net::Result<void> all_known(const Setup& setup, std::string_view proxy,
                            std::span<const std::string_view> known);

// An ENOTSUP with these words.
tl::unexpected<net::Error> not_expressed(std::string_view proxy, std::string_view what);

// Whether [proxy] says the directive, and something else than what nginx does anyhow.
bool says(const Setup& setup, std::string_view directive);

// The group that all requests go to: the scenario has no locations and no further servers, and
// proxy_pass names a group, or an address, without a path; with `knows_fastcgi`, also fastcgi_pass.
// The Error is as above.
net::Result<const proxy::Upstream*> only_group(const Setup& setup, std::string_view proxy,
                                               bool knows_fastcgi = false);

// The folder of scripts, "/srv/app" of "fastcgi_param SCRIPT_FILENAME
// /srv/app$fastcgi_script_name". Proxies that make the variables of CGI themselves need nothing
// else of fastcgi_param, `include` and `root`; what is said there beyond those variables is an
// Error as above.
net::Result<std::string> scripts_folder(const Setup& setup, std::string_view proxy);

// Whether the client's wish for another protocol is passed on, as in every nginx that proxies
// WebSocket: by proxy_set_header, Upgrade and Connection at once.
bool passes_upgrade(const proxy::Settings& settings);

}  // namespace badgate::harness::drivers
