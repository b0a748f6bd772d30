#include "fault_backends/fpm_script.h"

#include <fmt/core.h>

#include <algorithm>

namespace badgate::fault_backends {
namespace {

using std::chrono::seconds;

void refuse(Response& response, int status, std::string body, std::string err) {
  response.set_status(status);
  response.set_body(std::move(body));
  response.records.err = std::move(err);
}

// fpm_main.c: the file is opened first, and what it is called is looked at then.
bool is_refused(Response& response, const FpmSettings& settings) {
  const std::string& script = response.asked.script;
  if (settings.root.empty()) return false;
  if (!script.starts_with(settings.root + "/")) {
    refuse(response, 404, "File not found.\n", "Primary script unknown");
    return true;
  }
  if (script.ends_with(".php")) return false;
  refuse(response, 403, "Access denied.\n",
         fmt::format("Access to the script '{}' has been denied (see security.limit_extensions)",
                     script));
  return true;
}

std::string fatal_words(const Response& response, std::string_view message) {
  const std::string& script = response.asked.script;
  return fmt::format("PHP message: PHP Fatal error:  {} in {} on line 3", message,
                     script.empty() ? "/srv/app/index.php" : script);
}

bool is_status_page(Response& response, const FpmPool& pool) {
  const auto& settings = pool.settings();
  if (settings.status_path.empty() || response.asked.script_name != settings.status_path)
    return false;
  const bool json = response.asked.uri.find("?json") != std::string::npos;
  response.set_header("Content-type", json ? "application/json" : "text/plain;charset=UTF-8");
  response.set_header("Cache-Control", "no-cache, no-store, must-revalidate, max-age=0");
  response.set_header("Expires", "Thu, 01 Jan 1970 00:00:00 GMT");
  response.set_status(200);
  response.set_body(json ? pool.status_json() : pool.status_text());
  return true;
}

}  // namespace

std::string path_of_script(std::string_view script_filename) {
  for (const std::string_view prefix : {"proxy:fcgi://", "proxy:balancer://"}) {
    if (!script_filename.starts_with(prefix)) continue;
    const auto slash = script_filename.find('/', prefix.size());
    script_filename.remove_prefix(std::min(slash, script_filename.size()));
    return std::string(script_filename.substr(0, script_filename.find('?')));
  }
  return std::string(script_filename);
}

net::Duration compute_time(const FpmSettings& settings) {
  const auto limit = settings.max_execution_time;
  return limit > net::Duration{} ? std::min(settings.compute_time, limit) : settings.compute_time;
}

void run_script(Response& response, const FpmPool& pool) {
  const FpmSettings& settings = pool.settings();
  if (is_status_page(response, pool) || is_refused(response, settings)) return;
  if (settings.memory_limit > 0 && settings.script_memory > settings.memory_limit) {
    end_fatally(
        response,
        fmt::format("Allowed memory size of {} bytes exhausted (tried to allocate {} bytes)",
                    settings.memory_limit, settings.script_memory));
  } else if (compute_time(settings) < settings.compute_time) {
    const auto limit = std::chrono::duration_cast<seconds>(settings.max_execution_time).count();
    end_fatally(response, fmt::format("Maximum execution time of {} second{} exceeded", limit,
                                      limit == 1 ? "" : "s"));
  }
}

void end_fatally(Response& response, std::string_view message) {
  response.records.err = fatal_words(response, message);
  response.set_status(500);
  response.set_body(0);
}

void end_fatally_after(Response& response, std::string_view message, std::uint64_t output) {
  response.records.err = fatal_words(response, message);
  response.records.err_at = RecordShape::ErrAt::end;
  response.body_cut = output;
}

}  // namespace badgate::fault_backends
