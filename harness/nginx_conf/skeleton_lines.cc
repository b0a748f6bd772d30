// The settings in force in a location, as lines of [proxy].
#include <algorithm>
#include <array>

#include "harness/nginx_conf/pass.h"
#include "harness/nginx_conf/skeleton_parts.h"
#include "harness/toml_text.h"
#include "proxy/directives.h"

namespace badgate::harness::nginx_conf {
namespace {

using Field = net::Field<proxy::Settings>;

// Directives that have no part in passing requests on and failing, by how they begin.
bool is_beside_the_point(std::string_view name) {
  constexpr std::array<std::string_view, 60> kBeginnings{"access_log",
                                                         "log_format",
                                                         "gzip",
                                                         "gunzip",
                                                         "brotli",
                                                         "sendfile",
                                                         "tcp_no",
                                                         "types_",
                                                         "default_type",
                                                         "charset",
                                                         "server_tokens",
                                                         "index",
                                                         "autoindex",
                                                         "expires",
                                                         "etag",
                                                         "open_file_cache",
                                                         "variables_hash",
                                                         "map_hash",
                                                         "server_names",
                                                         "ssl",
                                                         "http2",
                                                         "http3",
                                                         "quic",
                                                         "set_real_ip",
                                                         "real_ip",
                                                         "log_",
                                                         "rewrite_log",
                                                         "merge_",
                                                         "underscores_",
                                                         "ignore_invalid",
                                                         "absolute_redir",
                                                         "port_in",
                                                         "server_name",
                                                         "etag",
                                                         "if_modified",
                                                         "proxy_headers_h",
                                                         "proxy_cookie",
                                                         "proxy_redir",
                                                         "sub_filter",
                                                         "addition",
                                                         "allow",
                                                         "deny",
                                                         "auth_basic",
                                                         "satisfy",
                                                         "add_trailer",
                                                         "more_",
                                                         "output_buffers",
                                                         "postpone",
                                                         "aio",
                                                         "directio",
                                                         "internal",
                                                         "keepalive_disab",
                                                         "resolver",
                                                         "connection_p",
                                                         "request_pool",
                                                         "proxy_temp_path",
                                                         "fastcgi_temp_pa",
                                                         "client_body_temp",
                                                         "break",
                                                         "alias"};
  return std::ranges::any_of(
      kBeginnings, [&](std::string_view beginning) { return name.starts_with(beginning); });
}

// What changes how requests are passed on, and is not in badgate's own proxy.
bool matters(std::string_view name) {
  constexpr std::array<std::string_view, 14> kBeginnings{
      "proxy_cache",  "fastcgi_cache", "proxy_store", "auth_request",  "rewrite",
      "try_files",    "mirror",        "limit_rate",  "proxy_bind",    "fastcgi_bind",
      "proxy_limit_", "access_by_lua", "set_by_lua",  "rewrite_by_lua"};
  return std::ranges::any_of(
      kBeginnings, [&](std::string_view beginning) { return name.starts_with(beginning); });
}

// Handled in other places, or of a protocol that is not spoken here.
bool is_elsewhere(std::string_view name, const Pass& pass) {
  constexpr std::array<std::string_view, 6> kPrefixes{"proxy_", "fastcgi_", "uwsgi_",
                                                      "scgi_",  "grpc_",    "memcached_"};
  for (const std::string_view prefix : kPrefixes) {
    if (name.starts_with(prefix) && prefix != pass.prefix()) return true;
  }
  return name.ends_with("_pass") || name == "error_page" || name == "set" || name == "return" ||
         name == "recursive_error_pages" || name == "limit_req_zone" || name == "limit_conn_zone";
}

std::string joined(const Said& said) {
  std::string out;
  for (const Argument& argument : said.arguments)
    out += (out.empty() ? "" : " ") + argument.text;
  return out;
}

std::string quoted(const Site& site, LocationRef ref, const Said& said) {
  std::string out;
  for (Argument argument : said.arguments) {
    argument.text = substituted(site, ref, argument.text);
    out += (out.empty() ? "" : " ") + to_text(argument);
  }
  return out;
}

std::string_view file_name(std::string_view path) {
  return path.substr(path.find_last_of('/') + 1);
}

bool is_params_file(std::string_view name) {
  return name == "fastcgi_params" || name == "fastcgi.conf";
}

class Lines {
 public:
  Lines(const Site& site, LocationRef ref, std::vector<LeftOut>& left_out)
      : site_(site), ref_(ref), left_out_(left_out) {}

