// Files and logs: what is not there, or may not be written, is replaced or left out.
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "harness/own_config/adapter.h"
#include "harness/own_config/print.h"

namespace badgate::harness::own_config {
namespace {

namespace fs = std::filesystem;
using nginx_conf::Directive;

// Directives whose first argument is a file that nginx opens when it starts, relative to the folder
// of its main file (ngx_conf_full_name with conf_prefix).
constexpr std::array<std::string_view, 14> kRead{"ssl_client_certificate",
                                                 "ssl_trusted_certificate",
                                                 "ssl_dhparam",
                                                 "ssl_crl",
                                                 "ssl_password_file",
                                                 "ssl_session_ticket_key",
                                                 "ssl_stapling_file",
                                                 "auth_basic_user_file",
                                                 "geoip_country",
                                                 "geoip_city",
                                                 "geoip_org",
                                                 "perl_modules",
                                                 "js_include",
                                                 "xslt_stylesheet"};

bool is_file_of_upstream_tls(std::string_view name) {
  const auto at = name.find("_ssl_");
  if (at == name.npos || at == 0) return false;
  const auto what = name.substr(at + 5);
  return what == "trusted_certificate" || what == "certificate" || what == "certificate_key" ||
         what == "crl" || what == "password_file";
}

bool is_certificate(std::string_view name) {
  return name == "ssl_certificate" || name == "ssl_certificate_key";
}

bool can_read(const std::string& path) {
  return ::access(path.c_str(), R_OK) == 0;
}

bool is_no_file(std::string_view text) {
  return text.starts_with("data:") || text.starts_with("engine:") || text.find('$') != text.npos;
}

// proxy_store and its like, with or without a path; WebDAV's PUT and DELETE; a profiler.
bool writes_into_files(const Directive& directive) {
  const std::string_view name = directive.name;
  if (name == "google_perftools_profiles") return true;
  return (name.ends_with("_store") || name == "dav_methods") && directive.argument(0) != "off";
}

Directive with_first(const Directive& directive, std::string text) {
  Directive by = directive;
  by.arguments.front().text = std::move(text);
  return by;
}

}  // namespace

std::string Adapter::full_path(std::string_view name) const {
  if (name.starts_with('/')) return std::string(name);
  std::error_code ignored;
  return fs::absolute(fs::path(own_.tree.file).parent_path() / name, ignored).string();
}

std::string Adapter::own_file(std::string_view name) {
  return fmt::format("{}/own-{}-{}", surroundings_.folder, ++files_, name);
}

// Both logs come back to badgate, in its own format and with all levels, and once.
bool Adapter::add_log(const Directive& directive, Where where, Directives& into) {
  Directive by;
  if (directive.name == "error_log") {
    by = made("error_log", {"stderr", where == Where::main ? "notice" : "info"});
  } else if (directive.name == "access_log") {
    by = made("access_log", {surroundings_.access_log, "badgate"});
  } else {
    return false;
  }
  const bool outer = where == Where::main || where == Where::http;  // there it is already
  const bool again = std::ranges::find(into, directive.name, &Directive::name) != into.end();
  Directives nowhere;
  replace(directive, std::move(by), std::string(kLogs), outer || again ? nowhere : into);
  return true;
}

bool Adapter::add_file(const Directive& directive, Where where, Directives& into) {
  const std::string_view name = directive.name;
  if (directive.arguments.empty()) return false;
  if (name == "include") {
    add_missing_include(directive, into);
  } else if (is_certificate(name)) {
    add_certificate(directive, into);
  } else if (writes_into_files(directive)) {
    leave_out(directive, "it would write into your files");
  } else if (name.ends_with("_temp_path") || name.ends_with("_cache_path") || name == "state") {
    // One of http{} itself is there already.
    if (name.ends_with("_temp_path") && where == Where::http) return true;
    replace(directive, with_first(directive, own_file(name)), "in the run's folder", into);
  } else if (name == "load_module") {
    const auto text = directive.argument(0);
    const std::string path =
        text.starts_with('/') ? std::string(text) : "/usr/lib/nginx/" + std::string(text);
    if (can_read(path)) {
      replace(directive, with_first(directive, path), "its full path", into);
    } else {
      leave_out(directive, "it is not here");
    }
  } else if (is_file_of_upstream_tls(name) || std::ranges::find(kRead, name) != kRead.end()) {
    if (const std::string* value = told(name)) {
      replace(directive, with_first(directive, *value), "of this run", into);
      return true;
    }
    const auto path = full_path(directive.argument(0));
    if (is_no_file(directive.argument(0)) || directive.argument(0) == "off") {
      keep(directive, into);
    } else if (can_read(path)) {
      into.push_back(with_first(directive, path));
    } else {
      leave_out(directive, "there is no such file here");
    }
  } else {
    return false;
  }
  return true;
}

bool Adapter::lacks_certificates(const Directives& block) const {
  return std::ranges::any_of(block, [&](const Directive& directive) {
    return is_certificate(directive.name) && !directive.arguments.empty() &&
           !is_no_file(directive.argument(0)) && !can_read(full_path(directive.argument(0)));
  });
}

// A server's own certificate: if one of a block's files is missing, one is made in place of all.
void Adapter::add_certificate(const Directive& directive, Directives& into) {
  if (is_no_file(directive.argument(0))) return keep(directive, into);
  if (!certificates_missing_) {
    into.push_back(with_first(directive, full_path(directive.argument(0))));
    return;
  }
  auto& one = adapted_.certificate;
  one.file = surroundings_.folder + "/own-certificate.pem";
  one.key_file = surroundings_.folder + "/own-key.pem";
  one.names.insert(one.names.end(), names_.begin(), names_.end());
  const bool key = directive.name.ends_with("_key");
  replace(directive, with_first(directive, key ? one.key_file : one.file),
          "there is no such file here: one is made", into);
}

// Files that come with nginx: FastCGI's parameters are known, the others mean nothing to a request
// that is passed on.
void Adapter::add_missing_include(const Directive& directive, Directives& into) {
  const std::string file = fs::path(directive.argument(0)).filename().string();
  const auto params = drivers::included_params(file);
  for (const auto& param : params) {
    Directive one = made("fastcgi_param", {param.name, param.value});
    if (param.if_not_empty) one.arguments.push_back({.text = "if_not_empty"});
    into.push_back(std::move(one));
  }
  if (params.empty()) {
    leave_out(directive, "there is no such file here");
  } else {
    adapted_.differences.push_back({directive.position, nginx_conf::to_text(directive),
                                    "what is in it", "there is no such file here"});
  }
}

}  // namespace badgate::harness::own_config
