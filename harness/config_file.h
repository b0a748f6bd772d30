// ConfigFile: the text of a file of some proxy's configuration, or the system's words why it is not
// to be had.
#pragma once

#include <cstddef>
#include <string>

#include "net/result.h"

namespace badgate::harness {

// What a person names may be "-", standard input, or a pipe that somebody writes to; what a file
// includes is a file: nobody waits for a pipe or a terminal there.
enum class NamedBy { person, file };

// The Error has the words: `open() "PATH" failed (2: No such file or directory)`, or that there are
// more than `limit` bytes.
net::Result<std::string> read_config_file(const std::string& path, NamedBy by, std::size_t limit);

}  // namespace badgate::harness