  void add(const std::string& name, const Setting& setting) {
    if (is_elsewhere(name, site_.pass(ref_)) || is_beside_the_point(name)) return;
    if (name == "include") return add_include(setting);
    if (name == "error_log") return add_error_log(setting);
    const Field* field = net::find_field(proxy::settings_fields(), std::string_view(name));
    if (field == nullptr) {
      leave_out(name, setting.said.front(), "badgate's own proxy has nothing like it");
    } else if (field->repeats) {
      add_repeated(*field, name, setting);
    } else {
      add_single(*field, name, setting);
    }
  }

  std::vector<Line> take() { return std::move(lines_); }

 private:
  void leave_out(const std::string& name, const Said& said, std::string why) {
    left_out_.push_back({name + " " + joined(said), said.position, std::move(why), matters(name)});
  }

  void add_single(const Field& field, const std::string& name, const Setting& setting) {
    std::string text = joined(setting.said.back());
    if (name == "keepalive_timeout") text = text.substr(0, text.find(' '));
    if (name == "root") text = substituted(site_, ref_, text);
    proxy::Settings scratch;
    const auto ok = field.apply(scratch, text);
    if (!ok) return leave_out(name, setting.said.back(), ok.error().message);
    lines_.push_back({name, toml_string(text), setting.from});
  }

  void add_repeated(const Field& field, const std::string& name, const Setting& setting) {
    std::vector<std::string> texts;
    const Said* included = nullptr;
    for (const Said& said : setting.said) {
      if (name == "fastcgi_param" && is_params_file(file_name(said.position.file))) {
        included = &said;
        continue;
      }
      proxy::Settings scratch;
      std::string text = quoted(site_, ref_, said);
      const auto ok = field.apply(scratch, text);
      ok ? texts.push_back(std::move(text)) : leave_out(name, said, ok.error().message);
    }
    if (included != nullptr)
      lines_.push_back(
          {"include", toml_string(file_name(included->position.file)), included->position});
    if (!texts.empty()) lines_.push_back({name, toml_value(texts), setting.from, texts});
  }

  // Of a file that comes with nginx and was not there.
  void add_include(const Setting& setting) {
    for (const Said& said : setting.said) {
      const auto name = file_name(said.arguments.front().text);
      const bool wanted = site_.pass(ref_).protocol == Pass::Protocol::fastcgi;
      if (wanted && is_params_file(name))
        lines_.push_back({"include", toml_string(name), said.position});
    }
  }

  void add_error_log(const Setting& setting) {
    const Said& said = setting.said.back();
    if (said.arguments.size() < 2) return;
    const Field* field = net::find_field(proxy::settings_fields(), "error_log_level");
    proxy::Settings scratch;
    const std::string& level = said.arguments[1].text;
    if (field->apply(scratch, level))
      lines_.push_back({"error_log_level", toml_string(level), said.position});
  }

  const Site& site_;
  LocationRef ref_;
  std::vector<LeftOut>& left_out_;
  std::vector<Line> lines_;
};

void add_zones(const Site& site, LocationRef ref, std::string_view limit, std::vector<Line>& into) {
  const std::string directive = std::string(limit) + "_zone";
  const Setting* used = site.find(ref, limit);
  const auto zones = site.http.find(directive);
  if (used == nullptr || zones == site.http.end()) return;
  const auto* field = net::find_field(proxy::settings_fields(), std::string_view(directive));
  std::vector<std::string> texts;
  for (const Said& zone : zones->second.said) {
    proxy::Settings scratch;
    std::string text = quoted(site, ref, zone);
    if (field->apply(scratch, text)) texts.push_back(std::move(text));
  }
  if (!texts.empty()) into.push_back({directive, toml_value(texts), zones->second.from});
}

}  // namespace

std::vector<Line> lines_of(const Site& site, LocationRef ref, std::vector<LeftOut>& left_out) {
  Lines lines(site, ref, left_out);
  for (const auto& [name, setting] : site.settings(ref))
    lines.add(std::string(name), *setting);
  if (const auto log = site.main.find("error_log");
      log != site.main.end() && site.find(ref, "error_log") == nullptr)
    lines.add("error_log", log->second);
  return lines.take();
}

std::vector<Line> zone_lines(const Site& site, LocationRef ref) {
  std::vector<Line> lines;
  add_zones(site, ref, "limit_req", lines);
  add_zones(site, ref, "limit_conn", lines);
  return lines;
}

}  // namespace badgate::harness::nginx_conf
