#include "harness/lab/json_body.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "harness/diagnostics.h"
#include "net/text.h"

namespace badgate::harness::lab {

using nlohmann::json;

namespace {

constexpr int kDeepest = 32;

// Of brackets outside of texts. Whether it is JSON at all is for the parser to say.
int depth_of(std::string_view text) {
  int depth = 0;
  int deepest = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      quoted = c != '"';
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      deepest = std::max(deepest, ++depth);
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return deepest;
}

}  // namespace

net::Result<json> parse_json(std::string_view text) {
  if (text.empty()) return net::fail("the body is empty; it must be JSON");
  if (depth_of(text) > kDeepest)
    return net::fail(fmt::format("the body is nested more than {} deep", kDeepest));
  try {
    return json::parse(text);
  } catch (const json::parse_error& e) {
    return net::fail(fmt::format("the body is no JSON: the mistake is at byte {}", e.byte));
  } catch (const json::exception&) {
    return net::fail("the body has a number that is too large");
  }
}

std::string to_text(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

ObjectReader::ObjectReader(const json& object, std::string what)
    : object_(object), what_(std::move(what)) {
  if (!object_.is_object()) mistake(fmt::format("{} must be an object: {{ … }}", what_));
}

void ObjectReader::mistake(std::string words) {
  if (!mistake_) mistake_ = std::move(words);
}

const json* ObjectReader::find(std::string_view key) {
  known_.emplace_back(key);
  if (!object_.is_object()) return nullptr;
  const auto at = object_.find(key);
  return at == object_.end() ? nullptr : &*at;
}

bool ObjectReader::has(std::string_view key) const {
  return object_.is_object() && object_.contains(key);
}

std::string ObjectReader::text(std::string_view key, std::string otherwise) {
  const json* value = find(key);
  if (value == nullptr) return otherwise;
  if (value->is_string()) return value->get<std::string>();
  mistake(fmt::format("`{}` of {} must be a text", key, what_));
  return otherwise;
}

std::uint64_t ObjectReader::number(std::string_view key, std::uint64_t most,
                                   std::uint64_t otherwise) {
  const json* value = find(key);
  if (value == nullptr) return otherwise;
  if (value->is_number_unsigned() && value->get<std::uint64_t>() <= most)
    return value->get<std::uint64_t>();
  mistake(fmt::format("`{}` of {} must be a whole number, 0 to {}", key, what_, most));
  return otherwise;
}

bool ObjectReader::flag(std::string_view key) {
  const json* value = find(key);
  if (value == nullptr) return false;
  if (value->is_boolean()) return value->get<bool>();
  mistake(fmt::format("`{}` of {} must be true or false", key, what_));
  return false;
}

std::vector<json> ObjectReader::list(std::string_view key, std::size_t most) {
  const json* value = find(key);
  if (value == nullptr) return {};
  if (!value->is_array()) {
    mistake(fmt::format("`{}` of {} must be a list: [ … ]", key, what_));
    return {};
  }
  if (value->size() > most) {
    mistake(fmt::format("`{}` of {} has more than {} items", key, what_, most));
    return {};
  }
  return value->get<std::vector<json>>();
}

std::vector<std::string> ObjectReader::texts(std::string_view key, std::size_t most) {
  std::vector<std::string> out;
  for (const json& item : list(key, most)) {
    if (item.is_string()) {
      out.push_back(item.get<std::string>());
    } else {
      mistake(fmt::format("`{}` of {} must be a list of texts", key, what_));
    }
  }
  return out;
}

json ObjectReader::any(std::string_view key) {
  const json* value = find(key);
  return value == nullptr ? json() : *value;
}

net::Result<void> ObjectReader::finish() const {
  if (mistake_) return net::fail(*mistake_);
  const std::vector<std::string_view> known(known_.begin(), known_.end());
  for (const auto& [key, value] : object_.items()) {
    if (std::ranges::find(known, key) != known.end()) continue;
    const auto nearest = net::nearest(key, known);
    return net::fail(
        fmt::format("{} has no {}{}", what_, in_quotes(key),
                    nearest.empty() ? "" : fmt::format("; did you mean `{}`?", nearest)));
  }
  return {};
}

}  // namespace badgate::harness::lab
