// Signals by their names, "SIGKILL", as people and kill(1) write them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace badgate::harness::processes {

// "SIGSEGV"; "signal 34" for those without a name.
std::string signal_name(int number);
// What a status of waitpid(2) says: "ended by SIGKILL", "exited with status 1".
std::string how_it_ended(int status);
// The names that a scenario may use.
std::span<const std::string_view> signal_names();
std::optional<int> signal_number(std::string_view name);

}  // namespace badgate::harness::processes
