// The causes that incidents have, and by which rows of the catalogue `explain` knows them.
#include <algorithm>

#include "harness/lab/incidents.h"

namespace badgate::harness::lab {
namespace {

const std::vector<IncidentCause>& all_causes() {
  static const std::vector<IncidentCause> causes = {
      {"nobody-listens", "Nobody listens at the port of a server", false, {"A1", "O2"}},
      {"dies-at-work", "The application dies while it works on requests", false, {"D2", "D3"}},
      {"too-slow", "The application takes longer than the proxy waits", false, {"D1"}},
      {"packets-vanish", "Packets to a server vanish on their way", false, {"A3"}},
      {"closing-race",
       "Idle connections are closed in the moment in which they are used again",
       false,
       {"K2"}},
      {"left-out", "Healthy servers are left out after failures", false, {"I1", "I4"}},
      {"long-header", "A response header is longer than its buffer", false, {"E1"}},
      {"bad-header", "The application sends headers that are no HTTP", false, {"E3", "E4"}},
      {"too-many-requests",
       "More requests come than the application can work on",
       false,
       {"O1", "D1"}},
      {"visitors-leave", "Visitors leave before there is an answer", false, {"L1"}},
      {"breaks-off", "The application breaks off within its responses", false, {"F1", "F2"}},
      {"stops-midway", "The application falls silent within its responses", false, {"F3"}},
      {"no-socket", "The application's socket is not where the proxy looks", false, {"A10", "G1"}},
      {"few-children", "PHP-FPM has too few children", false, {"G2", "D1", "G17"}},
      {"dying-children", "Children of PHP-FPM crash", false, {"D3", "G3", "D2"}},
      {"certificate",
       "The proxy does not accept a server's certificate",
       false,
       {"B9", "B10", "B11"}},
      {"stuck-handshake", "A TLS handshake does not come to its end", false, {"B4", "B3"}},
      {"old-address", "The proxy asks at an address of yesterday", false, {"A1", "H2"}},
      {"name-server", "The name server does not answer", false, {"H6", "H7"}},
      {"own-errors", "The application answers with errors of its own", false, {"D8"}},
      {"refused-by-limit", "The proxy refuses what is above a limit of its own", false, {"J6"}},
      {"repeated", "Requests are repeated although they were executed", false, {"O4"}},
      {"upload-limit", "Uploads are larger than the proxy lets in", false, {"J8"}},
      {"reads-slowly", "The application takes uploads too slowly for the proxy", false, {"C2"}},
      {"wrong-port", "Another program answers at the port", false, {"A18", "E2", "N1"}},
      {"contradiction", "A timeout is shorter than the work that it waits for", false, {"D1"}},
  };
  return causes;
}

}  // namespace

const IncidentCause* find_cause(std::string_view id) {
  const auto it = std::ranges::find(all_causes(), id, &IncidentCause::id);
  return it == all_causes().end() ? nullptr : &*it;
}

}  // namespace badgate::harness::lab
