#include "harness/load/reader.h"

#include <algorithm>
#include <cctype>

namespace badgate::harness {
namespace {

// "app[0]" or "db": what "{…}" can stand for. Other braces belong to the log's text.
bool looks_like_server(std::string_view text) {
  return !text.empty() && text.size() <= 80 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 ||
                  std::string_view("_-.[]").find(static_cast<char>(c)) != std::string_view::npos;
         });
}

}  // namespace

void Reader::mention_placeholders(const Node& node) {
  for (const Node& item : node.items)
    mention_placeholders(item);
  const std::string_view text = node.text;
  for (std::size_t at = text.find('{'); at != std::string_view::npos; at = text.find('{', at + 1)) {
    const std::size_t end = text.find('}', at);
    if (end == std::string_view::npos) return;
    std::string_view name = text.substr(at + 1, end - at - 1);
    if (name.ends_with(".port")) name.remove_suffix(std::string_view(".port").size());
    if (looks_like_server(name)) mention(std::string(name), node.place);
  }
}

}  // namespace badgate::harness
