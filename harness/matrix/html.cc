// The matrix as one HTML page: page.html, whose script makes the table, with the data in it.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <unordered_map>

#include "harness/matrix/matrix.h"

namespace badgate::harness::matrix {
namespace {

using nlohmann::json;

constexpr std::string_view kPage =
#include "harness/matrix_page.inc"
    ;
constexpr std::string_view kPlace = "@DATA@";  // of the data in it

// Texts by number: those of timelines come again and again, in every column.
class Words {
 public:
  std::size_t number(const std::string& word) {
    const auto [at, fresh] = numbers_.emplace(word, words_.size());
    if (fresh) words_.push_back(word);
    return at->second;
  }
  const json& all() const { return words_; }

 private:
  std::unordered_map<std::string, std::size_t> numbers_;
  json words_ = json::array();
};

// What to_json says, with timelines of [microseconds, who, what]; who and what are numbers of
// `words`.
json data_of(const Matrix& matrix) {
  constexpr std::int64_t kMicrosecond = 1000;
  json data = json::parse(to_json(matrix));
  Words words;
  for (json& row : data["rows"]) {
    for (json& cell : row["cells"]) {
      cell.erase("answers");
      for (json& fact : cell["timeline"]) {
        fact = {fact[0].get<std::int64_t>() / kMicrosecond,
                words.number(fact[1].get<std::string>()), words.number(fact[2].get<std::string>())};
      }
    }
  }
  data["words"] = words.all();
  return data;
}

// In JSON a "<" is only in strings. Without any, nothing in them can end the script ("</script>"),
// or keep it from ending ("<!--<script").
std::string for_script(const std::string& text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string to_html(const Matrix& matrix) {
  const auto at = kPage.find(kPlace);
  std::string out(kPage.substr(0, at));
  out += for_script(data_of(matrix).dump());
  out += kPage.substr(at + kPlace.size());
  return out;
}

}  // namespace badgate::harness::matrix
