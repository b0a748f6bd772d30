// External: what the drivers of programs other than nginx have in common: a folder of their own, a
// free port of 127.0.0.1, time that is lent or runs faster, two logs that come back line by line,
// and an end that leaves nothing. What differs from proxy to proxy is a Kind, in the proxy's own
// file.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/drivers/driver.h"
#include "harness/drivers/supports.h"

namespace badgate::harness::drivers {

// Where one instance lives.
struct Place {
  std::string folder;
  net::Address listen;
  // What the program may open to write its access log to: one line a request.
  std::string access_log;
  int access_fd = -1;         // the same, for those that take a descriptor
  double time_scale = 1;      // what `render` divides times by, if TimeSupport is `divided`
  bool time_is_lent = false;  // it must be one process and one thread, and is not reloaded
};

// Another program that reads what the proxy tells in a form of its own, and writes it to its stdout
// as text: the access log. It begins when the proxy listens, and ends with it.
struct LogReader {
  std::string path;
  std::vector<std::string> arguments;
  // Whether nothing can escape it any more; looked at every few milliseconds.
  bool (*ready)(const std::string& folder) = nullptr;
};

// How one instance is started.
struct Launching {
  std::vector<std::pair<std::string, std::string>>
      files;  // names in the folder, and what is in them
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
  std::optional<LogReader> log_reader{};  // in place of Place::access_log
  // Files outside of the folder that it makes, and opens only while it starts: they are removed as
  // soon as it listens, since one that is killed would leave them.
  std::vector<std::string> needed_to_start{};
};

struct Kind {
  std::string name;                   // "haproxy"
  std::vector<std::string> programs;  // how it may be called; the first that there is
  std::string package;                // Debian's that has it
  std::string version_option = "-v";  // makes it tell its version
  std::string (*version_in)(const std::string& told) = nullptr;
  std::string path{};     // of its program, once it is found
  std::string version{};  // "2.6.12", once it has told
  Supports supports;
  int reload_signal = 0;     // makes it read its configuration again, if it supports that
  int end_signal = 0;        // 0: SIGTERM
  std::string shared_files;  // as of processes::Launch
  std::string user{};        // whom it becomes if root begins it; folder and log are theirs then

  // The Error with the code ENOTSUP says what of the settings the proxy cannot express.
  std::function<net::Result<Launching>(const Setup& setup, const Place& place)> render{};
  // What a line of its error log (stderr) or its access log tells.
  void (*error_line)(std::string_view line, Recorder& recorder) = nullptr;
  void (*access_line)(std::string_view line, Recorder& recorder) = nullptr;
  bool access_paragraphs = false;  // `access_line` gets all lines up to an empty one
};

// The driver of that kind, with its program at `path`, or, if that is empty, in its usual places.
// The Error names the package that is to be installed.
net::Result<std::unique_ptr<Driver>> find_external(Kind kind, const std::string& path);

// The word that follows `prefix`, as the version in "HAProxy version 2.6.12-1 …"; empty: none does.
std::string word_after(const std::string& text, std::string_view prefix);

}  // namespace badgate::harness::drivers
