#include "harness/own_config/own_network.h"

#include <fmt/core.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "harness/probe/url.h"
#include "net/retry_interrupted.h"

namespace badgate::harness::own_config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostFolders = 64;  // that are covered

tl::unexpected<net::Error> failed(const std::string& what) {
  const int code = errno;
  return net::fail(fmt::format("{} failed ({}: {})", what, code, std::strerror(code)), code);
}

// From now on what is mounted here is mounted for this process alone.
net::Result<void> leave_outer_files() {
  if (::unshare(CLONE_NEWNS) != 0) return failed("unshare(CLONE_NEWNS)");
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return failed("mount(MS_PRIVATE)");
  return {};
}

// A folder of memory over one that exists.
net::Result<void> cover(const std::string& folder) {
  if (::mount("badgate", folder.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=1m") != 0)
    return failed("mount(tmpfs, " + folder + ")");
  return {};
}

// Somewhere to keep files that are seen over others: one of the folders that all systems have and
// few use. It is covered, not written to.
net::Result<std::string> spare_folder() {
  for (const char* folder : {"/mnt", "/media", "/srv", "/opt"}) {
    if (fs::is_directory(folder)) {
      if (auto ok = cover(folder); !ok) return tl::unexpected(ok.error());
      return folder;
    }
  }
  return net::fail("there is no folder to put files into");
}

net::Result<void> put_over(const std::string& text, const std::string& file,
                           const std::string& folder) {
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return {};
  const std::string path = folder + "/" + fs::path(file).filename().string();
  std::ofstream(path) << text;
  if (::mount(path.c_str(), file.c_str(), nullptr, MS_BIND, nullptr) != 0)
    return failed("mount(" + file + ")");
  return {};
}

bool is_within(const fs::path& path, const fs::path& folder) {
  const auto [end, rest] = std::ranges::mismatch(folder, path);
  return end == folder.end();
}

bool holds_any(const fs::path& folder, const std::vector<std::string>& files) {
  return std::ranges::any_of(files, [&](const auto& file) { return is_within(file, folder); });
}

std::string without_links(const fs::path& path) {
  std::error_code ignored;
  return fs::weakly_canonical(path, ignored).string();
}

// What badgate and the proxy read while they run, and where they are.
std::vector<std::string> needed_by(const Wanted& wanted) {
  std::error_code ignored;
  std::vector<std::string> needed{fs::current_path(ignored), without_links("/proc/self/exe")};
  for (const std::string& file : wanted.files)
    needed.push_back(without_links(fs::absolute(file, ignored)));
  return needed;
}

std::string try_everything() {
  auto network = net::NetworkNamespace::enter();
  if (!network) return network.error().message;
  if (auto ok = leave_outer_files(); !ok) return ok.error().message;
  const auto folder = spare_folder();
  if (!folder) return folder.error().message;
  const auto address = net::Address::parse("192.0.2.1:0");
  const auto added = network->add_address(*address);
  return added ? std::string() : added.error().message;
}

}  // namespace

std::string coverable_folder(const std::string& path, const std::vector<std::string>& needed) {
  if (!path.starts_with('/') || fs::path(path).lexically_normal() != path) return {};
  std::error_code ignored;
  fs::path folder = fs::path(without_links(path)).parent_path();
  while (!fs::is_directory(folder, ignored) && folder.has_relative_path())
    folder = folder.parent_path();
  const fs::path temp = without_links(fs::temp_directory_path(ignored));
  if (!folder.has_relative_path() || is_within(temp, folder) || holds_any(folder, needed))
    return {};
  for (const char* own : {"/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc", "/dev", "/proc"}) {
    if (is_within(own, folder) || is_within(folder, own)) return {};
  }
  return folder.string();
}

net::Result<void> OwnNetwork::available() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return failed("pipe2");
  const net::UniqueFd reading(ends[0]);
  net::UniqueFd writing(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return failed("fork");
  if (child == 0) {
    const std::string why = try_everything();
    const bool told = ::write(writing.get(), why.data(), why.size()) >= 0;
    ::_exit(told && why.empty() ? 0 : 1);
  }
  writing.close();
  std::array<char, 512> why{};
  const ssize_t size =
      net::retry_interrupted([&] { return ::read(reading.get(), why.data(), why.size()); });
  int status = 0;
  (void)net::retry_interrupted([&] { return ::waitpid(child, &status, 0); });
  if (size == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return net::fail(fmt::format(
      "no network of one's own here: {}",
      std::string_view(why.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)))));
}

