// Expectations: [expect], [request.expect], [expect.backend.NAME].
#pragma once

#include <string_view>

#include "harness/load/reader.h"
#include "harness/load/schema.h"
#include "harness/scenario.h"

namespace badgate::harness {

Keys<ExpectedResponse> response_keys();
Keys<ExpectedAttempt> attempt_keys();
Keys<ExpectedRun> run_keys();
Keys<ExpectedBackend> expected_backend_keys();

// Reads an `expect` table that stands in `where`. It may hold keys of a response, of the whole run,
// or both: what may not is a null pointer.
void read_expect(Reader& reader, const Node& node, std::string_view where,
                 ExpectedResponse* response, ExpectedRun* run);

}  // namespace badgate::harness
