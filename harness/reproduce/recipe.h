// Recipes: for each shape that a message can have, the scenario that makes a proxy write it.
//
// A recipe is text of a scenario file with parameters: <<1>>, <<2>> … for what its pattern has
// captured in the message, and names for what frame.h knows: <<group>>, <<prefix>>, <<path>>,
// <<read_timeout>>, <<after_read_timeout>>, <<request>> and what `prepare` adds. All stand within
// TOML strings or for whole lines, and are escaped so that they can.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/evidence/evidence.h"
#include "harness/reproduce/frame.h"

namespace badgate::harness::reproduce {

using Captures = std::vector<std::string>;
using Values = std::map<std::string, std::string, std::less<>>;

struct Recipe {
  // The scenario of the catalogue that explains it and whose remedies are tried: "CAUSE/NAME";
  // empty: it has none.
  std::string_view scenario;
  // Of a whole message, with its action, as pattern.h has it.
  std::string_view message;
  std::string_view why;  // the fault in a sentence, as a comment of the file
  // Words of which the frame must have one each: "https", "fastcgi unix"; empty: any will do.
  std::string_view only = {};
  std::string_view proxy = {};   // lines of [proxy]
  std::string_view server = {};  // lines of [[upstream.GROUP]]
  std::string_view group = {};   // lines of [group.GROUP]
  unsigned servers = 1;          // so many alike …
  unsigned healthy = 0;          // … and so many behind them that are well
  // Lines in place of the only [[request]].
  std::string_view requests = "[[request]]\n<<request>><<body>>";
  std::string_view more = {};  // further tables, in front of the requests
  bool plain = false;          // the server speaks neither TLS nor FastCGI, whatever is asked for
  // Adds parameters; false: it cannot be made from this line.
  bool (*prepare)(const evidence::Evidence& line, const Captures& captures, const Frame& frame,
                  Values& values) = nullptr;
};

// By topic; within each the commonest first.
std::span<const Recipe> recipes_of_connecting();
std::span<const Recipe> recipes_of_tls();
std::span<const Recipe> recipes_of_headers();
std::span<const Recipe> recipes_of_bodies();
std::span<const Recipe> recipes_of_fastcgi();
std::span<const Recipe> recipes_of_names();
std::span<const Recipe> recipes_of_limits();
std::span<const Recipe> recipes_of_clients();
// For lines of HAProxy: `message` is of end_in_words().
std::span<const Recipe> recipes_of_haproxy();

// Those whose pattern the line has, in the order above.
struct Fitting {
  const Recipe* recipe = nullptr;
  Captures captures;
};
std::vector<Fitting> recipes_for(const evidence::Evidence& line, const Frame& frame);

// The scenario file without title and expectations; nullopt: not from this line.
std::optional<std::string> compose(const Fitting& fitting, const evidence::Evidence& line,
                                   const Frame& frame);

}  // namespace badgate::harness::reproduce
