#include "harness/haproxy_cfg/file.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>

#include "harness/haproxy_cfg/check.h"
#include "harness/haproxy_cfg/sources.h"
#include "harness/word_list.h"
#include "net/text.h"

namespace badgate::harness::haproxy_cfg {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kMostNested = 64;  // of `.if`

constexpr auto kSections = word_list<
    "global defaults frontend backend listen peers resolvers userlist mailers cache program "
    "http-errors ring log-forward fcgi-app crt-store traces log-profile acme">;

bool is_section(std::string_view word) {
  return has(kSections, word);
}

class Reader {
 public:
  Reader(Sources& sources, File& file) : sources_(sources), file_(file) {}

  void read() {
    for (const Sources::Source& source : sources_.all())
      read_source(source);
  }

 private:
  void read_source(const Sources::Source& source) {
    path_ = source.diagnostics.file();
    // Each file begins outside of all sections.
    file_.sections.emplace_back();
    branches_.clear();
    std::string_view rest = source.text;
    if (rest.starts_with(kByteOrderMark)) rest.remove_prefix(kByteOrderMark.size());
    for (number_ = 1; !rest.empty(); ++number_) {
      const auto end = rest.find('\n');
      if (++lines_ > max_lines) {
        report(1, 1, fmt::format("too many lines, more than {}", max_lines));
        return;
      }
      add(rest.substr(0, end));
      rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    }
    if (!branches_.empty()) report(1, 1, "missing '.endif' at the end of the file");
  }

  void report(std::uint32_t column, std::uint32_t length, std::string message,
              std::string expected = {}, std::string suggestion = {}) {
    sources_.report({path_, number_, column}, length, std::move(message), std::move(expected),
                    std::move(suggestion));
  }

  void add(std::string_view text) {
    Line line;
    const bool has_nul = text.find('\0') != text.npos;
    text = text.substr(0, text.find('\r'));
    line.text = text;
    line.active = is_active();
    line.position = {path_, number_, 1};
    auto split = haproxy_cfg::split(text);
    line.words = std::move(split.words);
    if (!line.words.empty()) line.position.column = line.words.front().column;
    if (line.word(0).starts_with('.')) {
      macro(line);
      line.active = false;
    }
    if (!split.mistake.empty() && line.active) report(split.column, 1, split.mistake);
    if (has_nul) report(1, 1, "a NUL byte");
    if (line.active && is_section(line.word(0))) return begin(std::move(line));
    if (line.active && !line.words.empty() && file_.sections.back().kind.empty())
      out_of_section(line);
    file_.sections.back().lines.push_back(std::move(line));
  }

  bool is_active() const {
    return std::ranges::all_of(branches_, [](const Branch& branch) { return branch.first; });
  }

  // cfg_eval_condition is not made again: the first branch is read.
  void macro(const Line& line) {
    const auto name = line.word(0);
    if (name == ".if") {
      if (branches_.size() == kMostNested) return report_word(line, "too many nested '.if'");
      branches_.push_back({true});
    } else if (name == ".elif" || name == ".else" || name == ".endif") {
      if (branches_.empty())
        return report_word(line, fmt::format("lone '{}' with no matching '.if'", name));
      if (name == ".endif") return branches_.pop_back();
      branches_.back().first = false;
    } else if (name != ".notice" && name != ".warning" && name != ".alert" && name != ".diag") {
      if (is_active()) report_word(line, fmt::format("unknown directive {}", in_quotes(name)));
    }
  }

  void report_word(const Line& line, std::string message, std::string expected = {},
                   std::string suggestion = {}, std::size_t word = 0) {
    report(line.words[word].column, line.words[word].length, std::move(message),
           std::move(expected), std::move(suggestion));
  }

  void out_of_section(const Line& line) {
    const auto near = net::nearest(line.word(0), kSections);
    report_word(line, fmt::format("unknown keyword {} out of section", in_quotes(line.word(0))),
                near.empty() ? "a section such as \"defaults\"" : "", std::string(near));
    // Said once: what follows is in no section either.
    file_.sections.back().kind = "?";
  }

  void begin(Line line) {
    Section section;
    section.kind = line.word(0);
    const bool proxy = is_proxy(section.kind);
    const bool defaults = section.kind == "defaults";
    std::size_t next = 1;
    if (section.kind != "global" && line.words.size() > 1 &&
        !(defaults && line.word(1) == "from" && line.words.size() == 3))
      section.name = line.word(next++);
    if ((proxy || defaults) && line.word(next) == "from") {
      section.from = line.word(next + 1);
      if (section.from.empty())
        report_word(line, "'from' without the name of a defaults section", {}, {}, next);
      next += 2;
    }
    if (proxy && section.name.empty())
      report_word(line, fmt::format("'{}' expects a name", section.kind));
    else if (proxy && next < line.words.size())
      report_word(line, fmt::format("unexpected {} behind the name", in_quotes(line.word(next))),
                  section.kind == "backend" ? "" : "addresses in lines of `bind`", {}, next);
    section.header = std::move(line);
    file_.sections.push_back(std::move(section));
  }

  struct Branch {
    bool first = true;
  };

  Sources& sources_;
  File& file_;
  std::string path_;
  std::uint32_t number_ = 0;
  std::size_t lines_ = 0;
  std::vector<Branch> branches_;
};

File read_from(Sources& sources, const std::string& path) {
  File file;
  file.path = path;
  Reader(sources, file).read();
  check(file, sources);
  file.diagnostics = sources.take();
  return file;
}

}  // namespace

File read(const std::string& path) {
  Sources sources;
  if (const auto ok = sources.add_from_disk(path); !ok) {
    File file;
    file.path = path;
    file.diagnostics.push_back(about_file(path, ok.error().message));
    return file;
  }
  return read_from(sources, path);
}

File read_text(std::string_view text, const std::string& path) {
  Sources sources;
  sources.add(path, std::string(text.substr(0, max_file_size)));
  return read_from(sources, path);
}

}  // namespace badgate::harness::haproxy_cfg
