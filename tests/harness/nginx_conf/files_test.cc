// Configurations on the disk: includes as nginx resolves them, and what is no file.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "harness/nginx_conf/tree.h"

namespace badgate::harness::nginx_conf {
namespace {

class Files {
 public:
  Files() : folder_(std::filesystem::temp_directory_path() / "badgate-conf-XXXXXX") {
    REQUIRE(::mkdtemp(folder_.data()) != nullptr);
  }
  ~Files() { std::filesystem::remove_all(folder_); }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  void put(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::ofstream(path(name), std::ios::binary) << text;
  }
  Tree read() const { return nginx_conf::read(path("nginx.conf")); }
  std::string mistakes() const { return to_text(read().diagnostics); }

 private:
  std::string folder_;
};

std::string names(const std::vector<Directive>& directives) {
  std::string out;
  for (const Directive& directive : directives)
    out += directive.name;
  return out;
}

TEST_CASE("Includes start from the main file's folder, patterns in the order of names") {
  const Files files;
  files.put("nginx.conf", "a; include conf.d/*.conf; include none/*.conf; f;");
  files.put("conf.d/2.conf", "e;");
  files.put("conf.d/1.conf", "b; include conf.d/deeper/x; d;");
  files.put("conf.d/deeper/x", "c;");
  files.put("conf.d/.hidden.conf", "z;");
  files.put("conf.d/other.txt", "z;");
  const Tree tree = files.read();
  CHECK(to_text(tree.diagnostics) == "");
  CHECK(names(tree.directives) == "abcdef");
  CHECK(tree.directives[2].position.file == files.path("conf.d/deeper/x"));
  CHECK(tree.files.size() == 4);
}

TEST_CASE("A part of a configuration is read as from where the whole is") {
  const Files files;
  files.put("nginx.conf", "");
  files.put("sites-available/shop.conf", "server { include snippets/proxy.conf; }");
  files.put("snippets/proxy.conf", "a;");
  CHECK(to_text(nginx_conf::read(files.path("sites-available/shop.conf")).diagnostics) == "");
}

TEST_CASE("Circles are told, however they are closed") {
  const Files files;
  files.put("nginx.conf", "include a.conf;");
  files.put("a.conf", "http {\n  include b.conf;\n}");
  files.put("b.conf", "include a.conf;");
  CHECK(files.mistakes().find("b.conf:1:9: error: \"" + files.path("a.conf") +
                              "\" includes itself") != std::string::npos);
  // Under another name each time.
  std::filesystem::create_symlink(".", files.path("x"));
  files.put("nginx.conf", "include *.conf; include x/*.conf;");
  files.put("a.conf", "include x/x/*.conf;");
  files.put("b.conf", "include x/x/x/*.conf;");
  CHECK_FALSE(files.read().ok());
}

TEST_CASE("Inclusions are counted, and so are their bytes") {
  const Files files;
  std::string many;
  for (int i = 0; i < 40; ++i)
    many += "include b;\n";
  files.put("nginx.conf", "include a;\n" + many);
  files.put("a", many);
  std::string more;
  for (int i = 0; i < 200; ++i)
    more += "include c;\n";
  files.put("b", more);
  files.put("c", "x;");
  CHECK(files.mistakes().find("more than 5000 files, or 64 MB, are included") != std::string::npos);
  files.put("c", "# " + std::string(17 << 20, '\n'));
  files.put("b", "include c;");
  CHECK(files.mistakes().find("is larger than 16 MB") != std::string::npos);
}

TEST_CASE("What is no file, or cannot be read, is told and waited for by nobody") {
  const Files files;
  REQUIRE(::mkfifo(files.path("fifo").c_str(), 0600) == 0);
  files.put("nginx.conf", "include fifo;\ninclude /;\ninclude none;\n");
  const std::string mistakes = files.mistakes();
  CHECK(mistakes.find("fifo\" is no file") != std::string::npos);
  CHECK(mistakes.find("failed (21: Is a directory)") != std::string::npos);
  CHECK(mistakes.find("none\" failed (2: No such file or directory)") != std::string::npos);
  CHECK(mistakes.find("output of `nginx -T`") != std::string::npos);
  CHECK(to_text(read(files.path("absent.conf")).diagnostics).find("(2: No such file") !=
        std::string::npos);
}

}  // namespace
}  // namespace badgate::harness::nginx_conf
