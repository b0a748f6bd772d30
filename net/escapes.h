// Bytes written as text, as C does: \r, \n, \t, \\ and \xNN; all else stands for itself.
#pragma once

#include <string>
#include <string_view>

#include "net/result.h"

namespace badgate::net {

// The Error says which escape is none of these.
Result<std::string> unescape(std::string_view text);

// Printable ASCII without quotes, of which `unescape` makes `bytes` again.
std::string escape(std::string_view bytes);

}  // namespace badgate::net
