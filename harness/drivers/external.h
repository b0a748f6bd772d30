// External: what the drivers of programs other than nginx have in common: a folder of their own, a
// free port of 127.0.0.1, time that runs faster, two logs that come back line by line, and an end
// that leaves nothing. What differs from proxy to proxy is a Kind, in the proxy's own file.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/drivers/driver.h"

namespace badgate::harness::drivers {

// Where one instance lives.
struct Place {
  std::string folder;
  net::Address listen;
  // What the program may open to write its access log to: one line a request.
  std::string access_log;
  int access_fd = -1;  // the same, for those that take a descriptor
  double time_scale = 1;
};

// How one instance is started.
struct Launching {
  std::vector<std::pair<std::string, std::string>>
      files;  // names in the folder, and what is in them
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
};

struct Kind {
  std::string name;         // "haproxy"
  std::string path;         // of its program
  std::string version;      // "2.6.12"
  bool scales_time = true;  // it can live faster with libfaketime
  int reload_signal = 0;    // 0: it is not told to read its configuration again
  int end_signal = 0;       // 0: SIGTERM

  // The Error with the code ENOTSUP says what of the settings the proxy cannot express.
  net::Result<Launching> (*render)(const Setup& setup, const Place& place) = nullptr;
  // What a line of its error log (stderr) or its access log tells.
  void (*error_line)(std::string_view line, Recorder& recorder) = nullptr;
  void (*access_line)(std::string_view line, Recorder& recorder) = nullptr;
};

std::unique_ptr<Driver> external_driver(Kind kind);

// The path of the first program of these names, or `path` itself. The Error names the package.
net::Result<std::string> find_external(const std::string& path,
                                       const std::vector<std::string>& names,
                                       std::string_view package);

// The word that follows `prefix`, as the version in "HAProxy version 2.6.12-1 …"; empty: none does.
std::string word_after(const std::string& text, std::string_view prefix);

}  // namespace badgate::harness::drivers
