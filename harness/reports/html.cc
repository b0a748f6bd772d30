#include "harness/reports/html.h"

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "harness/reports/json.h"

namespace badgate::harness::reports {

using json = nlohmann::ordered_json;

namespace {

constexpr std::string_view kPage =
#include "harness/report_page.inc"
    ;
constexpr std::string_view kPlace = "@DATA@";  // of the data in it

// Texts by number: those of timelines, logs and explanations come again and again. page/unpack.js
// is the other side of this.
class Packed {
 public:
  void pack(json& one) {
    rows(one["timeline"], {"at", "who", "what", "kind", "from", "to"});
    rows(one["access"], {"line"});
    rows(one["error_log"], {"at", "level", "message"});
    rows(one["responses"], {"request", "status", "completeness", "body_bytes", "elapsed",
                            "connection_end", "client_left"});
    for (json& backend : one["backends"]) {
      numbers(backend["receipt"]);
      numbers(backend["log"]);
    }
    for (json& part : one["explanation"])
      part.is_array() ? numbers(part) : number(part);
  }

  json take_words() { return std::move(words_); }

 private:
  void number(json& text) {
    if (!text.is_string()) return;
    auto word = text.get<std::string>();
    const auto [at, fresh] = numbers_.emplace(word, words_.size());
    if (fresh) words_.push_back(std::move(word));
    text = at->second;
  }

  void numbers(json& texts) {
    for (json& text : texts)
      number(text);
  }

  // Objects to one array, the values of `keys` of one after those of the other.
  void rows(json& objects, std::initializer_list<const char*> keys) {
    json flat = json::array();
    for (json& object : objects) {
      for (const char* key : keys) {
        number(object[key]);
        flat.push_back(std::move(object[key]));
      }
    }
    objects = std::move(flat);
  }

  std::unordered_map<std::string, std::size_t> numbers_;
  json words_ = json::array();
};

std::string data_of(const RunReport& report) {
  json data = json::parse(json_report(report));
  Packed packed;
  for (json& one : data["cases"])
    packed.pack(one);
  data["words"] = packed.take_words();
  return data.dump();
}

// In JSON a "<" is only in strings. Without any, nothing in them can end the script ("</script>"),
// or keep it from ending ("<!--<script").
void append_for_script(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
}

}  // namespace

std::string html_report(const RunReport& report) {
  const std::string data = data_of(report);
  const auto at = kPage.find(kPlace);
  std::string out;
  out.reserve(kPage.size() + data.size() + data.size() / 16);
  out += kPage.substr(0, at);
  append_for_script(out, data);
  out += kPage.substr(at + kPlace.size());
  return out;
}

}  // namespace badgate::harness::reports
