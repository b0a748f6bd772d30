// Apache Traffic Server as the proxy under test: traffic_server alone, without cache and manager.
//
// One server is the origin of a remap rule; several are the parents of a name, taken in turn. Its
// times are whole seconds. Its log has Squid's result codes, which are its own word for what went
// wrong; it writes them to a file about a second late by its own clock. Times of the scenario that
// are not set are nginx's.
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <utility>

#include "harness/drivers/expressed.h"
#include "harness/drivers/kinds.h"
#include "harness/drivers/registry.h"
#include "harness/processes/program.h"
#include "harness/text_fields.h"
#include "net/text.h"

namespace badgate::harness::drivers {
namespace {

constexpr std::string_view kName = "trafficserver";
constexpr std::string_view kUser = "nobody";

// What is rendered below.
constexpr std::array<std::string_view, 7> kKnown{
    "proxy_pass",         "proxy_connect_timeout", "proxy_read_timeout",     "keepalive_timeout",
    "proxy_http_version", "proxy_next_upstream",   "proxy_request_buffering"};

// For the machine, and behind " | " for the eye.
constexpr std::string_view kLogging = R"(logging:
  formats:
    - name: badgate
      format: '%<chp> %<pssc> %<psql> %<pshl> %<ttms> %<crc> %<nhi>:%<nhp> %<sssc> | %<chi> %<crc>/%<pssc> %<psql> %<cqhm> %<cquup> %<phr> attempts=%<sca>'
  logs:
    - mode: ascii
      format: badgate
      filename: access
)";
constexpr std::string_view kAllow = R"(ip_allow:
  - apply: in
    ip_addrs: 127.0.0.1
    action: allow
    methods: ALL
)";

net::Result<void> can_express(const Setup& setup, const proxy::Upstream& group) {
  if (auto ok = all_known(setup, kName, kKnown); !ok) return ok;
  const auto& settings = setup.settings;
  if (settings.listen.front().ssl) return not_expressed(kName, "`listen … ssl` here");
  if (settings.proxy_pass.starts_with("https")) return not_expressed(kName, "https here");
  if (settings.proxy_http_version == "1.0") return not_expressed(kName, "HTTP/1.0 to servers");
  if (group.health_check) return not_expressed(kName, "health_check");
  if (says(setup, "proxy_next_upstream") && settings.proxy.next_upstream != 0)
    return not_expressed(kName, "proxy_next_upstream but \"off\"");
  for (const net::Duration time : {settings.proxy.connect_timeout, settings.proxy.read_timeout,
                                   settings.keepalive_timeout, group.keepalive_timeout}) {
    if (time < std::chrono::seconds(1) || time % std::chrono::seconds(1) != net::Duration{})
      return not_expressed(kName, "times that are not whole seconds");
  }
  const proxy::Server usual;
  for (const proxy::Server& server : group.servers) {
    if (server.max_fails != usual.max_fails || server.fail_timeout != usual.fail_timeout)
      return not_expressed(kName, "max_fails and fail_timeout");
    if (server.address.is_unix()) return not_expressed(kName, "servers behind unix sockets");
    if (group.servers.size() > 1 && server.address.family() != AF_INET)
      return not_expressed(kName, "IPv6 addresses in turn");
    if (server.weight != 1) return not_expressed(kName, "weights in turn");
    if (server.backup) return not_expressed(kName, "backup servers beside servers in turn");
    if (server.max_conns != 0) return not_expressed(kName, "max_conns here");
  }
  return {};
}

