#include "harness/load/scenario_paths.h"

#include <doctest/doctest.h>
#include <fmt/core.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "harness/load.h"

using namespace badgate;
namespace fs = std::filesystem;

namespace {

// A folder of its own, gone with the test.
class Folder {
 public:
  Folder() {
    std::string name = fs::temp_directory_path() / "badgate-paths-XXXXXX";
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
    fs::permissions(path_, fs::perms::all);
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string at(const std::string& name) const { return path_ / name; }
  std::string root() const { return path_; }
  std::string write(const std::string& name, const std::string& text) const {
    fs::create_directories(fs::path(at(name)).parent_path());
    std::ofstream(at(name), std::ios::binary) << text;
    return at(name);
  }

 private:
  fs::path path_;
};

// Root may read everything, so permissions are tested as nobody.
class AsNobody {
 public:
  AsNobody() : before_(setfsuid(geteuid() == 0 ? 65534 : geteuid())) {}
  ~AsNobody() { setfsuid(static_cast<uid_t>(before_)); }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;

 private:
  int before_;
};

constexpr auto kScenario = "title = 't'\nupstream.app = {}\nrequest = {}\n";

// What is said when `path` is loaded, without the path itself.
std::string told(const std::string& path) {
  const auto loaded = harness::load(std::vector{path});
  CHECK(loaded.scenarios.empty());
  std::string text = harness::to_text(loaded.diagnostics);
  for (auto at = text.find(path); at != std::string::npos; at = text.find(path))
    text.replace(at, path.size(), "PATH");
  return text;
}

}  // namespace

TEST_CASE("What is no readable file is told, and never waited for") {
  const Folder folder;
  SUBCASE("missing") {
    CHECK(told(folder.at("none.toml")) == "PATH: error: there is no such file or folder\n");
  }
  SUBCASE("a dangling link") {
    fs::create_symlink("nowhere", folder.at("link.toml"));
    CHECK(told(folder.at("link.toml")) == "PATH: error: this link points to nothing that exists\n");
    CHECK(told(folder.root()) ==
          "PATH/link.toml: error: this link points to nothing that exists\n");
  }
  SUBCASE("a loop of links") {
    fs::create_symlink("b.toml", folder.at("a.toml"));
    fs::create_symlink("a.toml", folder.at("b.toml"));
    CHECK(told(folder.at("a.toml")) == "PATH: error: this link leads back to itself\n");
  }
  SUBCASE("a named pipe") {
    REQUIRE(mkfifo(folder.at("pipe.toml").c_str(), 0600) == 0);
    CHECK(told(folder.at("pipe.toml")) ==
          "PATH: error: this is a named pipe, not a scenario file\n");
  }
  SUBCASE("devices") {
    CHECK(told("/dev/null") == "PATH: error: this is a device, not a scenario file\n");
    CHECK(told("/dev/zero") == "PATH: error: this is a device, not a scenario file\n");
  }
  SUBCASE("a file of 100 MB") {
    folder.write("large.toml", "");
    fs::resize_file(folder.at("large.toml"), 100'000'000);
    CHECK(told(folder.at("large.toml")) ==
          "PATH: error: this file has 100000000 bytes; a scenario has at most 1048576 (1 MiB)\n");
  }
  SUBCASE("no permission") {
    folder.write("secret.toml", kScenario);
    fs::permissions(folder.at("secret.toml"), fs::perms::none);
    fs::create_directory(folder.at("closed"));
    fs::permissions(folder.at("closed"), fs::perms::none);
    const AsNobody nobody;
    CHECK(told(folder.at("secret.toml")) == "PATH: error: no permission to read this\n");
    CHECK(told(folder.at("closed")) == "PATH: error: no permission to read this\n");
  }
  SUBCASE("a folder without scenarios") {
    folder.write("readme.txt", "nothing here");
    CHECK(told(folder.root()) ==
          "PATH: error: there is no scenario in this folder\n"
          "      = expected files named *.toml\n");
  }
  SUBCASE("a folder that is named like a scenario") {
    fs::create_directory(folder.at("folder.toml"));
    CHECK(told(folder.at("folder.toml")).find("there is no scenario in this folder") !=
          std::string::npos);
  }
  SUBCASE("the empty name") {
    const auto loaded = harness::load(std::vector<std::string>{""});
    REQUIRE(loaded.diagnostics.size() == 1);
    CHECK(loaded.diagnostics[0].message == "there is no such file or folder");
  }
}

TEST_CASE("Of folders every scenario below is read, sorted and once") {
  const Folder folder;
  folder.write("b/two.toml", kScenario);
  folder.write("b/one.toml", kScenario);
  folder.write("a/deep/er/three.toml", kScenario);
  folder.write("a/notes.md", "not a scenario");
  fs::create_symlink("..", folder.at("a/loop"));
  fs::create_symlink("two.toml", folder.at("b/zzz.toml"));
  const auto loaded = harness::load(std::vector{folder.root(), folder.at("b/one.toml")});
  CHECK(harness::to_text(loaded.diagnostics) == "");
  REQUIRE(loaded.scenarios.size() == 3);
  CHECK(loaded.scenarios[0].name == "er/three");
  CHECK(loaded.scenarios[1].name == "b/one");
  CHECK(loaded.scenarios[2].name == "b/two");
}

TEST_CASE("A scenario is called by the path below the catalogue") {
  CHECK(harness::scenario_name("/x/scenarios/slow/report.toml") == "slow/report");
  CHECK(harness::scenario_name("/x/scenarios/slow/lab/report.toml") == "slow/lab/report");
  CHECK(harness::scenario_name("/x/my/report.toml") == "my/report");
  CHECK(harness::scenario_name("/x/my/../your/v1.2.toml") == "your/v1.2");
}

TEST_CASE("Scenarios of the same name are told apart") {
  const Folder folder;
  folder.write("x/same/file.toml", kScenario);
  folder.write("y/same/file.toml", kScenario);
  const auto loaded = harness::load(std::vector{folder.root()});
  REQUIRE(loaded.scenarios.size() == 2);
  CHECK(loaded.scenarios[0].name == folder.at("x/same/file"));
  CHECK(loaded.scenarios[1].name == folder.at("y/same/file"));
}

TEST_CASE("A file of exactly 1 MiB is read") {
  const Folder folder;
  std::string text = kScenario;
  text += std::string(harness::max_file_bytes - text.size(), '#');
  folder.write("full.toml", text);
  CHECK(harness::load(std::vector{folder.at("full.toml")}).ok());
}
