// Varnish as the proxy under test: each request is passed, none is looked up in a cache.
//
// libfaketime does not reach it, but VCL's times have fractions: they are divided. Its log is a
// ring in shared memory, which varnishlog reads; the FetchError in it is Varnish's own word for
// what went wrong. Times of the scenario that are not set are nginx's.
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "harness/drivers/expressed.h"
#include "harness/drivers/kinds.h"
#include "harness/drivers/registry.h"
#include "harness/processes/program.h"
#include "harness/text_fields.h"

namespace badgate::harness::drivers {
namespace {

constexpr std::string_view kName = "varnish";
constexpr std::string_view kPidOfReader = "varnishlog.pid";

// What is rendered below.
constexpr std::array<std::string_view, 8> kKnown{
    "proxy_pass",   "proxy_connect_timeout", "proxy_read_timeout",  "keepalive_timeout",
    "send_timeout", "proxy_http_version",    "proxy_next_upstream", "proxy_request_buffering"};

// VCL reads three digits behind the point; 0 would be no limit.
std::string seconds(net::Duration time, double time_scale) {
  return fmt::format("{:.3f}",
                     std::max(std::chrono::duration<double>(time).count() / time_scale, 0.001));
}

// Its log calls a server by this alone when no connection came about: so it is the address.
std::string backend_name(const net::Address& address, std::size_t number) {
  if (address.family() != AF_INET) return fmt::format("s{}", number);
  std::string name = "at_" + address.to_string();
  std::ranges::replace(name, '.', '_');
  std::ranges::replace(name, ':', '_');
  return name;
}

net::Result<std::string> backend(const Setup& setup, const proxy::Server& server,
                                 std::size_t number) {
  const proxy::Server usual;
  if (server.max_fails != usual.max_fails || server.fail_timeout != usual.fail_timeout)
    return not_expressed(kName, "max_fails and fail_timeout");
  if (server.weight != 1) return not_expressed(kName, "weights in turn");
  const auto& address = server.address;
  std::error_code absent;
  const auto type = std::filesystem::status(address.path(), absent).type();
  if (address.is_unix() && !absent && type != std::filesystem::file_type::socket)
    return not_expressed(kName, "a server behind a file that is no socket");
  const auto& proxy = setup.settings.proxy;
  auto host = address.host();
  std::erase_if(host, [](char c) { return c == '[' || c == ']'; });
  std::string out = fmt::format("backend {} {{\n", backend_name(address, number));
  out += address.is_unix()
             ? fmt::format("  .path = \"{}\";\n", address.path())
             : fmt::format("  .host = \"{}\";\n  .port = \"{}\";\n", host, address.port());
  const auto read = seconds(proxy.read_timeout, setup.time_scale);
  out += fmt::format(
      "  .connect_timeout = {}s;\n  .first_byte_timeout = {}s;\n  .between_bytes_timeout = {}s;\n",
      seconds(proxy.connect_timeout, setup.time_scale), read, read);
  if (server.max_conns != 0) out += fmt::format("  .max_connections = {};\n", server.max_conns);
  return out + "}\n";
}

// A round robin of the servers of one kind.
std::string director(const proxy::Upstream& group, bool backup) {
  const std::string name = backup ? "backup" : "app";
  std::string out = fmt::format("  new {} = directors.round_robin();\n", name);
  std::size_t number = 0;
  for (const proxy::Server& server : group.servers) {
    const std::size_t own = number++;
    if (server.backup == backup && !server.down)
      out += fmt::format("  {}.add_backend({});\n", name, backend_name(server.address, own));
  }
  return out;
}

net::Result<void> can_express(const Setup& setup, const proxy::Upstream& group) {
  if (auto ok = all_known(setup, kName, kKnown); !ok) return ok;
  const auto& settings = setup.settings;
  if (settings.listen.front().ssl) return not_expressed(kName, "`listen … ssl`");
  if (settings.proxy_pass.starts_with("https")) return not_expressed(kName, "https to servers");
  if (settings.proxy_http_version == "1.0") return not_expressed(kName, "HTTP/1.0 to servers");
  if (settings.keepalive_timeout == net::Duration::zero())
    return not_expressed(kName, "a keepalive_timeout of 0");
  if (group.health_check) return not_expressed(kName, "health_check here");
  if (says(setup, "proxy_next_upstream") && settings.proxy.next_upstream != 0)
    return not_expressed(kName, "proxy_next_upstream but \"off\"");
  return {};
}

net::Result<std::string> vcl(const Setup& setup, const proxy::Upstream& group) {
  std::string out = "vcl 4.1;\nimport directors;\n";
  std::size_t number = 0;
  for (const proxy::Server& server : group.servers) {
    auto text = backend(setup, server, number++);
    if (!text) return text;
    out += *text;
  }
  const bool backups = std::ranges::any_of(group.servers, &proxy::Server::backup);
  out += "sub vcl_init {\n" + director(group, false);
  if (backups) {
    out += director(group, true) +
           "  new all = directors.fallback();\n"
           "  all.add_backend(app.backend());\n  all.add_backend(backup.backend());\n";
  }
  out += fmt::format(
      "}}\nsub vcl_recv {{\n  set req.backend_hint = {}.backend();\n"
      "  return (pass);\n}}\n",
      backups ? "all" : "app");
  if (!group.keepalive)
    out += "sub vcl_backend_fetch {\n  set bereq.http.Connection = \"close\";\n}\n";
  return out;
}

// Once the log is in its memory it misses nothing.
bool reader_ready(const std::string& folder) {
  std::string pid;
  if (!(std::ifstream(fmt::format("{}/{}", folder, kPidOfReader)) >> pid)) return false;
  std::ifstream maps("/proc/" + pid + "/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find("/_.vsm_child/_.Log.") != line.npos) return true;
  }
  return false;
}

net::Result<Launching> render(const Setup& setup, const Place& place) {
  const auto group = only_group(setup, kName);
  if (!group) return tl::unexpected(group.error());
  if (auto ok = can_express(setup, **group); !ok) return tl::unexpected(ok.error());
  // Varnish takes no backend_idle_timeout below a second, whatever the clock.
  if ((*group)->keepalive_timeout / place.time_scale < std::chrono::seconds(1))
    return not_expressed(kName, "a keepalive_timeout of servers below 1s of real time");
  auto config = vcl(setup, **group);
  if (!config) return tl::unexpected(config.error());
  const auto& settings = setup.settings;
  const std::string state = place.folder + "/varnishd";
  const auto time = [&](std::string_view name, net::Duration duration) {
    return fmt::format("{}={}", name, seconds(duration, place.time_scale));
  };
  const std::string path = processes::find_program("varnishlog");
  if (path.empty()) return net::fail("varnishlog is not installed", ENOTSUP);
  // As root it would have root's rights on unix sockets; the other jail makes it somebody else.
  const std::string jail = setup.ordinary_rights && ::geteuid() == 0 ? "unix" : "none";
  return Launching{
      .files = {{"default.vcl", *config}},
      .arguments = {"-F", "-j", jail, "-f", place.folder + "/default.vcl", "-a",
                    place.listen.to_string(), "-n", state, "-s", "malloc,16m", "-T", "none", "-p",
                    "thread_pools=1", "-p", "thread_pool_min=20", "-p", "vsl_space=8m",
                    // It compiles its VCL, and nobody waits for how fast that is.
                    "-p", "cc_command=exec gcc -w -O0 -fpic -shared -o %o %s", "-p",
                    time("timeout_idle", settings.keepalive_timeout), "-p",
                    time("idle_send_timeout", settings.send_timeout), "-p",
                    time("send_timeout", std::chrono::hours(1)), "-p",
                    time("backend_idle_timeout", (*group)->keepalive_timeout)},
      // For the C compiler.
      .environment = {"PATH=/usr/local/bin:/usr/bin:/bin"},
      .log_reader = LogReader{.path = path,
                              .arguments = {"-n", state, "-g", "request", "-P",
                                            fmt::format("{}/{}", place.folder, kPidOfReader)},
                              .ready = reader_ready}};
}

// "at_127_0_0_1_9000" is "127.0.0.1:9000"; empty: not known.
std::string address_of(std::string_view backend) {
  if (!backend.starts_with("at_")) return {};
  std::string address(backend.substr(3));
  std::ranges::replace(address, '_', '.');
  address[address.rfind('.')] = ':';
  return address;
}

// One transaction with the client and those with servers that it led to, as varnishlog writes them.
class Group {
 public:
  explicit Group(Recorder& recorder) : recorder_(recorder) {}