// records.config, line by line.
class Records {
 public:
  void number(std::string_view name, std::int64_t value) {
    text_ += fmt::format("CONFIG proxy.config.{} INT {}\n", name, value);
  }
  void time(std::string_view name, net::Duration value) {
    number(name, std::chrono::duration_cast<std::chrono::seconds>(value).count());
  }
  void text(std::string_view name, std::string_view value) {
    text_ += fmt::format("CONFIG proxy.config.{} STRING {}\n", name, value);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void say_of_scenario(const Setup& setup, const proxy::Upstream& group, Records& records) {
  const auto& settings = setup.settings;
  records.time("http.connect_attempts_timeout", settings.proxy.connect_timeout);
  records.time("http.parent_proxy.connect_attempts_timeout", settings.proxy.connect_timeout);
  records.time("http.transaction_no_activity_timeout_out", settings.proxy.read_timeout);
  records.time("http.transaction_no_activity_timeout_in", settings.client_header_timeout);
  records.time("http.keep_alive_no_activity_timeout_in", settings.keepalive_timeout);
  records.time("http.keep_alive_no_activity_timeout_out", group.keepalive_timeout);
  records.number("http.keep_alive_enabled_out", group.keepalive ? 1 : 0);
  if (says(setup, "proxy_next_upstream")) records.number("http.connect_attempts_max_retries", 0);
  records.number("http.no_dns_just_forward_to_parent", group.servers.size() > 1 ? 1 : 0);
}

void say_of_program(const Place& place, Records& records) {
  records.text("http.server_ports", fmt::format("{}:ip-in=127.0.0.1", place.listen.port()));
  records.number("http.cache.http", 0);
  records.number("http.parent_proxy.self_detect", 0);
  records.number("url_remap.remap_required", 1);
  // One thread of each kind is enough, and it is not to look at its clock all the time.
  records.number("exec_thread.autoconfig", 0);
  records.number("exec_thread.limit", 1);
  records.number("exec_thread.affinity", 0);
  records.number("task_threads", 1);
  records.number("thread.max_heartbeat_mseconds", 1000);
  records.number("log.logging_enabled", 3);
  records.number("log.max_secs_per_buffer", 1);
  records.number("log.periodic_tasks_interval", 1);
  records.number("log.rolling_enabled", 0);
  records.number("diags.logfile.rolling_enabled", 0);
  for (const char* level : {"error", "fatal", "alert", "emergency"})
    records.text(fmt::format("diags.output.{}", level), "E");
  records.text("crash_log_helper", "NULL");
  records.text("hostdb.host_file.path", "NULL");
  if (::geteuid() == 0) records.text("admin.user_id", kUser);
}

std::string records_config(const Setup& setup, const proxy::Upstream& group, const Place& place) {
  Records records;
  say_of_program(place, records);
  say_of_scenario(setup, group, records);
  return records.take();
}

// Where all of its folders are.
std::string run_root(const std::string& folder) {
  std::string out = fmt::format(
      "prefix: {}\nexec_prefix: /usr\nbindir: /usr/bin\nsbindir: /usr/sbin\n"
      "includedir: /usr/include\nlibdir: /usr/lib/trafficserver\n"
      "libexecdir: /usr/lib/trafficserver/modules\n",
      folder);
  for (const char* name :
       {"sysconfdir", "datadir", "localstatedir", "runtimedir", "logdir", "cachedir"})
    out += fmt::format("{}: {}\n", name, folder);
  return out;
}

// tail reads from the beginning, whenever that comes; without a file it looks for one at intervals.
bool reader_ready(const std::string&) {
  return true;
}

net::Result<Launching> render(const Setup& setup, const Place& place) {
  const auto group = only_group(setup, kName);
  if (!group) return tl::unexpected(group.error());
  if (auto ok = can_express(setup, **group); !ok) return tl::unexpected(ok.error());
  std::vector<std::string> servers;
  for (const proxy::Server& server : (*group)->servers) {
    if (!server.down) servers.push_back(server.address.to_string());
  }
  if (servers.empty()) return not_expressed(kName, "a group without servers that are up");
  const bool alone = (*group)->servers.size() == 1;
  std::string parents;
  if (!alone) {
    parents = fmt::format(
        "dest_domain=app.group parent=\"{}\" round_robin=strict go_direct=false "
        "parent_is_proxy=false\n",
        net::join(servers, ";"));
  }
  const std::string tail = processes::find_program("tail");
  if (tail.empty()) return net::fail("tail is not installed", ENOTSUP);
  return Launching{.files = {{"runroot.yaml", run_root(place.folder)},
                             {"records.config", records_config(setup, **group, place)},
                             {"remap.config", fmt::format("map / http://{}/\n",
                                                          alone ? servers.front() : "app.group")},
                             {"parent.config", parents},
                             {"logging.yaml", std::string(kLogging)},
                             {"ip_allow.yaml", std::string(kAllow)},
                             {"storage.config", ""}},
                   .arguments = {"--run-root=" + place.folder + "/runroot.yaml"},
                   .environment = {},
                   .log_reader = LogReader{
                       .path = tail,
                       .arguments = {"-s", "0.01", "-n", "+1", "-F", place.folder + "/access.log"},
                       .ready = reader_ready}};
}

void access_line(std::string_view line, Recorder& recorder) {
  const auto bar = line.find(" | ");
  // tail says that there is no file yet.
  if (bar == line.npos) return;
  const auto words = line.substr(0, bar);
  AccessEntry entry;
  entry.line = std::string(line.substr(bar + 3));
  entry.client_port = number_in<std::uint16_t>(field(words, 0));
  entry.status = number_in<int>(field(words, 1));
  const auto all = number_in<std::uint64_t>(field(words, 2));
  const auto head = number_in<std::uint64_t>(field(words, 3));
  entry.body_bytes_sent = all - std::min(all, head);
  entry.request_time = std::chrono::milliseconds(number_in<std::int64_t>(field(words, 4)));
  const auto code = field(words, 5);
  if (code.starts_with("ERR_")) entry.code = fmt::format("{}/{}", code, field(words, 1));
  const auto server = field(words, 6);
  if (!server.starts_with('-') && !server.starts_with("0:")) {
    Attempt attempt;
    attempt.server = recorder.names().of(server);
    if (const auto status = number_in<int>(field(words, 7)); status != 0) attempt.status = status;
    entry.attempts.push_back(std::move(attempt));
  }
  recorder.access_read(std::move(entry));
}

// "[Nov 22 23:47:18.182] [ET_NET 0] ERROR: …"
void error_line(std::string_view line, Recorder& recorder) {
  const auto bracket = line.find("] ");
  recorder.fact("trafficserver",
                std::string(bracket == line.npos ? line : line.substr(bracket + 2)));
}

}  // namespace

Kind trafficserver_kind() {
  return {.name = std::string(kName),
          .programs = {"traffic_server"},
          .package = "trafficserver",
          .version_option = "-V",
          .version_in = [](const std::string& told) { return word_after(told, "Traffic Server "); },
          .supports = {.retries = RetrySupport::own_or_off},
          .user = std::string(kUser),
          .render = render,
          .error_line = error_line,
          .access_line = access_line};
}

Supports supports_trafficserver() {
  return trafficserver_kind().supports;
}

net::Result<std::unique_ptr<Driver>> find_trafficserver(const std::string& path) {
  return find_external(trafficserver_kind(), path);
}

}  // namespace badgate::harness::drivers
