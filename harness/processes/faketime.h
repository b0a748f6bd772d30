// libfaketime: makes a program believe that time runs faster.
#pragma once

#include <string>
#include <vector>

namespace badgate::harness::processes {

// The path of the library; empty: it is not installed.
std::string faketime_library();

// What a program's environment needs so that it lives so many times faster; nothing for 1.
std::vector<std::string> faster(double time_scale);
// What it leaves behind of a process that is killed: Launch::files_of_pids.
std::vector<std::string> left_by_faketime();

}  // namespace badgate::harness::processes
