// Adapt: a remedy of the catalogue, made for the servers, directives and requests of a
// reproduction.
#pragma once

#include <optional>
#include <string>

#include "harness/load/document.h"
#include "harness/reproduce/frame.h"

namespace badgate::harness::reproduce {

// [remedy.NAME] without expectations.
struct Draft {
  std::string name;
  std::string title;
  bool helps = false;
  Node changes;
};

// `remedy` is of `scenario`, a document of the catalogue; `base` is the reproduction's. Nothing: it
// is of servers that the reproduction has not.
std::optional<Draft> draft_of(const Member& remedy, const Node& scenario, const Node& base,
                              const Frame& frame);

}  // namespace badgate::harness::reproduce
