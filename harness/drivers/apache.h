// The parts of Apache's driver that turn text into text: its configuration and the lines of its
// logs. apache.cc is the driver.
#pragma once

#include <string>
#include <string_view>

#include "harness/drivers/external.h"

namespace badgate::harness::drivers {

struct ApacheHome {
  std::string modules;   // the folder that its modules are loaded from
  bool as_root = false;  // then its workers are nobody: Apache refuses to be root there
};

// The whole configuration file. The Error has the code ENOTSUP: what of the settings Apache has
// nothing like.
net::Result<std::string> apache_config(const Setup& setup, const Place& place,
                                       const ApacheHome& home);

// A line of the error log: "[proxy:error] (111)Connection refused: AH00957: …". What tells of
// starting and stopping is left out.
void apache_error_line(std::string_view line, Recorder& recorder);

// A line of the access log, in the LogFormat of apache_config.
void apache_access_line(std::string_view line, Recorder& recorder);

}  // namespace badgate::harness::drivers
