// A body that comes to the lab's API, of any bytes: every reader takes it or refuses it in words,
// and what it takes starts no program.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "harness/lab/http.h"
#include "harness/lab/incident_request.h"
#include "harness/lab/json_body.h"
#include "harness/lab/permitted.h"
#include "harness/lab/play_request.h"
#include "harness/lab/stage_request.h"
#include "harness/load.h"
#include "harness/scenario_needs.h"

using namespace badgate::harness;
using namespace badgate::harness::lab;

namespace {

const Scenario& two_servers() {
  static const auto loaded = load_text(
      "title = \"t\"\n[[upstream.app]]\n[[upstream.app]]\nfpm = { max_children = 2 "
      "}\n[[request]]\n",
      "t.toml", "t");
  return loaded.scenarios.at(0);
}

template <typename T>
void in_words(const badgate::net::Result<T>& result) {
  if (!result && result.error().message.empty()) std::abort();
}

// Of a text that may be played, nothing is left to be refused.
void play(const std::string& text) {
  const auto loaded = load_text(text, "scenario.toml", "scenario");
  for (const Scenario& scenario : loaded.scenarios) {
    if (not_permitted(scenario).empty() && starts_programs(scenario)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto request = read_play_request(body);
  in_words(request);
  if (request) play(request->toml);
  in_words(read_check_request(body));
  in_words(read_stage_request(body));
  in_words(read_sends(body));
  in_words(read_hint(body));
  in_words(read_answer(body));
  in_words(read_seed(body));
  const auto faults = read_faults_request(body);
  in_words(faults);
  if (faults) in_words(event_of(*faults, two_servers()));
  if (const auto parsed = parse_json(body)) {
    if (!parse_json(to_text(*parsed))) std::abort();
  }
  query_value(body, "seed");
  return 0;
}
