// Text as one word of a shell command, whatever is in it.
#pragma once

#include <string>
#include <string_view>

namespace badgate::harness {

// In single quotes, as every POSIX shell and fish read them.
std::string shell_quoted(std::string_view text);

}  // namespace badgate::harness
