// Which files are meant by the paths that a user gives, and their text: robust against whatever
// lies about in a file system.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/diagnostics.h"
#include "net/result.h"

namespace badgate::harness {

inline constexpr std::size_t max_file_bytes = std::size_t{1} << 20;
inline constexpr std::size_t max_files = 10'000;

// Files as they are named, folders as the *.toml files below them, sorted. Links are followed, but
// no folder is entered twice. What cannot be read goes to `diagnostics`.
std::vector<std::string> find_scenario_files(std::span<const std::string> paths,
                                             std::vector<Diagnostic>& diagnostics);

// The whole text of a file: a regular file of at most max_file_bytes; never blocks on others. The
// Error needs only the file's name in front of it.
net::Result<std::string> read_file(const std::string& path);

// "folder/file": what scenarios are called. Below a folder named "scenarios", the path from there.
std::string scenario_name(const std::string& path);

}  // namespace badgate::harness
