// What commands write for their user.
#pragma once

#include <string>

namespace badgate::harness::commands {

// Whole or not at all: under another name (".part") first. False: it cannot be written, which was
// said on standard error.
bool write_whole(const std::string& path, const std::string& text);

}  // namespace badgate::harness::commands
