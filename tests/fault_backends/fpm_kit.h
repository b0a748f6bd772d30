// A backend that is a PHP-FPM, and its clients.
#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fault_backends/fastcgi_kit.h"

namespace badgate::fault_backends::test {

inline const std::string kPhpHead =
    "X-Powered-By: PHP/8.2.36\r\nContent-type: text/html; charset=UTF-8\r\n\r\n";
inline const std::string kScript = "/srv/app/index.php";

struct FpmWorld : World {
  explicit FpmWorld(bool is_unix = false) : World(is_unix) { settings.fpm.emplace(); }
  FpmSettings& fpm() { return *settings.fpm; }
  Client& ask(const std::string& script = kScript, std::string_view uri = "/index.php") {
    return client(fastcgi_request(
        uri, 0, {}, {{"SCRIPT_FILENAME", script}, {"SCRIPT_NAME", std::string(uri)}}));
  }
  const std::vector<std::string>& log() const { return backend->log(); }
  std::size_t logged(std::string_view part) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        log(), [&](const std::string& line) { return line.find(part) != std::string::npos; }));
  }
};

// When each client had its whole answer, in seconds; "-": it has none.
inline std::string answers(const FpmWorld& world) {
  std::string out;
  for (const auto& client : world.clients)
    out += client->end == "FIN"
               ? fmt::format("{} ", std::chrono::duration<double>(client->ended).count())
               : "- ";
  return out;
}

}  // namespace badgate::fault_backends::test
