// Sources: the texts of a configuration's files, and the mistakes in them.
#pragma once

#include <list>
#include <string>
#include <string_view>
#include <vector>

#include "harness/diagnostics.h"
#include "net/result.h"

namespace badgate::harness::haproxy_cfg {

class Sources {
 public:
  // A file, "-", or the *.cfg of a folder. The Error has the system's words.
  net::Result<void> add_from_disk(const std::string& path);
  void add(std::string path, std::string text);

  struct Source {
    Source(std::string path, std::string content)
        : text(std::move(content)), diagnostics(std::move(path), text) {}
    std::string text;
    Diagnostics diagnostics;
  };
  const std::list<Source>& all() const { return all_; }

  // Of a file among them.
  void report(const Position& position, std::uint32_t length, std::string message,
              std::string expected = {}, std::string suggestion = {});
  // In the order of files and lines.
  std::vector<Diagnostic> take();

 private:
  net::Result<void> add_file(const std::string& path);

  std::list<Source> all_;  // a Source does not move: its diagnostics look at its text
  std::size_t total_ = 0;
};

}  // namespace badgate::harness::haproxy_cfg
