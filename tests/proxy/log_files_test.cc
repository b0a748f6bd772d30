#include "proxy/log_files.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

using namespace badgate::proxy;
namespace fs = std::filesystem;

namespace {

class Folder {
 public:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "badgate-log-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string at(const std::string& name) const { return (path_ / name).string(); }
  std::string text(const std::string& name) const {
    std::ifstream file(path_ / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  fs::path path_;
};

}  // namespace

TEST_CASE("errors are written at once, the rest when there is time") {
  const Folder folder;
  auto logs = LogFiles::open({.error = folder.at("error.log"), .access = folder.at("access.log")});
  REQUIRE(logs.has_value());
  (*logs)->access_line("a");
  (*logs)->error_line(Level::info, "i");
  CHECK(folder.text("access.log").empty());
  CHECK(folder.text("error.log").empty());
  (*logs)->error_line(Level::error, "e");
  CHECK(folder.text("error.log") == "i\ne\n");
  (*logs)->flush();
  CHECK(folder.text("access.log") == "a\n");
  (*logs)->access_line("b");
  logs->reset();
  CHECK(folder.text("access.log") == "a\nb\n");
}

TEST_CASE("lines are appended, and the buffer is bounded") {
  const Folder folder;
  std::ofstream(folder.at("access.log")) << "old\n";
  auto logs = LogFiles::open({.error = "off", .access = folder.at("access.log")});
  REQUIRE(logs.has_value());
  const std::string line(1000, 'x');
  for (int i = 0; i < 200; ++i)
    (*logs)->access_line(line);
  CHECK(folder.text("access.log").size() > 100'000);
  (*logs)->access_line(std::string(1'000'000, 'y'));  // longer than the buffer: written at once
  CHECK(folder.text("access.log").size() == 4 + 200 * 1001 + 1'000'001);
  (*logs)->error_line(Level::emerg, "nowhere");
  CHECK((*logs)->lost() == 0);
}

TEST_CASE("reopen follows a rotation and loses nothing") {
  const Folder folder;
  auto logs = LogFiles::open({.error = folder.at("error.log"), .access = folder.at("access.log")});
  REQUIRE(logs.has_value());
  (*logs)->access_line("before");
  fs::rename(folder.at("access.log"), folder.at("access.log.1"));
  CHECK((*logs)->reopen().has_value());
  (*logs)->access_line("after");
  (*logs)->flush();
  CHECK(folder.text("access.log.1") == "before\n");
  CHECK(folder.text("access.log") == "after\n");
}

TEST_CASE("a file that cannot be opened is an error, and the old ones stay") {
  const Folder folder;
  const std::string missing = folder.at("missing/access.log");
  const auto none = LogFiles::open({.error = "off", .access = missing});
  REQUIRE_FALSE(none.has_value());
  CHECK(none.error().message == "open() \"" + missing + "\" failed (2: No such file or directory)");
  CHECK(none.error().code == ENOENT);
  const auto directory = LogFiles::open({.error = folder.at(""), .access = "off"});
  REQUIRE_FALSE(directory.has_value());
  CHECK(directory.error().code == EISDIR);

  fs::create_directory(folder.at("logs"));
  auto logs = LogFiles::open({.error = "off", .access = folder.at("logs/access.log")});
  REQUIRE(logs.has_value());
  fs::rename(folder.at("logs"), folder.at("moved"));
  CHECK_FALSE((*logs)->reopen().has_value());
  (*logs)->access_line("still");
  (*logs)->flush();
  CHECK(folder.text("moved/access.log") == "still\n");
}

TEST_CASE("lines that a full disk refuses are counted") {
  if (!fs::exists("/dev/full")) return;
  auto logs = LogFiles::open({.error = "off", .access = "/dev/full"});
  REQUIRE(logs.has_value());
  (*logs)->access_line("a");
  (*logs)->access_line("b");
  (*logs)->flush();
  CHECK((*logs)->lost() == 2);
}