  void line(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of("-* "), text.size()));
    const auto tag = next_field(text);
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    if (tag == "Begin" && text.starts_with("bereq")) entry_.attempts.emplace_back();
    if (tag == "Timestamp") return timestamp(text);
    if (tag == "FetchError") return fetch_error(text);
    if (entry_.attempts.empty())
      client(tag, text);
    else
      server(tag, text);
  }

  // Nothing: it was no request.
  std::optional<AccessEntry> take() {
    if (entry_.client_port == 0) return std::nullopt;
    std::erase_if(entry_.attempts, [](const Attempt& one) { return one.server.empty(); });
    entry_.line =
        fmt::format("{} {} {} {} {:.6f} {}", method_, url_, entry_.status, entry_.body_bytes_sent,
                    std::chrono::duration<double>(entry_.request_time).count(),
                    entry_.code.empty() ? "-" : entry_.code);
    return std::move(entry_);
  }

 private:
  void client(std::string_view tag, std::string_view text) {
    if (tag == "ReqStart") entry_.client_port = number_in<std::uint16_t>(field(text, 1));
    if (tag == "ReqMethod") method_ = text;
    if (tag == "ReqURL") url_ = text;
    if (tag == "RespStatus") entry_.status = number_in<int>(text);
    if (tag == "ReqAcct") entry_.body_bytes_sent = number_in<std::uint64_t>(field(text, 4));
  }