net::Result<OwnNetwork> OwnNetwork::enter(const Wanted& wanted) {
  auto network = net::NetworkNamespace::enter();
  if (!network) return tl::unexpected(network.error());
  if (auto ok = leave_outer_files(); !ok) return tl::unexpected(ok.error());
  OwnNetwork made(std::move(*network));
  made.needed_ = needed_by(wanted);
  if (auto ok = made.furnish(wanted); !ok) return tl::unexpected(ok.error());
  return made;
}

net::Result<void> OwnNetwork::furnish(const Wanted& wanted) {
  here_.own_network = true;
  if (wanted.listen) {
    if (auto ok = listen_at(*wanted.listen); !ok) return ok;
  }
  for (const WantedServer& server : wanted.servers) {
    auto address = address_for(server);
    if (!address) return tl::unexpected(address.error());
    // Two fakes cannot be at one address. It and those behind it are rewritten.
    if (!*address || std::ranges::find(places_.servers, **address) != places_.servers.end()) break;
    here_.leads_to[server.written] = (*address)->to_string();
    places_.servers.push_back(**address);
  }
  return write_names();
}

// Nothing is made outside of what is covered, and what is covered stays to be seen.
net::Result<std::optional<net::Address>> OwnNetwork::socket_at(const std::string& path) {
  using Maybe = std::optional<net::Address>;
  const std::string folder = coverable_folder(path, needed_);
  if (folder.empty()) return Maybe();
  const bool covered =
      std::ranges::any_of(folders_, [&](const auto& other) { return is_within(folder, other); });
  if (!covered) {
    if (folders_.size() == kMostFolders || holds_any(folder, folders_)) return Maybe();
    if (auto ok = cover(folder); !ok) return tl::unexpected(ok.error());
    folders_.push_back(folder);
  }
  const fs::path socket = without_links(path);
  if (!is_within(socket, folder)) return Maybe();
  std::error_code ignored;
  fs::create_directories(socket.parent_path(), ignored);
  const auto address = net::Address::unix_path(socket.string());
  return address ? Maybe(*address) : Maybe();
}

// Nothing: it cannot be had here.
net::Result<std::optional<net::Address>> OwnNetwork::address_for(const WantedServer& server) {
  using Maybe = std::optional<net::Address>;
  if (!server.socket.empty()) return socket_at(server.socket);
  if (server.port == 0) return Maybe();
  if (server.is_name) {
    auto known = names_.find(server.host);
    if (known == names_.end()) {
      const auto made = network_.allocate(0);
      if (!made) return tl::unexpected(made.error());
      if (auto ok = network_.add_address(*made); !ok) return tl::unexpected(ok.error());
      known = names_.emplace(server.host, *made).first;
    }
    const auto at = net::Address::parse(fmt::format("{}:{}", known->second.host(), server.port));
    return at ? Maybe(*at) : Maybe();
  }
  const auto address = net::Address::parse(probe::host_and_port(server.host, server.port));
  if (!address) return Maybe();
  if (server.host.starts_with("127.") || server.host == "::1") return Maybe(*address);
  if (auto ok = network_.add_address(*address); !ok) return tl::unexpected(ok.error());
  return Maybe(*address);
}

net::Result<void> OwnNetwork::listen_at(const net::Address& address) {
  const std::string text = address.to_string();
  if (!address.is_wildcard() && !text.starts_with("127.") && !text.starts_with("[::1]")) {
    if (auto ok = network_.add_address(address); !ok) return ok;
  }
  places_.listen = address;
  return {};
}

// Names lead to the fakes, and no name server is asked.
net::Result<void> OwnNetwork::write_names() const {
  if (names_.empty()) return {};
  std::string hosts = "127.0.0.1 localhost\n::1 localhost\n";
  for (const auto& [name, address] : names_)
    hosts += fmt::format("{} {}\n", address.host(), name);
  const auto folder = spare_folder();
  if (!folder) return tl::unexpected(folder.error());
  if (auto ok = put_over(hosts, "/etc/hosts", *folder); !ok) return ok;
  return put_over("nameserver 127.0.0.1\n", "/etc/resolv.conf", *folder);
}

}  // namespace badgate::harness::own_config
