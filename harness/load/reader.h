// Reader: what is passed along while one scenario is read: where mistakes go, and the names that
// were mentioned before it is known which names there are.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "harness/diagnostics.h"
#include "harness/load/document.h"

namespace badgate::harness {

// A backend's name, as some key mentions it.
struct Mention {
  std::string name;
  Place place;
  bool group_too = false;  // the name of an upstream group will do
};

class Reader {
 public:
  explicit Reader(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  void add(Place place, std::string message, std::string expected = {},
           std::string suggestion = {}) {
    diagnostics_.add(place, std::move(message), std::move(expected), std::move(suggestion));
  }
  bool wants_more() const { return diagnostics_.wants_more(); }
  Position position(Place place) const { return diagnostics_.position(place); }

  void mention(std::string name, Place place, bool group_too = false) {
    mentions_.push_back({std::move(name), place, group_too});
  }
  // Every "{NAME}" in a text that is expected of a log.
  void mention_placeholders(const Node& node);
  const std::vector<Mention>& mentions() const { return mentions_; }

 private:
  Diagnostics& diagnostics_;
  std::vector<Mention> mentions_;
};

}  // namespace badgate::harness