  // "Beresp: 1795389620.921318 0.001377 0.000895": when, since the start, since the one before.
  void timestamp(std::string_view text) {
    const auto name = next_field(text);
    const auto since_start = seconds_in(field(text, 1));
    if (entry_.attempts.empty()) {
      if (name == "Resp:") entry_.request_time = since_start;
      return;
    }
    Attempt& attempt = entry_.attempts.back();
    if (name == "Connected:") attempt.connect_time = since_start;
    if (name == "Beresp:") attempt.header_time = since_start;
    if (name == "BerespBody:") attempt.response_time = since_start;
  }

  void server(std::string_view tag, std::string_view text) {
    Attempt& attempt = entry_.attempts.back();
    if (tag == "BackendOpen") attempt.server = recorder_.names().of(address_of(field(text, 1)));
    if (tag == "Error" && entry_.code.empty()) entry_.code = text;
    if (tag == "BerespStatus" && attempt.header_time) attempt.status = number_in<int>(text);
  }

  // "backend at_127_0_0_1_9000: fail errno 111 (Connection refused)", "first byte timeout".
  void fetch_error(std::string_view text) {
    const auto name = field(text, 1);
    if (text.starts_with("backend ") && name.ends_with(':')) {
      const auto address = address_of(name.substr(0, name.size() - 1));
      if (!address.empty() && !entry_.attempts.empty())
        entry_.attempts.back().server = recorder_.names().of(address);
      text.remove_prefix(std::min(text.find(": ") + 2, text.size()));
    }
    entry_.code = text;
  }

  Recorder& recorder_;
  AccessEntry entry_;
  std::string method_;
  std::string url_;
};

void access_line(std::string_view lines, Recorder& recorder) {
  Group group(recorder);
  while (!lines.empty()) {
    const auto line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    group.line(line);
  }
  if (auto entry = group.take()) recorder.access_read(std::move(*entry));
}

// Of its manager: the child's start and end, panics.
void error_line(std::string_view line, Recorder& recorder) {
  if (!line.starts_with("Debug: ")) recorder.fact("varnishd", std::string(line));
}

}  // namespace

Kind varnish_kind() {
  return {.name = std::string(kName),
          .programs = {"varnishd"},
          .package = "varnish",
          .version_option = "-V",
          .version_in = [](const std::string& told) { return word_after(told, "(varnish-"); },
          .supports = {.retries = RetrySupport::own_or_off, .time = TimeSupport::divided},
          .render = render,
          .error_line = error_line,
          .access_line = access_line,
          .access_paragraphs = true};
}

Supports supports_varnish() {
  return varnish_kind().supports;
}

net::Result<std::unique_ptr<Driver>> find_varnish(const std::string& path) {
  return find_external(varnish_kind(), path);
}

}  // namespace badgate::harness::drivers
