// Files that a user's own haproxy.cfg names: those that are here are read, of the others most have
// an empty one in their place.
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "harness/own_config/haproxy_adapter.h"
#include "harness/own_config/haproxy_kept.h"
#include "harness/word_list.h"

namespace badgate::harness::own_config {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEmpty = "there is no such file here: it is empty";

// Whether what begins at the bracket `open` are arguments of "map", "map_beg", "set-map",
// "del-acl".
bool names_list(std::string_view word, std::size_t open) {
  const auto before = word.substr(0, open);
  const auto begin = before.find_last_not_of("abcdefghijklmnopqrstuvwxyz_-") + 1;  // npos: 0
  const auto name = before.substr(begin);
  return name == "map" || name.starts_with("map_") || name.ends_with("-map") ||
         name.ends_with("-acl");
}

// Whether an action answers, and may answer with a file.
bool answers(std::string_view keyword, std::string_view action) {
  return keyword == "http-error" || has(word_list<"return deny tarpit">, action);
}

}  // namespace

bool HaproxyAdapter::add_file(const Line& line) {
  constexpr auto kFirst = word_list<"ssl-dh-param-file issuers-chain-path h1-case-adjust-file">;
  const auto keyword = line.word(0);
  if (keyword == "default-path") {
    add_default_path(line);
    return true;
  }
  const bool missing = (has(kFirst, keyword) && !can_read(line.word(1))) ||
                       (keyword == "errorfile" && !can_read(line.word(2)));
  if (missing) leave_out(line, no_file_here);
  return missing;
}

// The copy stands in another folder than what it is of.
void HaproxyAdapter::add_default_path(const Line& line) {
  const auto way = line.word(1);
  if (way != "config" && way != "parent") {
    files_from_ = way == "origin" ? line.word(2) : "";
    return put(line.text);
  }
  std::error_code ignored;
  const auto folder = fs::absolute(line.position.file, ignored).parent_path();
  files_from_ = (way == "parent" ? folder / ".." : folder).string();
  replace(line, "  default-path origin " + haproxy_cfg::quoted(files_from_),
          "this is a copy of your file");
}

// Lists (`-f FILE`), maps and answers.
void HaproxyAdapter::add_with_files(const Line& line) {
  std::string by = " ";
  bool changed = false;
  for (std::size_t i = 0; i < line.words.size(); ++i) {
    const auto word = without_missing_files(line, i);
    changed = changed || word != line.raw(i);
    by += " " + word;
  }
  if (!changed) return put(line.text);
  replace(line, by, kEmpty);
}

std::string HaproxyAdapter::without_missing_files(const Line& line, std::size_t word) {
  std::string raw(line.raw(word));
  const auto before = word > 0 ? line.word(word - 1) : std::string_view();
  const bool is_answer = word > 2 && answers(line.word(0), line.word(1)) &&
                         has(word_list<"file lf-file errorfile">, before);
  if (before == "-f" || is_answer)
    return lacks(line.word(word)) ? empty_file(line.word(word)) : raw;
  for (auto open = raw.find('('); open != raw.npos; open = raw.find('(', open + 1)) {
    const auto end = raw.find_first_of(",)", open);
    if (end == raw.npos) break;
    const auto path = raw.substr(open + 1, end - open - 1);
    if (names_list(raw, open) && lacks(path)) raw.replace(open + 1, path.size(), empty_file(path));
  }
  return raw;
}

// "virt@…" is no file, and what the environment says is HAProxy's to find.
bool HaproxyAdapter::lacks(std::string_view path) const {
  return !path.empty() && path.find_first_of("@$") == path.npos && !can_read(path);
}

// A pipe or a terminal would have HAProxy wait.
bool HaproxyAdapter::can_read(std::string_view path) const {
  const auto full = fs::path(files_from_) / path;
  std::error_code ignored;
  const bool file =
      fs::is_regular_file(full, ignored) || full == "/dev/null" || fs::is_directory(full, ignored);
  return file && ::access(full.c_str(), R_OK) == 0;
}

// One for all that name the same.
const std::string& HaproxyAdapter::empty_file(std::string_view in_place_of) {
  auto& path = empty_[std::string(in_place_of)];
  if (path.empty()) {
    path = fmt::format("{}/own-{}.lst", surroundings_.folder, empty_.size());
    adapted_.empty_files.push_back(path);
  }
  return path;
}

}  // namespace badgate::harness::own_config
