#include "harness/commands/write_whole.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace badgate::harness::commands {

bool write_whole(const std::string& path, const std::string& text) {
  const std::string unfinished = path + ".part";
  std::ofstream file(unfinished, std::ios::binary);
  file << text;
  file.close();
  if (file && std::rename(unfinished.c_str(), path.c_str()) == 0) return true;
  fmt::print(stderr, "badgate: cannot write {}: {}\n", path, std::strerror(errno));
  std::remove(unfinished.c_str());
  return false;
}

}  // namespace badgate::harness::commands
