#include "harness/processes/process_tree.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <sstream>
#include <string>

namespace badgate::harness::processes {
namespace {

struct Process {
  pid_t pid = 0;
  pid_t parent = 0;
  std::uint64_t began = 0;  // in ticks since the machine's start
};

using ByParent = std::multimap<pid_t, Process>;

// /proc/PID/stat, see proc(5); the program's name may hold anything, and ends with the last ')'.
bool read_stat(pid_t pid, Process& into) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  if (!std::getline(file, line)) return false;
  const auto name_end = line.rfind(')');
  if (name_end == std::string::npos) return false;
  std::istringstream rest(line.substr(name_end + 1));
  std::string state;
  std::string skipped;
  rest >> state >> into.parent;
  constexpr int kBetween = 17;  // fields before starttime
  for (int i = 0; i < kBetween; ++i)
    rest >> skipped;
  rest >> into.began;
  into.pid = pid;
  return rest && state != "Z" && state != "X";
}

ByParent all_processes() {
  ByParent all;
  std::error_code error;
  for (std::filesystem::directory_iterator it("/proc", error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    pid_t pid = 0;
    const auto [at, bad] = std::from_chars(name.data(), name.data() + name.size(), pid);
    Process process;
    if (bad == std::errc() && at == name.data() + name.size() && read_stat(pid, process))
      all.emplace(process.parent, process);
  }
  return all;
}

std::vector<pid_t> children_in(const ByParent& all, pid_t pid) {
  std::vector<Process> children;
  const auto [begin, end] = all.equal_range(pid);
  for (auto it = begin; it != end; ++it)
    children.push_back(it->second);
  std::ranges::sort(children, [](const Process& a, const Process& b) {
    return a.began != b.began ? a.began < b.began : a.pid < b.pid;
  });
  std::vector<pid_t> pids;
  for (const Process& child : children)
    pids.push_back(child.pid);
  return pids;
}

// Of its first thread: proxies fork from there. Not exact while they do (proc(5)).
std::vector<pid_t> listed_children_of(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{0}/task/{0}/children", pid));
  return {std::istream_iterator<pid_t>(file), std::istream_iterator<pid_t>()};
}

std::vector<pid_t> listed_descendants_of(pid_t pid) {
  constexpr std::size_t kMost = 256;  // a family that grows while it is looked at
  std::vector<pid_t> family = listed_children_of(pid);
  for (std::size_t i = 0; i < family.size() && i < kMost; ++i) {
    const auto theirs = listed_children_of(family[i]);
    family.insert(family.end(), theirs.begin(), theirs.end());
  }
  return family;
}

bool is_stopped(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string line;
  std::getline(file, line);
  const auto name_end = line.rfind(')');
  return name_end != line.npos && line.substr(name_end).starts_with(") T");
}

}  // namespace

std::vector<pid_t> children_of(pid_t pid) {
  return children_in(all_processes(), pid);
}

std::vector<pid_t> descendants_of(pid_t pid) {
  const ByParent all = all_processes();
  std::vector<pid_t> found = children_in(all, pid);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto theirs = children_in(all, found[i]);
    found.insert(found.end(), theirs.begin(), theirs.end());
  }
  return found;
}

std::optional<pid_t> stopped_descendant_of(pid_t pid) {
  const auto family = listed_descendants_of(pid);
  const auto stopped = std::ranges::find_if(family, is_stopped);
  return stopped == family.end() ? std::nullopt : std::optional(*stopped);
}

std::optional<bool> descendants_have_socket(pid_t pid, std::uint64_t inode) {
  const std::string wanted = fmt::format("socket:[{}]", inode);
  bool hidden = false;
  for (const pid_t process : descendants_of(pid)) {
    std::error_code error;
    std::filesystem::directory_iterator it(fmt::format("/proc/{}/fd", process), error);
    hidden |= static_cast<bool>(error);
    for (const std::filesystem::directory_iterator end; !error && it != end; it.increment(error)) {
      std::error_code closed_by_now;
      if (std::filesystem::read_symlink(it->path(), closed_by_now) == wanted) return true;
    }
  }
  return hidden ? std::nullopt : std::optional(false);
}

}  // namespace badgate::harness::processes
