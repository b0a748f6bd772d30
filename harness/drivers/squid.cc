// Squid as the proxy under test: an accelerator in front of its peers, which caches nothing.
//
// Its access log has a result code and an error's name for each request: together they are its own
// word for what went wrong. Its times are whole seconds. Times of the scenario that are not set are
// nginx's, since Squid's own are minutes.
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <string_view>

#include "harness/drivers/expressed.h"
#include "harness/drivers/kinds.h"
#include "harness/drivers/registry.h"
#include "harness/text_fields.h"

namespace badgate::harness::drivers {
namespace {

constexpr std::string_view kName = "squid";
constexpr std::string_view kUser = "nobody";

// What is rendered below.
constexpr std::array<std::string_view, 9> kKnown{
    "proxy_pass",          "proxy_connect_timeout",   "proxy_read_timeout",
    "keepalive_timeout",   "client_header_timeout",   "proxy_http_version",
    "proxy_next_upstream", "proxy_request_buffering", "client_max_body_size"};

// For the machine, and behind " | " Squid's own line.
constexpr std::string_view kLogFormat =
    "%>p %>Hs %<st %<sh %tr %Ss %err_code %<a:%<p %<Hs %<pt | "
    "%>a %Ss/%03>Hs %<st %rm %ru %Sh/%<a %err_code/%err_detail";

std::int64_t seconds(net::Duration time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time).count();
}

net::Result<std::string> peer(const Setup& setup, const proxy::Server& server, std::size_t number) {
  const proxy::Server usual;
  const auto& address = server.address;
  if (server.max_fails != usual.max_fails || server.fail_timeout != usual.fail_timeout)
    return not_expressed(kName, "max_fails and fail_timeout");
  if (address.is_unix()) return not_expressed(kName, "servers behind unix sockets");
  std::string out = fmt::format(
      "cache_peer {} parent {} 0 no-query no-digest no-netdb-exchange originserver name=s{} "
      "connect-timeout={}",
      address.host(), address.port(), number, seconds(setup.settings.proxy.connect_timeout));
  if (server.weight != 1) out += fmt::format(" weight={}", server.weight);
  if (server.max_conns != 0) out += fmt::format(" max-conn={}", server.max_conns);
  // One that takes no turns is asked when none of those that do can be.
  if (!server.backup) out += " round-robin";
  return out + "\n";
}

net::Result<void> can_express(const Setup& setup, const proxy::Upstream& group) {
  if (auto ok = all_known(setup, kName, kKnown); !ok) return ok;
  const auto& settings = setup.settings;
  if (settings.listen.front().ssl) return not_expressed(kName, "`listen … ssl` here");
  if (settings.proxy_pass.starts_with("https")) return not_expressed(kName, "https here");
  if (settings.proxy_http_version == "1.0") return not_expressed(kName, "HTTP/1.0 to servers");
  if (group.health_check) return not_expressed(kName, "health_check");
  if (says(setup, "proxy_next_upstream") && settings.proxy.next_upstream != 0)
    return not_expressed(kName, "proxy_next_upstream but \"off\"");
  for (const net::Duration time :
       {settings.proxy.connect_timeout, settings.proxy.read_timeout, settings.keepalive_timeout,
        settings.client_header_timeout, group.keepalive_timeout}) {
    if (time < std::chrono::seconds(1) || time % std::chrono::seconds(1) != net::Duration{})
      return not_expressed(kName, "times that are not whole seconds");
  }
  return {};
}

std::string times(const Setup& setup, const proxy::Upstream& group) {
  const auto& settings = setup.settings;
  const auto header = seconds(settings.client_header_timeout);
  return fmt::format(
      "connect_timeout {0} seconds\npeer_connect_timeout {0} seconds\nread_timeout {1} seconds\n"
      "write_timeout {2} seconds\nrequest_start_timeout {3} seconds\nrequest_timeout {3} seconds\n"
      "client_idle_pconn_timeout {4} seconds\npconn_timeout {5} seconds\n",
      seconds(settings.proxy.connect_timeout), seconds(settings.proxy.read_timeout),
      seconds(settings.send_timeout), header, seconds(settings.keepalive_timeout),
      seconds(group.keepalive_timeout));
}

net::Result<Launching> render(const Setup& setup, const Place& place) {
  const auto group = only_group(setup, kName);
  if (!group) return tl::unexpected(group.error());
  if (auto ok = can_express(setup, **group); !ok) return tl::unexpected(ok.error());
  std::string config = fmt::format(
      "http_port {} accel no-vhost defaultsite=localhost\nvisible_hostname localhost\n"
      "pid_filename none\ncoredump_dir {}\ncache_log /dev/null\nnetdb_filename none\n"
      "logformat badgate {}\naccess_log stdio:{} logformat=badgate\ncache_store_log none\n"
      "buffered_logs off\ncache deny all\ncache_mem 1 MB\nhttp_access allow all\n"
      "never_direct allow all\npinger_enable off\nhosts_file none\ndns_nameservers 127.0.0.1\n"
      "shutdown_lifetime 0 seconds\n",
      place.listen.to_string(), place.folder, kLogFormat, place.access_log);
  if (::geteuid() == 0)
    config += fmt::format("cache_effective_user {0}\ncache_effective_group nogroup\n", kUser);
  config += times(setup, **group);
  if (!(*group)->keepalive) config += "server_persistent_connections off\n";
  if (says(setup, "proxy_next_upstream")) config += "forward_max_tries 1\n";
  if (says(setup, "client_max_body_size"))
    config += fmt::format("request_body_max_size {} bytes\n", setup.settings.client_max_body_size);
  std::size_t number = 0;
  for (const proxy::Server& server : (*group)->servers) {
    auto line = server.down ? std::string() : peer(setup, server, number);
    if (!line) return tl::unexpected(line.error());
    config += *line;
    ++number;
  }
  // Its name in the machine's shared memory, where a port is one's own.
  const std::string service = fmt::format("badgate{}", place.listen.port());
  Launching launching{
      .files = {{"squid.conf", config}},
      .arguments = {"-N", "-d", "1", "-n", service, "-f", place.folder + "/squid.conf"},
      .environment = {}};
  for (const char* part : {"metadata", "queues", "readers"})
    launching.needed_to_start.push_back(fmt::format("/dev/shm/{}-cf__{}.shm", service, part));
  return launching;
}

// "TCP_MISS/502 ERR_READ_ERROR", "TCP_MISS_ABORTED/000"; empty: nothing went wrong.
std::string code_of(std::string_view result, std::string_view status, std::string_view error) {
  if (error != "-") return fmt::format("{}/{} {}", result, status, error);
  const bool ended_early =
      result.find("ABORTED") != result.npos || result.find("TIMEDOUT") != result.npos;
  return ended_early ? fmt::format("{}/{}", result, status) : std::string();
}

void access_line(std::string_view line, Recorder& recorder) {
  const auto bar = line.find(" | ");
  if (bar == line.npos) return recorder.fact("squid", std::string(line));
  const auto words = line.substr(0, bar);
  AccessEntry entry;
  entry.line = std::string(line.substr(bar + 3));
  // A connection that ended without any request.
  if (entry.line.find("error:transaction-end-before-headers") != entry.line.npos) return;
  entry.client_port = number_in<std::uint16_t>(field(words, 0));
  entry.status = number_in<int>(field(words, 1));
  const auto all = number_in<std::uint64_t>(field(words, 2));
  const auto head = number_in<std::uint64_t>(field(words, 3));
  entry.body_bytes_sent = all - std::min(all, head);
  entry.request_time = std::chrono::milliseconds(number_in<std::int64_t>(field(words, 4)));
  entry.code = code_of(field(words, 5), field(words, 1), field(words, 6));
  if (const auto server = field(words, 7); !server.starts_with('-')) {
    Attempt attempt;
    attempt.server = recorder.names().of(server);
    if (const auto status = field(words, 8); status != "-") attempt.status = number_in<int>(status);
    if (const auto time = field(words, 9); time != "-")
      attempt.header_time = std::chrono::milliseconds(number_in<std::int64_t>(time));
    entry.attempts.push_back(std::move(attempt));
  }
  recorder.access_read(std::move(entry));
}

// "2026/11/22 22:44:23| Detected DEAD Parent: s0".
void error_line(std::string_view line, Recorder& recorder) {
  const auto bar = line.find("| ");
  recorder.fact("squid", std::string(bar == line.npos ? line : line.substr(bar + 2)));
}

}  // namespace

Kind squid_kind() {
  return {.name = std::string(kName),
          .programs = {"squid"},
          .package = "squid",
          .version_in = [](const std::string& told) { return word_after(told, "Version "); },
          .supports = {.retries = RetrySupport::own_or_off, .reload = true},
          .reload_signal = SIGHUP,
          .end_signal = SIGINT,  // with SIGTERM it waits for its clients
          .user = std::string(kUser),
          .render = render,
          .error_line = error_line,
          .access_line = access_line};
}

Supports supports_squid() {
  return squid_kind().supports;
}

net::Result<std::unique_ptr<Driver>> find_squid(const std::string& path) {
  return find_external(squid_kind(), path);
}

}  // namespace badgate::harness::drivers
