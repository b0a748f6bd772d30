// What a script of the modelled PHP-FPM comes to: PHP's own answers where it finds no script, where
// the script goes beyond a limit or ends in a fatal error, and the status page. The words are PHP
// 8.2's with display_errors = 0 and log_errors = 1, as php.ini-production has it.
#pragma once

#include <string>
#include <string_view>

#include "fault_backends/fpm_pool.h"
#include "fault_backends/response.h"
#include "net/time.h"

namespace badgate::fault_backends {

// The file that SCRIPT_FILENAME means: Apache's mod_proxy_fcgi writes "proxy:fcgi://HOST:PORT" in
// front of it, and PHP-FPM takes that off again (fpm_main.c, init_request_info).
std::string path_of_script(std::string_view script_filename);

// How long the script computes: until it is done, or until max_execution_time.
net::Duration compute_time(const FpmSettings& settings);

// Changes the answer of a healthy script into what really comes.
void run_script(Response& response, const FpmPool& pool);

// A fatal error, `message` as PHP words it: before any output, or after `output` bytes of it.
void end_fatally(Response& response, std::string_view message);
void end_fatally_after(Response& response, std::string_view message, std::uint64_t output);

}  // namespace badgate::fault_backends
