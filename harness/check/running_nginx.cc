#include "harness/check/running_nginx.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string_view>

#include "net/text.h"

namespace badgate::harness::check {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMaster = "nginx: master process";
constexpr std::string_view kWorker = "nginx: worker process";

// What could be read of it: of a process that ends meanwhile, nothing.
std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Process {
  pid_t pid = 0;
  pid_t parent = 0;
  std::uint64_t started = 0;  // in ticks since the machine's start
  std::string command;
};

// proc_pid_stat(5): the name in brackets may have spaces; the parent is field 4, the start 22.
bool read_stat(const fs::path& folder, Process& process) {
  const std::string text = content_of(folder / "stat");
  const auto bracket = text.rfind(')');
  if (bracket == text.npos) return false;
  std::istringstream fields(text.substr(bracket + 1));
  std::string skipped;
  fields >> skipped >> process.parent;
  constexpr int kBetween = 17;
  for (int i = 0; i < kBetween; ++i)
    fields >> skipped;
  return static_cast<bool>(fields >> process.started);
}

std::vector<Process> nginx_processes(const std::string& proc) {
  std::vector<Process> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(proc, ignored)) {
    const auto pid = net::parse_number(entry.path().filename().string());
    if (!pid) continue;
    Process process{.pid = static_cast<pid_t>(*pid)};
    process.command = content_of(entry.path() / "cmdline");
    if (!process.command.starts_with("nginx: ") || !read_stat(entry.path(), process)) continue;
    std::ranges::replace(process.command, '\0', ' ');
    found.push_back(std::move(process));
  }
  return found;
}

// What nginx's options say of its files, as they were written.
struct Options {
  std::string config;  // -c
  std::string prefix;  // -p
};

// "nginx: master process /usr/sbin/nginx -g daemon on; -c /etc/nginx/nginx.conf"
Options options_of(const Process& master) {
  std::istringstream words(master.command);
  Options found;
  for (std::string word; words >> word;) {
    if (word == "-c") words >> found.config;
    if (word == "-p") words >> found.prefix;
  }
  return found;
}

// Relative files lie under the prefix, a relative prefix in nginx's working folder
// (ngx_conf_full_name, ngx_process_options). Empty: under the prefix that it was compiled with, or
// its working folder cannot be seen.
fs::path absolute_config(const Process& master, const Options& options, const std::string& proc) {
  if (fs::path(options.config).is_absolute()) return options.config;
  if (options.prefix.empty()) return {};
  if (fs::path(options.prefix).is_absolute()) return fs::path(options.prefix) / options.config;
  std::error_code error;  // of a process of another user
  const auto its = fs::path(proc) / std::to_string(master.pid) / "cwd";
  const auto folder = fs::read_symlink(its, error);
  return error ? fs::path() : folder / options.prefix / options.config;
}

bool has_config(const Process& master, const std::string& config, const std::string& proc) {
  std::error_code ignored;
  const auto asked = fs::weakly_canonical(config, ignored);
  const Options options = options_of(master);
  if (!options.config.empty()) {
    const auto its = absolute_config(master, options, proc);
    return !its.empty() && fs::weakly_canonical(its, ignored) == asked;
  }
  constexpr std::array<std::string_view, 3> kUsual{"/etc/nginx/nginx.conf",
                                                   "/usr/local/nginx/conf/nginx.conf",
                                                   "/usr/local/etc/nginx/nginx.conf"};
  return options.prefix.empty() && std::ranges::find(kUsual, asked.string()) != kUsual.end();
}

net::Duration age_of(const Process& process, const std::string& proc) {
  double uptime = 0;
  std::istringstream(content_of(fs::path(proc) / "uptime")) >> uptime;
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const std::chrono::duration<double> age(uptime - static_cast<double>(process.started) / ticks);
  return std::chrono::duration_cast<net::Duration>(age);
}

