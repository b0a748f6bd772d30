// The causes that a line of a log can be traced to: one row of a table each, in plain words. A test
// holds that the scenarios they name are in the catalogue.
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace badgate::harness::diagnosis {

struct KnownCause {
  // "CAUSE/NAME": of a scenario of the catalogue, or, behind "CAUSE/#", of none.
  std::string_view id;
  std::string_view row;    // of the catalogue of facts: "D1"
  std::string_view plain;  // what is wrong, a sentence
  // How to know that it is this one, where the log alone cannot tell; empty: it can.
  std::string_view tell;
  std::string_view scenario = {};  // the nearest one to show it, where `id` is of none

  std::string_view cause() const { return id.substr(0, id.find('/')); }
  // Empty: the catalogue has none.
  std::string_view shown_by() const { return id.find('#') == id.npos ? id : scenario; }
};

// One file each, by the way of a request.
std::span<const KnownCause> causes_connecting();  // names, groups, connecting, TLS
std::span<const KnownCause> causes_answering();   // sending, waiting, the application's end
std::span<const KnownCause> causes_response();    // heads and bodies
std::span<const KnownCause> causes_local();       // FastCGI, the proxy's own limits, clients
std::array<std::span<const KnownCause>, 4> known_causes();

// Null: there is none.
const KnownCause* known_cause(std::string_view id);

}  // namespace badgate::harness::diagnosis
