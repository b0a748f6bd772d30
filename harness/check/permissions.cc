#include "harness/check/permissions.h"

#include <fmt/core.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace badgate::harness::check {
namespace {

constexpr mode_t kWrite = 2;
constexpr mode_t kSearch = 1;

// The one set of bits that counts for the user: the owner's, the group's, or the others'.
bool may(const struct stat& status, const User& user, mode_t bit) {
  if (user.is_root()) return true;
  if (status.st_uid == user.uid) return (status.st_mode & (bit << 6)) != 0;
  if (user.is_in(status.st_gid)) return (status.st_mode & (bit << 3)) != 0;
  return (status.st_mode & bit) != 0;
}

std::string owner_of(const struct stat& status) {
  const passwd* user = ::getpwuid(status.st_uid);
  const group* its_group = ::getgrgid(status.st_gid);
  return fmt::format(
      "{} {}", user != nullptr ? user->pw_name : fmt::format("uid {}", status.st_uid),
      its_group != nullptr ? its_group->gr_name : fmt::format("gid {}", status.st_gid));
}

std::string state_of(const struct stat& status) {
  std::string mode = S_ISDIR(status.st_mode) ? "d" : S_ISSOCK(status.st_mode) ? "s" : "-";
  constexpr std::string_view kLetters = "rwxrwxrwx";
  for (unsigned i = 0; i < kLetters.size(); ++i)
    mode += (status.st_mode & (0400U >> i)) != 0 ? kLetters[i] : '-';
  return mode + " " + owner_of(status);
}

// "/", "/run", "/run/php": the folders of "/run/php/fpm.sock".
std::vector<std::string> folders_of(const std::string& path) {
  std::vector<std::string> folders;
  for (auto slash = path.find('/'); slash != path.npos; slash = path.find('/', slash + 1))
    folders.push_back(slash == 0 ? "/" : path.substr(0, slash));
  return folders;
}

}  // namespace

bool User::is_in(gid_t group) const {
  return std::ranges::find(groups, group) != groups.end();
}

net::Result<User> user_named(const std::string& name) {
  const passwd* entry = ::getpwnam(name.c_str());
  if (entry == nullptr) return net::fail(fmt::format("there is no user \"{}\"", name));
  User user{name, entry->pw_uid, {}};
  int count = 64;
  user.groups.resize(static_cast<std::size_t>(count));
  if (::getgrouplist(name.c_str(), entry->pw_gid, user.groups.data(), &count) < 0)
    count = std::min(count, 64);  // more than anybody has
  user.groups.resize(static_cast<std::size_t>(count));
  return user;
}

User current_user() {
  const passwd* entry = ::getpwuid(::geteuid());
  User user{
      entry != nullptr ? entry->pw_name : fmt::format("uid {}", ::geteuid()), ::geteuid(), {}};
  std::array<gid_t, 256> groups{};
  const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
  user.groups.assign(groups.begin(), groups.begin() + std::max(0, count));
  user.groups.push_back(::getegid());
  return user;
}

std::optional<Obstacle> obstacle_to_socket(const std::string& path, const User& user) {
  using Kind = Obstacle::Kind;
  struct stat status {};
  for (const auto& folder : folders_of(path)) {
    if (::stat(folder.c_str(), &status) != 0)
      return Obstacle{errno == EACCES ? Kind::unreadable : Kind::missing, folder, {}};
    if (!may(status, user, kSearch)) return Obstacle{Kind::no_way, folder, state_of(status)};
  }
  if (::stat(path.c_str(), &status) != 0)
    return Obstacle{errno == EACCES ? Kind::unreadable : Kind::missing, path, {}};
  if (!S_ISSOCK(status.st_mode)) return Obstacle{Kind::not_a_socket, path, state_of(status)};
  if (!may(status, user, kWrite)) return Obstacle{Kind::no_right, path, state_of(status)};
  return std::nullopt;
}

}  // namespace badgate::harness::check
