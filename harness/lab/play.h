// Play: a scenario file's text, played on the virtual clock, as the answer that the page gets. It
// runs in a child (jobs.h): nothing of it is the server's.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/lab/http.h"
#include "harness/load.h"
#include "harness/verdict.h"
#include "net/result.h"

namespace badgate::harness::lab {

struct PlayedText {
  std::string text;
  std::string file = "scenario.toml";  // what messages call it
  std::string name = "scenario";
  std::string remedy;  // empty: the scenario itself
  bool ours = false;   // of the catalogue or a lesson: it may do what others may not
  std::uint64_t seed = 1;
};

// What it names, loaded; or the answer that says why not.
tl::expected<Scenario, HttpAnswer> choose(const PlayedText& played);

// Whom the proxy may connect to: only what the catalogue says word for word reaches whomever it
// names (a socket that is not there).
enum class Reach { own_servers, as_written };

// Played on the virtual clock, and judged.
Verdict verdict_of(const Scenario& scenario, std::uint64_t seed, int interrupt_fd,
                   Reach reach = Reach::own_servers);

// Its requests, for `badgate serve` of it.
std::vector<std::string> curl_of(const Scenario& scenario);

// 200: {"case": …} with the members of `rest`, an object.
HttpAnswer with_case(const Scenario& scenario, const Verdict& verdict, const nlohmann::json& rest);

// {"case": …, "toml": …, "curl": […]}; 422 with what is wrong with the file, or 404 where it has no
// such remedy.
HttpAnswer play(const PlayedText& played, int interrupt_fd);

// {"diagnostics": […]}.
HttpAnswer check(const std::string& text);

// 422: {"diagnostics": […], "text": …}.
HttpAnswer wrong_file(const std::vector<Diagnostic>& diagnostics);

}  // namespace badgate::harness::lab
