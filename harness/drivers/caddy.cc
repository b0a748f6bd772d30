// Caddy as the proxy under test.
//
// It is written in Go, so that libfaketime does not reach it; but its durations have any unit, and
// are divided. All that it tells is JSON on stderr: a line for each request, and a line with an
// error for what went wrong, which is its own word for it. Times of the scenario that are not set
// are nginx's, since it waits for ever.
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>

#include "harness/drivers/expressed.h"
#include "harness/drivers/kinds.h"
#include "harness/drivers/registry.h"
#include "harness/text_fields.h"

namespace badgate::harness::drivers {
namespace {

using nlohmann::json;

constexpr std::string_view kName = "caddy";

// What is rendered below.
constexpr std::array<std::string_view, 10> kKnown{
    "proxy_pass",          "proxy_connect_timeout", "proxy_read_timeout",
    "proxy_send_timeout",  "keepalive_timeout",     "client_header_timeout",
    "proxy_http_version",  "proxy_next_upstream",   "proxy_request_buffering",
    "client_max_body_size"};

net::Result<json> upstreams(const proxy::Upstream& group) {
  const proxy::Server usual;
  json out = json::array();
  for (const proxy::Server& server : group.servers) {
    if (server.max_fails != usual.max_fails || server.fail_timeout != usual.fail_timeout)
      return not_expressed(kName, "max_fails and fail_timeout of one server");
    if (server.weight != 1) return not_expressed(kName, "weights");
    if (server.backup) return not_expressed(kName, "backup servers");
    if (server.down) continue;
    const auto& address = server.address;
    json one{{"dial", address.is_unix() ? "unix/" + address.path() : address.to_string()}};
    if (server.max_conns != 0) one["max_requests"] = server.max_conns;
    out.push_back(std::move(one));
  }
  return out;
}

json transport(const Setup& setup, const proxy::Upstream& group, double scale) {
  const auto time = [scale](net::Duration duration) {
    return static_cast<std::int64_t>(static_cast<double>(duration.count()) / scale);
  };
  const auto& proxy = setup.settings.proxy;
  json out{{"protocol", "http"},
           {"dial_timeout", time(proxy.connect_timeout)},
           {"response_header_timeout", time(proxy.read_timeout)},
           {"read_timeout", time(proxy.read_timeout)},
           {"write_timeout", time(proxy.send_timeout)}};
  const unsigned kept = group.keepalive.value_or(0);
  out["keep_alive"] = {{"enabled", kept != 0}};
  if (kept != 0) {
    out["keep_alive"]["max_idle_conns_per_host"] = kept;
    out["keep_alive"]["idle_timeout"] = time(group.keepalive_timeout);
  }
  // nginx does not verify unless it is told to.
  if (setup.settings.proxy_pass.starts_with("https")) out["tls"] = {{"insecure_skip_verify", true}};
  return out;
}

net::Result<void> can_express(const Setup& setup, const proxy::Upstream& group) {
  if (auto ok = all_known(setup, kName, kKnown); !ok) return ok;
  const auto& settings = setup.settings;
  if (settings.listen.front().ssl) return not_expressed(kName, "`listen … ssl` here");
  if (settings.proxy_http_version == "1.0") return not_expressed(kName, "HTTP/1.0 to servers");
  // Its idle_timeout of 0 is five minutes.
  if (settings.keepalive_timeout == net::Duration::zero())
    return not_expressed(kName, "a keepalive_timeout of 0");
  if (group.health_check) return not_expressed(kName, "health_check here");
  if (says(setup, "proxy_next_upstream") && settings.proxy.next_upstream != 0)
    return not_expressed(kName, "proxy_next_upstream but \"off\"");
  if (setup.ordinary_rights && ::geteuid() == 0)
    return not_expressed(kName, "a user to become when root starts it");
  return {};
}

net::Result<Launching> render(const Setup& setup, const Place& place) {
  const auto group = only_group(setup, kName);
  if (!group) return tl::unexpected(group.error());
  if (auto ok = can_express(setup, **group); !ok) return tl::unexpected(ok.error());
  auto servers = upstreams(**group);
  if (!servers) return tl::unexpected(servers.error());
  const auto& settings = setup.settings;
  const auto time = [&](net::Duration duration) {
    return static_cast<std::int64_t>(static_cast<double>(duration.count()) / place.time_scale);
  };
  json handlers = json::array();
  if (says(setup, "client_max_body_size") && settings.client_max_body_size != 0)
    handlers.push_back({{"handler", "request_body"}, {"max_size", settings.client_max_body_size}});
  handlers.push_back({{"handler", "reverse_proxy"},
                      {"upstreams", std::move(*servers)},
                      {"load_balancing", {{"selection_policy", {{"policy", "round_robin"}}}}},
                      {"transport", transport(setup, **group, place.time_scale)}});
  const json server{{"listen", {place.listen.to_string()}},
                    {"automatic_https", {{"disable", true}}},
                    {"read_header_timeout", time(settings.client_header_timeout)},
                    {"idle_timeout", time(settings.keepalive_timeout)},
                    {"logs", json::object()},
                    {"routes", {{{"handle", std::move(handlers)}}}}};
  const json log{
      {"writer", {{"output", "stderr"}}}, {"encoder", {{"format", "json"}}}, {"level", "INFO"}};
  const json config{{"admin", {{"disabled", true}, {"config", {{"persist", false}}}}},
                    {"logging", {{"logs", {{"default", log}}}}},
                    {"storage", {{"module", "file_system"}, {"root", place.folder + "/storage"}}},
                    {"apps", {{"http", {{"servers", {{"front", server}}}}}}}};
  const std::string file = place.folder + "/caddy.json";
  return Launching{.files = {{"caddy.json", config.dump(1)}},
                   .arguments = {"run", "--config", file},
                   .environment = {"HOME=" + place.folder, "XDG_DATA_HOME=" + place.folder,
                                   "XDG_CONFIG_HOME=" + place.folder}};
}

// What the chain of an error ends with, without what servers said: "net/http: HTTP/1.x transport
// connection broken: malformed HTTP response \"SSH-2.0\"" is "malformed HTTP response".
std::string last_of_chain(std::string_view error) {
  error = error.substr(0, error.find_first_of("\"\n"));
  while (!error.empty() && std::string_view(" :[").find(error.back()) != error.npos)
    error.remove_suffix(1);
  const auto at = error.rfind(": ");
  return std::string(at == error.npos ? error : error.substr(at + 2));
}

std::string text_of(const json& object, const char* key) {
  const auto at = object.find(key);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

double number_of(const json& object, const char* key) {
  const auto at = object.find(key);
  return at != object.end() && at->is_number() ? at->get<double>() : 0;
}

void handled(const json& told, Recorder& recorder) {
  const auto request = told.find("request");
  if (request == told.end() || !request->is_object()) return;
  AccessEntry entry;
  entry.client_port = number_in<std::uint16_t>(text_of(*request, "remote_port"));
  entry.status = static_cast<int>(number_of(told, "status"));
  entry.body_bytes_sent = static_cast<std::uint64_t>(std::max(number_of(told, "size"), 0.0));
  entry.request_time = net::Duration(static_cast<std::int64_t>(number_of(told, "duration") * 1e9));
  entry.line =
      fmt::format("{} {} {} {} {:.6f}", text_of(*request, "method"), text_of(*request, "uri"),
                  entry.status, entry.body_bytes_sent, number_of(told, "duration"));
  recorder.access_read(std::move(entry));
}

void line(std::string_view text, Recorder& recorder) {
  const json told = json::parse(text, nullptr, false);
  if (!told.is_object()) return recorder.fact("caddy", std::string(text));
  const std::string logger = text_of(told, "logger");
  const std::string level = text_of(told, "level");
  if (logger.starts_with("http.log.access")) return handled(told, recorder);
  std::string message = text_of(told, "msg");
  if (level != "error" && level != "panic") return recorder.fact("caddy", std::move(message));
  // It is told twice: here, and as what comes of it.
  if (message == "reading from backend") return;
  // A panic has its stack behind it.
  message = message.substr(0, message.find('\n'));
  const std::string error = text_of(told, "error");
  std::string code = last_of_chain(error.empty() ? message : error);
  if (!error.empty()) message += ": " + error;
  recorder.error_read({.level = level,
                       .message = std::move(message),
                       .whole = std::string(text),
                       .code = std::move(code)});
}

// "2.6.2", or "v2.6.2 h1:…" of Caddy's own packages, below what it complains of in JSON.
std::string version_in(const std::string& told) {
  std::istringstream lines(told);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.front() != '{')
      return word_after(line.starts_with('v') ? line : "v" + line, "v");
  }
  return {};
}

}  // namespace

Kind caddy_kind() {
  return {.name = std::string(kName),
          .programs = {"caddy"},
          .package = "caddy",
          .version_option = "version",
          .version_in = version_in,
          .supports = {.tls = TlsSupport::servers,
                       .retries = RetrySupport::own_or_off,
                       .time = TimeSupport::divided},
          .render = render,
          .error_line = line,
          .access_line = line};
}

Supports supports_caddy() {
  return caddy_kind().supports;
}

net::Result<std::unique_ptr<Driver>> find_caddy(const std::string& path) {
  return find_external(caddy_kind(), path);
}

}  // namespace badgate::harness::drivers
