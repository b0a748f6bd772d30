#include "harness/haproxy_cfg/sources.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

#include "harness/config_file.h"
#include "harness/haproxy_cfg/file.h"

namespace badgate::harness::haproxy_cfg {
namespace {

namespace fs = std::filesystem;

// *.cfg, those that begin with a dot aside, as HAProxy's cfgfiles_expand_directories.
net::Result<std::vector<std::string>> files_of(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    std::error_code ignored;
    if (name.ends_with(".cfg") && !name.starts_with('.') && at->is_regular_file(ignored))
      files.push_back(at->path().string());
    if (files.size() > max_files)
      return net::fail(fmt::format("\"{}\" has more than {} files", folder, max_files));
  }
  if (error)
    return net::fail(fmt::format("cannot read \"{}\": {}", folder, error.message()), error.value());
  if (files.empty()) return net::fail(fmt::format("\"{}\" has no *.cfg", folder));
  std::ranges::sort(files);
  return files;
}

}  // namespace

net::Result<void> Sources::add_from_disk(const std::string& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return add_file(path);
  const auto files = files_of(path);
  if (!files) return tl::unexpected(files.error());
  for (const std::string& file : *files) {
    if (auto ok = add_file(file); !ok) return ok;
    if (total_ > max_file_size) return net::fail(fmt::format("\"{}\" is larger than 16 MB", path));
  }
  return {};
}

net::Result<void> Sources::add_file(const std::string& path) {
  auto text = read_config_file(path, NamedBy::person, max_file_size);
  if (!text) return tl::unexpected(text.error());
  add(path, std::move(*text));
  return {};
}

void Sources::add(std::string path, std::string text) {
  total_ += text.size();
  all_.emplace_back(std::move(path), std::move(text));
}

void Sources::report(const Position& position, std::uint32_t length, std::string message,
                     std::string expected, std::string suggestion) {
  for (Source& source : all_) {
    if (source.diagnostics.file() != position.file) continue;
    source.diagnostics.add({position.line, position.column, length}, std::move(message),
                           std::move(expected), std::move(suggestion));
    return;
  }
}

std::vector<Diagnostic> Sources::take() {
  std::vector<Diagnostic> out;
  for (Source& source : all_) {
    auto found = source.diagnostics.take();
    out.insert(out.end(), std::make_move_iterator(found.begin()),
               std::make_move_iterator(found.end()));
  }
  return out;
}

}  // namespace badgate::harness::haproxy_cfg
