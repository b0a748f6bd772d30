#include "harness/nginx_conf/known.h"

#include <fmt/core.h>

#include <array>
#include <map>
#include <string>
#include <vector>

#include "net/ascii.h"
#include "net/text.h"

namespace badgate::harness::nginx_conf {
namespace {

enum class Value : std::uint8_t { any, time, size, number, flag, buffers };

constexpr unsigned kMany = 1000;
constexpr std::uint16_t H = in_http;
constexpr std::uint16_t HS = in_http | in_server;
constexpr std::uint16_t HSL = in_http | in_server | in_location;
constexpr std::uint16_t SL = in_server | in_location;
constexpr std::uint16_t L = in_location;
constexpr std::uint16_t U = in_upstream;
constexpr std::uint16_t ifs = in_if_of_server | in_if_of_location;

// Directives that differ in nothing but their names.
struct Group {
  std::uint16_t contexts;
  bool block;
  unsigned least;  // arguments
  unsigned most;
  Value value;
  std::string_view names;
  // The prefixes of upstream modules that have each of `names`: "proxy_" and so on.
  std::string_view prefixes = "";
};

constexpr std::string_view kPassing = "proxy_ fastcgi_ uwsgi_ scgi_ grpc_ memcached_";
constexpr std::string_view kBuffering = "proxy_ fastcgi_ uwsgi_ scgi_";
constexpr std::string_view kSecure = "proxy_ uwsgi_ grpc_";

constexpr std::array kGroups{
    Group{in_main, true, 0, 0, Value::any, "events http"},
    Group{H, true, 0, 0, Value::any, "server"},
    Group{H, true, 1, 1, Value::any, "upstream"},
    Group{H, true, 1, 2, Value::any, "geo"},
    Group{H, true, 2, 2, Value::any, "map split_clients charset_map"},
    Group{SL, true, 1, 2, Value::any, "location"},
    Group{SL, true, 1, kMany, Value::any, "if"},
    Group{L, true, 1, kMany, Value::any, "limit_except"},
    Group{HSL, true, 0, 0, Value::any, "types"},
    Group{in_events, false, 1, 1, Value::any, "worker_connections use debug_connection"},
    Group{in_events, false, 1, 1, Value::flag, "multi_accept accept_mutex"},
    Group{in_main, false, 1, 1, Value::any, "pid lock_file worker_processes load_module env"},
    Group{in_main, false, 1, 2, Value::any, "user"},
    Group{in_main, false, 1, 1, Value::flag, "daemon master_process pcre_jit"},
    Group{in_main, false, 1, 1, Value::number, "worker_rlimit_nofile"},
    Group{in_main, false, 1, 1, Value::time, "worker_shutdown_timeout timer_resolution"},
    Group{in_main | HSL, false, 1, kMany, Value::any, "error_log"},
    Group{HSL | in_if_of_location | in_limit_except, false, 1, kMany, Value::any, "access_log"},
    Group{H, false, 2, kMany, Value::any, "log_format"},
    Group{H, false, 3, 3, Value::any, "limit_req_zone"},
    Group{H, false, 2, 2, Value::any, "limit_conn_zone"},
    Group{H, false, 2, kMany, Value::any, "cache_path", "proxy_ fastcgi_ uwsgi_ scgi_"},
    Group{H, false, 1, 1, Value::number,
          "variables_hash_max_size variables_hash_bucket_size server_names_hash_max_size "
          "server_names_hash_bucket_size map_hash_max_size map_hash_bucket_size"},
    Group{HS, false, 1, kMany, Value::any, "ssl_protocols"},
    Group{HS, false, 1, 1, Value::any,
          "ssl_certificate ssl_certificate_key ssl_password_file ssl_dhparam ssl_ecdh_curve "
          "ssl_ciphers ssl_verify_client ssl_client_certificate ssl_trusted_certificate "
          "ssl_session_ticket_key ssl_crl"},
    Group{HS, false, 1, 1, Value::flag,
          "ignore_invalid_headers merge_slashes underscores_in_headers ssl_prefer_server_ciphers "
          "ssl_session_tickets ssl_stapling ssl_stapling_verify ssl_early_data "
          "ssl_reject_handshake http2"},
    Group{HS, false, 1, 1, Value::size,
          "connection_pool_size request_pool_size client_header_buffer_size ssl_buffer_size"},
    Group{HS, false, 1, 1, Value::time, "client_header_timeout ssl_session_timeout"},
    Group{HS, false, 2, 2, Value::buffers, "large_client_header_buffers"},
    Group{in_server, false, 1, kMany, Value::any, "listen server_name"},
    Group{HSL, false, 1, kMany, Value::any, "resolver index gzip_types"},
    Group{HSL, false, 1, 1, Value::any,
          "default_type satisfy server_tokens auth_request limit_req_log_level "
          "limit_conn_log_level set_real_ip_from real_ip_header mirror"},
    Group{HSL, false, 1, 1, Value::flag,
          "tcp_nopush tcp_nodelay reset_timedout_connection absolute_redirect "
          "server_name_in_redirect port_in_redirect log_not_found log_subrequest "
          "recursive_error_pages chunked_transfer_encoding etag gzip_vary autoindex "
          "real_ip_recursive fastcgi_keep_conn limit_req_dry_run limit_conn_dry_run "
          "mirror_request_body gunzip"},
    Group{HSL | in_if_of_location, false, 1, 1, Value::flag, "sendfile gzip ssi"},
    Group{HSL, false, 1, 1, Value::number,
          "keepalive_requests types_hash_max_size types_hash_bucket_size gzip_comp_level "
          "limit_req_status limit_conn_status proxy_headers_hash_max_size "
          "proxy_headers_hash_bucket_size"},
    Group{HSL, false, 1, 1, Value::size,
          "client_max_body_size client_body_buffer_size sendfile_max_chunk postpone_output "
          "gzip_min_length"},
    Group{HSL, false, 1, 1, Value::time,
          "client_body_timeout send_timeout keepalive_time lingering_time lingering_timeout "
          "resolver_timeout"},
    Group{HSL, false, 1, 2, Value::any, "keepalive_timeout keepalive_disable"},
    Group{HSL, false, 1, 3, Value::any, "limit_req"},
    Group{HSL, false, 2, 2, Value::any, "limit_conn auth_request_set sub_filter"},
    Group{HSL, false, 2, 2, Value::buffers, "gzip_buffers output_buffers"},
    Group{HSL | in_if_of_location, false, 2, kMany, Value::any, "error_page"},
    Group{HSL | in_if_of_location, false, 2, 3, Value::any, "add_header add_trailer"},
    Group{HSL | in_if_of_location, false, 1, 2, Value::any, "expires"},
    Group{HSL | in_if_of_location, false, 1, 1, Value::any, "root limit_rate limit_rate_after"},
    Group{HSL | in_limit_except, false, 1, 1, Value::any,
          "allow deny auth_basic auth_basic_user_file"},
    Group{L, false, 0, 0, Value::any, "internal empty_gif"},
    Group{L, false, 1, 1, Value::any, "alias"},
    Group{SL, false, 2, kMany, Value::any, "try_files"},
    Group{SL, false, 0, 1, Value::any, "stub_status"},
    Group{SL | ifs, false, 0, 0, Value::any, "break"},
    Group{SL | ifs, false, 1, 2, Value::any, "return"},
    Group{SL | ifs, false, 2, 2, Value::any, "set"},
    Group{SL | ifs, false, 2, 3, Value::any, "rewrite"},
    Group{L | in_if_of_location | in_limit_except, false, 1, 1, Value::any, "proxy_pass"},
    Group{L | in_if_of_location, false, 1, 1, Value::any, "pass",
          "fastcgi_ uwsgi_ scgi_ grpc_ memcached_"},
    Group{HSL, false, 1, 1, Value::time,
          "connect_timeout send_timeout read_timeout next_upstream_timeout", kPassing},
    Group{HSL, false, 1, kMany, Value::any, "next_upstream", kPassing},
    Group{HSL, false, 1, 1, Value::number, "next_upstream_tries", kPassing},
    Group{HSL, false, 1, 1, Value::size, "buffer_size", kPassing},
    Group{HSL, false, 1, 2, Value::any, "bind", kPassing},
    Group{HSL, false, 1, 1, Value::any, "pass_header hide_header",
          "proxy_ fastcgi_ uwsgi_ scgi_ grpc_"},
    Group{HSL, false, 1, 1, Value::flag, "intercept_errors", "proxy_ fastcgi_ uwsgi_ scgi_ grpc_"},
    Group{HSL, false, 1, 1, Value::flag,
          "buffering request_buffering ignore_client_abort pass_request_headers "
          "pass_request_body cache_lock force_ranges",
          kBuffering},
    Group{HSL, false, 1, kMany, Value::any,
          "cache_bypass no_cache cache_valid cache_use_stale cache_methods ignore_headers",
          kBuffering},
    Group{HSL, false, 1, 1, Value::any, "cache cache_key store limit_rate", kBuffering},
    Group{HSL, false, 1, 1, Value::time, "cache_lock_timeout cache_lock_age", kBuffering},
    Group{HSL, false, 1, 1, Value::size,
          "busy_buffers_size max_temp_file_size temp_file_write_size", kBuffering},
    Group{HSL, false, 2, 2, Value::buffers, "buffers", kBuffering},
    Group{HSL, false, 1, 4, Value::any, "temp_path", "proxy_ fastcgi_ uwsgi_ scgi_ client_body_"},
    Group{HSL, false, 1, 1, Value::flag, "ssl_session_reuse ssl_server_name ssl_verify", kSecure},
    Group{HSL, false, 1, 1, Value::any,
          "ssl_ciphers ssl_name ssl_trusted_certificate ssl_certificate ssl_certificate_key",
          kSecure},
    Group{HSL, false, 1, 1, Value::number, "ssl_verify_depth", kSecure},
    Group{HSL, false, 1, kMany, Value::any, "ssl_protocols", kSecure},
    Group{HSL, false, 2, 2, Value::any, "set_header", "proxy_ grpc_"},
    Group{HSL, false, 1, 2, Value::any, "redirect cookie_domain cookie_path", "proxy_"},
    Group{HSL, false, 1, 1, Value::any, "http_version method set_body", "proxy_"},
    Group{HSL, false, 2, 3, Value::any, "param", "fastcgi_ uwsgi_ scgi_"},
    Group{HSL, false, 1, 1, Value::any, "index split_path_info catch_stderr", "fastcgi_"},
    Group{U, false, 1, kMany, Value::any, "server resolver"},
    Group{U, false, 1, 2, Value::any, "keepalive hash zone"},
    Group{U, false, 0, 0, Value::any, "ip_hash"},
    Group{U, false, 0, 2, Value::any, "least_conn random"},
    Group{U, false, 1, 1, Value::number, "keepalive_requests"},
    Group{U, false, 1, 1, Value::time, "keepalive_time keepalive_timeout resolver_timeout"},
};

// What of a space-separated list.
template <typename F>
void for_each_word(std::string_view words, F call) {
  while (!words.empty()) {
    const auto end = std::min(words.find(' '), words.size());
    if (end > 0) call(words.substr(0, end));
    words.remove_prefix(std::min(words.size(), end + 1));
  }
}

using Table = std::map<std::string, std::vector<const Group*>, std::less<>>;

Table make_table() {
  Table table;
  for (const Group& group : kGroups) {
    for_each_word(group.names, [&](std::string_view name) {
      if (group.prefixes.empty()) table[std::string(name)].push_back(&group);
      for_each_word(group.prefixes, [&](std::string_view prefix) {
        table[std::string(prefix) + std::string(name)].push_back(&group);
      });
    });
  }
  return table;
}

const Table& table() {
  static const Table made = make_table();
  return made;
}

const Group* find(std::string_view name, Context context) {
  const auto at = table().find(name);
  if (at == table().end()) return nullptr;
  for (const Group* group : at->second) {
    if ((group->contexts & context) != 0) return group;
  }
  return nullptr;
}

bool is_of_kind(const Directive& directive, Value value) {
  const auto text = directive.argument(0);
  if (value == Value::time) return net::parse_duration(text).has_value();
  if (value == Value::size) return net::parse_size(text).has_value();
  if (value == Value::number) return net::parse_number(text).has_value();
  if (value == Value::flag) return net::lower(text) == "on" || net::lower(text) == "off";
  if (value == Value::buffers)
    return net::parse_number(text).has_value() && net::parse_size(directive.argument(1));
  return true;
}

std::string bad_value(const Directive& directive, Value value) {
  if (value == Value::number) return fmt::format("\"{}\" directive invalid number", directive.name);
  if (value != Value::flag) return fmt::format("\"{}\" directive invalid value", directive.name);
  return fmt::format("invalid value \"{}\" in \"{}\" directive, it must be \"on\" or \"off\"",
                     directive.argument(0), directive.name);
}

}  // namespace

Context context_of(const Directive& directive, Context context) {
  const std::string& name = directive.name;
  if (find(name, context) == nullptr) return in_other;
  if (name == "events") return in_events;
  if (name == "http") return in_http;
  if (name == "server") return in_server;
  if (name == "upstream") return in_upstream;
  if (name == "location") return in_location;
  if (name == "limit_except") return in_limit_except;
  if (name == "if") return context == in_server ? in_if_of_server : in_if_of_location;
  return in_other;
}

bool is_known(std::string_view name) {
  return table().contains(name);
}

bool is_allowed(std::string_view name, Context context) {
  return context == in_other || find(name, context) != nullptr;
}

// ngx_conf_handler
std::string mistake_of(const Directive& directive, Context context) {
  if (context == in_other || !is_known(directive.name)) return {};
  const Group* group = find(directive.name, context);
  if (group == nullptr) return fmt::format("\"{}\" directive is not allowed here", directive.name);
  if (!group->block && directive.has_block)
    return fmt::format("directive \"{}\" is not terminated by \";\"", directive.name);
  if (group->block && !directive.has_block)
    return fmt::format("directive \"{}\" has no opening \"{{\"", directive.name);
  const auto count = directive.arguments.size();
  if (count < group->least || count > group->most)
    return fmt::format("invalid number of arguments in \"{}\" directive", directive.name);
  if (!is_of_kind(directive, group->value)) return bad_value(directive, group->value);
  return {};
}

bool is_single(std::string_view name, Context context) {
  if (context == in_other) return false;
  const Group* group = find(name, context);
  return group != nullptr && (group->value != Value::any || group->names ==
                                                                "http_version method "
                                                                "set_body");
}

}  // namespace badgate::harness::nginx_conf
