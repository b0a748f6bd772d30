// All of a text into a descriptor that waits until there is room.
#pragma once

#include <string_view>

namespace badgate::harness {

// False: errno says why. A part of it may have been written.
bool write_all(int fd, std::string_view text);

}  // namespace badgate::harness
