// What comes as JSON: parsed within bounds, and read strictly, so that a key that is mistyped is
// told and not ignored.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/result.h"

namespace badgate::harness::lab {

// Of seeds: what JavaScript can count to.
inline constexpr std::uint64_t kMostSeed = std::uint64_t{1} << 53;

// At most 32 deep. The Error says what is wrong, and where.
net::Result<nlohmann::json> parse_json(std::string_view text);

// Any JSON as text; what is not UTF-8 in it (a log may hold any bytes) is replaced.
std::string to_text(const nlohmann::json& json);

// Reads the members of an object. The first mistake is kept; what comes after it is empty.
class ObjectReader {
 public:
  // `what` is its name in messages: "the body", "actions[2]". `object` must outlive it.
  ObjectReader(const nlohmann::json& object, std::string what);

  bool has(std::string_view key) const;
  // Members that are not there have the value `otherwise`.
  std::string text(std::string_view key, std::string otherwise = {});
  std::uint64_t number(std::string_view key, std::uint64_t most, std::uint64_t otherwise = 0);
  bool flag(std::string_view key);
  // The items of a list; at most so many.
  std::vector<nlohmann::json> list(std::string_view key, std::size_t most);
  std::vector<std::string> texts(std::string_view key, std::size_t most);
  // Any value; null if it is not there.
  nlohmann::json any(std::string_view key);

  void mistake(std::string words);
  // After all members were read: the first mistake, or the first member that nobody asked for.
  net::Result<void> finish() const;

 private:
  const nlohmann::json* find(std::string_view key);

  const nlohmann::json& object_;
  std::string what_;
  std::vector<std::string> known_;
  std::optional<std::string> mistake_;
};

}  // namespace badgate::harness::lab
