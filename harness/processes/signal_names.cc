#include "harness/processes/signal_names.h"

#include <fmt/core.h>
#include <string.h>  // sigabbrev_np is no part of <cstring>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <iterator>
#include <utility>

namespace badgate::harness::processes {
namespace {

constexpr std::array<std::string_view, 13> kNames{
    "SIGKILL", "SIGTERM", "SIGINT",  "SIGQUIT", "SIGHUP",   "SIGUSR1", "SIGUSR2",
    "SIGSTOP", "SIGCONT", "SIGSEGV", "SIGABRT", "SIGWINCH", "SIGTTIN"};
constexpr std::array<int, kNames.size()> kNumbers{SIGKILL, SIGTERM,  SIGINT,  SIGQUIT, SIGHUP,
                                                  SIGUSR1, SIGUSR2,  SIGSTOP, SIGCONT, SIGSEGV,
                                                  SIGABRT, SIGWINCH, SIGTTIN};

}  // namespace

std::string signal_name(int number) {
  const char* name = ::sigabbrev_np(number);
  return name != nullptr ? fmt::format("SIG{}", name) : fmt::format("signal {}", number);
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return "ended by " + signal_name(WTERMSIG(status));
  return fmt::format("exited with status {}", WEXITSTATUS(status));
}

std::span<const std::string_view> signal_names() {
  return kNames;
}

std::optional<int> signal_number(std::string_view name) {
  const auto at = std::ranges::find(kNames, name);
  if (at == kNames.end()) return std::nullopt;
  return kNumbers.at(static_cast<std::size_t>(std::distance(kNames.begin(), at)));
}

}  // namespace badgate::harness::processes
