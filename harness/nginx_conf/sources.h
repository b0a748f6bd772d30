// Sources: where the text of configuration files comes from, the disk or the output of `nginx -T`.
// Bounded: see max_file_size and the others in tree.h.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/result.h"

namespace badgate::harness::nginx_conf {

class Sources {
 public:
  // The main file on the disk; "-" is standard input. What it includes is on the disk, too, unless
  // it is from `nginx -T`.
  static net::Result<Sources> from_disk(const std::string& path);
  // A text alone. An Error: it is from `nginx -T`, and of too many files.
  static net::Result<Sources> from_text(std::string_view text, const std::string& path, bool disk);

  // The main file's name, and the folder that relative names start from (conf_prefix).
  const std::string& main() const { return main_; }

  // The files that an `include` means, in nginx's order; one that may not exist, if it is no
  // pattern.
  std::vector<std::string> included(std::string_view pattern) const;

  // The text stays valid while this lives. The Error has the system's words.
  net::Result<std::string_view> text(const std::string& path);

 private:
  // Whether it was the output of `nginx -T`.
  net::Result<bool> add_dump(std::string_view text);
  void add(std::string path, std::string text);

  std::string main_;
  std::string prefix_;
  bool disk_ = false;
  std::map<std::string, std::unique_ptr<std::string>> texts_;
  std::size_t total_ = 0;
};

}  // namespace badgate::harness::nginx_conf
