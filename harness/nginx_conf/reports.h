// Reports: the mistakes in all files of a configuration, in the order in which the files were read.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/diagnostics.h"
#include "harness/nginx_conf/sources.h"

namespace badgate::harness::nginx_conf {

class Reports {
 public:
  // `sources` must outlive this.
  explicit Reports(Sources& sources) : sources_(sources) {}

  void add(const std::string& file, Place place, std::string message, std::string expected = {},
           std::string suggestion = {});
  // Marks one character.
  void add(const Position& position, std::string message, std::string expected = {});

  bool empty() const { return files_.empty(); }
  // Of one file in the order of its lines.
  std::vector<Diagnostic> take();

 private:
  Sources& sources_;
  std::map<std::string, Diagnostics> files_;
  std::vector<std::string> order_;
};

}  // namespace badgate::harness::nginx_conf
