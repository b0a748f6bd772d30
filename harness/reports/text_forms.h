// Text of unknown origin in the forms that report formats ask for. Whatever is not UTF-8 becomes
// U+FFFD, byte by byte.
#pragma once

#include <string>
#include <string_view>

#include "net/time.h"

namespace badgate::harness::reports {

std::string valid_utf8(std::string_view text);

// In double quotes for an attribute, or as an element's content. Characters that XML 1.0 (section
// 2.2) has no way to write become U+FFFD.
std::string xml_attribute(std::string_view text);
std::string xml_text(std::string_view text);

// A double-quoted scalar of YAML 1.2 (section 5.7), which is also JSON's form where JSON has it.
std::string yaml_quoted(std::string_view text);

// The same text without line ends: each becomes a space.
std::string one_line(std::string_view text);

// "0.002", as reports write seconds.
std::string in_seconds(net::Duration d);

}  // namespace badgate::harness::reports
