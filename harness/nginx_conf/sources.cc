#include "harness/nginx_conf/sources.h"

#include <fmt/core.h>
#include <fnmatch.h>
#include <glob.h>
#include <unistd.h>

#include <utility>

#include "harness/config_file.h"
#include "harness/nginx_conf/tree.h"

namespace badgate::harness::nginx_conf {
namespace {

constexpr std::string_view kSeparator = "# configuration file ";

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == path.npos ? std::string() : path.substr(0, slash + 1);
}

// conf_prefix: the main file's folder. A file of a part of the configuration (conf.d/shop.conf) is
// read as from the folder above that has the nginx.conf.
std::string prefix_of(const std::string& path) {
  const std::string own = folder_of(path);
  std::string folder = own;
  for (int level = 0; level < 3; ++level) {
    if (::access((folder + "nginx.conf").c_str(), F_OK) == 0) return folder;
    folder += "../";
  }
  return own;
}

// "# configuration file PATH:", and PATH, if the line at `at` is one.
std::string_view separated_path(std::string_view text, std::size_t at) {
  std::string_view line = text.substr(at, std::min(text.find('\n', at), text.size()) - at);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (!line.starts_with(kSeparator) || !line.ends_with(':')) return {};
  line.remove_prefix(kSeparator.size());
  line.remove_suffix(1);
  return line;
}

// The next line that begins a part, from the line at `at` on; npos: there is none.
std::size_t next_part(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    if (!separated_path(text, at).empty()) return at;
    const auto newline = text.find('\n', at);
    if (newline == text.npos) break;
    at = newline + 1;
  }
  return text.npos;
}

// What stands before the first part: nginx's own words, or nothing.
bool is_preface(std::string_view text) {
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const bool blank = line.find_first_not_of(" \t\r") == line.npos;
    const bool said = line.starts_with("nginx: ") || line.find("[warn]") != line.npos ||
                      line.find("[notice]") != line.npos;
    if (!blank && !said) return false;
  }
  return true;
}

std::vector<std::string> globbed(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> out;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    for (std::size_t i = 0; i < found.gl_pathc && i <= max_files; ++i)
      out.emplace_back(found.gl_pathv[i]);
  }
  ::globfree(&found);
  return out;
}

}  // namespace

void Sources::add(std::string path, std::string text) {
  total_ += text.size();
  texts_.emplace(std::move(path), std::make_unique<std::string>(std::move(text)));
}

// nginx.c, main: each file's name, its text and an empty line.
net::Result<bool> Sources::add_dump(std::string_view text) {
  std::size_t at = next_part(text, 0);
  if (at == text.npos || !is_preface(text.substr(0, at))) return false;
  main_ = std::string(separated_path(text, at));
  prefix_ = folder_of(main_);
  disk_ = false;
  while (at != text.npos) {
    const std::string path(separated_path(text, at));
    const std::size_t begin = std::min(text.find('\n', at), text.size() - 1) + 1;
    const std::size_t end = next_part(text, begin);
    std::string_view part = text.substr(begin, end == text.npos ? text.npos : end - begin);
    if (part.ends_with('\n')) part.remove_suffix(1);
    if (texts_.size() >= max_files)
      return net::fail(fmt::format("this is of more than {} files", max_files));
    add(path, std::string(part));
    at = end;
  }
  return true;
}

net::Result<Sources> Sources::from_text(std::string_view text, const std::string& path, bool disk) {
  Sources sources;
  const auto dump = sources.add_dump(text);
  if (!dump) return tl::unexpected(dump.error());
  if (*dump) return sources;
  sources.main_ = path;
  sources.prefix_ = disk ? prefix_of(path) : folder_of(path);
  sources.disk_ = disk;
  sources.add(path, std::string(text));
  return sources;
}

net::Result<Sources> Sources::from_disk(const std::string& path) {
  auto text = read_config_file(path, NamedBy::person, max_file_size);
  if (!text) return tl::unexpected(text.error());
  return from_text(*text, path, true);
}

std::vector<std::string> Sources::included(std::string_view pattern) const {
  std::string full =
      pattern.starts_with('/') ? std::string(pattern) : prefix_ + std::string(pattern);
  if (full.find_first_of("*?[") == full.npos) return {full};
  if (disk_) return globbed(full);
  std::vector<std::string> out;
  for (const auto& [path, text] : texts_) {
    if (::fnmatch(full.c_str(), path.c_str(), FNM_PATHNAME | FNM_PERIOD) == 0) out.push_back(path);
  }
  return out;
}

net::Result<std::string_view> Sources::text(const std::string& path) {
  if (const auto known = texts_.find(path); known != texts_.end())
    return std::string_view(*known->second);
  if (!disk_) {
    return net::fail(fmt::format("open() \"{}\" failed (2: No such file or directory)", path),
                     ENOENT);
  }
  auto text = read_config_file(path, NamedBy::file, max_file_size);
  if (!text) return tl::unexpected(text.error());
  if (total_ + text->size() > max_total_size)
    return net::fail("the files of this configuration are larger than 64 MB together");
  add(path, std::move(*text));
  return std::string_view(*texts_.find(path)->second);
}

}  // namespace badgate::harness::nginx_conf