std::optional<User> user_of(const Process& process, const std::string& proc) {
  std::istringstream status(content_of(fs::path(proc) / std::to_string(process.pid) / "status"));
  User user;
  bool known = false;
  for (std::string line; std::getline(status, line);) {
    std::istringstream words(line);
    std::string key;
    words >> key;
    if (key == "Uid:") {
      known = static_cast<bool>(words >> user.uid >> user.uid);  // the effective one
    } else if (key == "Gid:" || key == "Groups:") {
      for (gid_t group = 0; words >> group;)
        user.groups.push_back(group);
    }
  }
  if (!known) return std::nullopt;
  const passwd* entry = ::getpwuid(user.uid);
  user.name = entry != nullptr ? entry->pw_name : fmt::format("uid {}", user.uid);
  return user;
}

bool collect_sockets(const Process& worker, const std::string& proc, std::set<std::string>& into) {
  std::error_code error;
  const fs::path folder = fs::path(proc) / std::to_string(worker.pid) / "fd";
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const auto link = fs::read_symlink(entry.path(), error).string();
    if (link.starts_with("socket:[")) into.insert(link.substr(8, link.size() - 9));
  }
  return !error;
}

// proc_net_tcp: "0100007F:1F90", words in the machine's own order.
std::optional<net::Address> remote_address(std::string_view text) {
  const auto colon = text.find(':');
  if (colon != 8 && colon != 32) return std::nullopt;
  std::uint16_t port = 0;
  std::from_chars(text.data() + colon + 1, text.data() + text.size(), port, 16);
  std::array<char, 16> bytes{};
  for (std::size_t i = 0; i < colon; i += 8) {
    std::uint32_t word = 0;
    std::from_chars(text.data() + i, text.data() + i + 8, word, 16);
    std::memcpy(bytes.data() + i / 2, &word, sizeof word);
  }
  std::array<char, INET6_ADDRSTRLEN> name{};
  ::inet_ntop(colon == 8 ? AF_INET : AF_INET6, bytes.data(), name.data(), name.size());
  std::string host = name.data();
  if (host.starts_with("::ffff:") && host.find('.') != host.npos) host.erase(0, 7);
  const auto address = host.find(':') == host.npos
                           ? net::Address::parse(fmt::format("{}:{}", host, port))
                           : net::Address::parse(fmt::format("[{}]:{}", host, port));
  return address ? std::optional(*address) : std::nullopt;
}

void add_connections(const std::string& list, const std::set<std::string>& sockets,
                     std::vector<net::Address>& into) {
  std::ifstream file(list);
  std::string line;
  std::getline(file, line);  // the headings
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string number;
    std::string local;
    std::string remote;
    std::string state;
    std::string skipped;
    std::string inode;
    words >> number >> local >> remote >> state;
    constexpr int kBetween = 5;  // queues, timer, retransmits, uid, timeout
    for (int i = 0; i < kBetween; ++i)
      words >> skipped;
    words >> inode;
    if (state == "0A" || !sockets.contains(inode)) continue;
    if (const auto address = remote_address(remote)) into.push_back(*address);
  }
}

}  // namespace

std::optional<RunningNginx> find_running_nginx(const std::string& config, const std::string& proc) {
  const auto processes = nginx_processes(proc);
  const Process* master = nullptr;
  for (const Process& process : processes) {
    if (!process.command.starts_with(kMaster) || !has_config(process, config, proc)) continue;
    if (master != nullptr) return std::nullopt;  // two of them
    master = &process;
  }
  if (master == nullptr) return std::nullopt;
  RunningNginx found{.master = master->pid, .age = age_of(*master, proc)};
  std::set<std::string> sockets;
  for (const Process& worker : processes) {
    if (worker.parent != master->pid || !worker.command.starts_with(kWorker)) continue;
    if (worker.command.find("shutting down") != worker.command.npos) continue;
    found.age = std::min(found.age, age_of(worker, proc));
    found.connections_seen |= collect_sockets(worker, proc, sockets);
    if (!found.user) found.user = user_of(worker, proc);
  }
  for (const char* list : {"tcp", "tcp6"})
    add_connections(fmt::format("{}/{}/net/{}", proc, master->pid, list), sockets, found.connected);
  return found;
}

}  // namespace badgate::harness::check
