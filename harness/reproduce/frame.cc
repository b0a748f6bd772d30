#include "harness/reproduce/frame.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "harness/evidence/uri.h"
#include "harness/reproduce/identity.h"
#include "harness/toml_text.h"
#include "net/address.h"
#include "net/escapes.h"
#include "net/text.h"

namespace badgate::harness::reproduce {
namespace {

using evidence::Evidence;
using namespace std::chrono_literals;

std::string transport_of(const std::string& address) {
  if (address.starts_with("unix:")) return "unix";
  return address.starts_with('[') ? "tcp6" : "tcp";
}

// What an upstream group can be called in a scenario file.
bool can_be_group(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
}

bool is_token(const std::string& method) {
  return !method.empty() && method.size() <= 32 &&
         std::all_of(method.begin(), method.end(),
                     [](char c) { return (c >= 'A' && c <= 'Z') || c == '_' || c == '-'; });
}

bool can_be_path(const std::string& uri) {
  return uri.starts_with('/') &&
         std::all_of(uri.begin(), uri.end(), [](unsigned char c) { return c > ' ' && c != 0x7F; });
}

bool wants_body(const std::string& method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

// The request exactly as its line was, where it is none that [[request]] can say otherwise.
std::string raw_request(const Evidence& line) {
  std::string bytes = line.method;
  if (!line.uri.empty()) bytes += " " + line.uri;
  if (!line.http_version.empty()) bytes += " HTTP/" + line.http_version;
  bytes += "\r\n";
  if (!line.host.empty()) bytes += "Host: " + line.host + "\r\n";
  if (!line.referrer.empty()) bytes += "Referer: " + line.referrer + "\r\n";
  return fmt::format("data = {}\n", toml_string(net::escape(bytes + "\r\n")));
}

std::string headers_of(const Evidence& line) {
  std::string out;
  if (line.host != "localhost") out += "Host = " + toml_string(line.host);
  if (!line.referrer.empty())
    out += (out.empty() ? "" : ", ") + ("Referer = " + toml_string(line.referrer));
  return out.empty() ? out : fmt::format("headers = {{ {} }}\n", out);
}

void set_request(const Evidence& line, Frame& frame) {
  if (line.method.empty() && line.uri.empty()) return;  // the line is of no request
  frame.path = evidence::path_of(line.uri);
  const bool plain = is_token(line.method) && can_be_path(line.uri) && !line.host.empty() &&
                     !line.http_version.empty() && line.http_version != "0.9";
  if (!plain) {
    frame.request = raw_request(line);
    return;
  }
  if (line.method != "GET") frame.request += fmt::format("method = \"{}\"\n", line.method);
  frame.request += fmt::format("path = {}\n", toml_string(line.uri));
  if (line.http_version == "1.0") frame.request += "http_version = \"1.0\"\n";
  frame.request += headers_of(line);
  if (wants_body(line.method)) frame.body = "body_text = \"field=value\"\n";
}

std::string_view query_of(std::string_view uri) {
  return uri.substr(evidence::path_of(uri).size());
}

// Location and pass that make `from`, the request's URI, `to`, the upstream's.
void rewrite(std::string_view from, std::string_view to, Frame& frame) {
  if (from == to || to.empty() || !to.starts_with('/') || !from.starts_with('/')) return;
  if (query_of(from) != query_of(to)) {  // only a proxy_pass with variables leaves a query out
    put(frame.directives, {"set", toml_string(fmt::format("$changed_uri {}", to)), {}});
    put(frame.directives,
        {"proxy_pass", fmt::format("\"{}://{}$changed_uri\"", frame.scheme, frame.group), {}});
    return;
  }
  const auto from_path = evidence::path_of(from);
  const auto to_path = evidence::path_of(to);
  std::size_t same = 0;
  while (same < from_path.size() - 1 && same < to_path.size() - 1 &&
         from_path[from_path.size() - 1 - same] == to_path[to_path.size() - 1 - same])
    ++same;
  // The seam is best where a part of the path begins.
  while (same > 0 && from_path[from_path.size() - 1 - same] != '/')
    --same;
  const auto prefix = from_path.substr(0, from_path.size() - same);
  frame.location = prefix;
  frame.location_pass =
      fmt::format("{}://{}{}", frame.scheme, frame.group, to_path.substr(0, to_path.size() - same));
}

void set_pass(Frame& frame) {
  if (frame.scheme == "fastcgi") {
    put(frame.directives, {"fastcgi_pass", toml_string(frame.group), {}});
    put(frame.directives, {"include", "\"fastcgi_params\"", {}});
    put(frame.directives,
        {"fastcgi_param", "\"SCRIPT_FILENAME /srv/app$fastcgi_script_name\"", {}});
  } else if (frame.scheme == "https" || frame.group != "app") {
    put(frame.directives,
        {"proxy_pass", toml_string(fmt::format("{}://{}", frame.scheme, frame.group)), {}});
  }
}

// What a location passes to: "https" of `proxy_pass = "https://app"`.
std::string scheme_of(const Configured& configured, const std::string& otherwise) {
  for (const auto* directives : {&configured.of_location, &configured.directives}) {
    if (find(*directives, "fastcgi_pass") != nullptr) return "fastcgi";
    const Directive* pass = find(*directives, "proxy_pass");
    if (pass != nullptr) return pass->value.find("https://") == 1 ? "https" : "http";
  }
  return otherwise;
}

// HAProxy's names are those of its own configuration, and its log has no Host.
Evidence of_haproxy(Evidence line) {
  line.server.clear();
  line.upstream_address.clear();
  if (!line.uri.starts_with('/')) {  // "<BADREQ>": it could not be read
    line.method.clear();
    line.uri.clear();
  }
  if (line.host.empty()) line.host = "localhost";
  if (line.http_version.empty() || line.http_version >= "2") line.http_version = "1.1";
  return line;
}

}  // namespace

const Directive* find(const std::vector<Directive>& directives, std::string_view name) {
  const auto found = std::find_if(directives.begin(), directives.end(),
                                  [&](const Directive& d) { return d.name == name; });
  return found == directives.end() ? nullptr : &*found;
}

void put(std::vector<Directive>& directives, Directive directive) {
  const auto same = std::find_if(directives.begin(), directives.end(),
                                 [&](const Directive& d) { return d.name == directive.name; });
  if (same == directives.end()) {
    directives.push_back(std::move(directive));
  } else {
    *same = std::move(directive);
  }
}

Frame frame_of(const Evidence& logged, const Configured& configured) {
  const Evidence line = logged.source == evidence::Source::haproxy ? of_haproxy(logged) : logged;
  Frame frame;
  frame.configured = configured;
  if (!line.upstream_scheme.empty()) frame.scheme = line.upstream_scheme;
  if (frame.is_configured()) {
    frame.group = configured.group;
    frame.scheme = scheme_of(configured, frame.scheme);
  }
  if (frame.scheme == "fastcgi") frame.prefix = "fastcgi";
  if (!is_group_name(line.upstream_address)) {
    if (!line.upstream_address.empty()) frame.transport = transport_of(line.upstream_address);
  } else if (can_be_group(line.upstream_address) && !frame.is_configured()) {
    frame.group = line.upstream_address;
  }
  if (!line.server.empty()) put(frame.directives, {"server_name", toml_string(line.server), {}});
  if (!frame.is_configured()) set_pass(frame);
  for (const Directive& directive : configured.directives)
    put(frame.directives, directive);
  set_request(line, frame);
  if (frame.scheme != "fastcgi" && !frame.is_configured())
    rewrite(line.uri, line.upstream_uri, frame);
  return frame;
}

net::Duration time_of(const Frame& frame, std::string_view directive) {
  const auto name = fmt::format("{}_{}", frame.prefix, directive);
  const Directive* found = find(frame.configured.of_location, name);
  if (found == nullptr) found = find(frame.directives, name);
  if (found == nullptr) return 60s;
  std::string text = found->value;
  std::erase(text, '"');
  const auto time = net::parse_duration(text);
  return time ? *time : net::Duration(60s);
}

}  // namespace badgate::harness::reproduce
