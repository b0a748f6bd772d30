// The family `unfit`: a proper HTTP response that is not what was wanted.
#include <array>
#include <vector>

#include "fault_backends/presets.h"
#include "fault_backends/response.h"

namespace badgate::fault_backends {
namespace {

constexpr std::array kStatus{
    status_field<&FaultValues::status>("status", "503", "what it answers"),
};

std::vector<Fault> status(const FaultValues& v) {
  Action action{.kind = Action::Kind::alter};
  action.alter = [status = v.status.value_or(503)](Response& response, net::Rng&) {
    response = make_error(status, response.asked);
  };
  return {{.point = {Point::Kind::request_read}, .action = std::move(action)}};
}

constexpr std::array kEarly{
    status_field<&FaultValues::status>("status", "413", "what it answers"),
    size_field<&FaultValues::at>("at", "",
                                 "bytes of the request that it reads before; if not given: its "
                                 "header and nothing of its body"),
    then_field("close", "what it does then: close without having read the body is a RST"),
};

// The rest of the request is not read, so the response has to say that this is the end.
std::vector<Fault> early(const FaultValues& v) {
  const auto response = make_error(v.status.value_or(413), {.keepalive = false});
  Action action{.kind = Action::Kind::send, .data = response.head() + response.body};
  action.ending = v.then.value_or(Ending::close);
  const Point point =
      v.at ? Point{Point::Kind::request_bytes, *v.at} : Point{Point::Kind::request_head};
  return {{.point = point, .action = std::move(action)}};
}

constexpr std::array<FaultPreset, 2> kPresets{{
    {"unfit", "status", "answers with a status of its own: 500, 502, 503, 504, 401 …", kStatus,
     "D8 I5", &status},
    {"unfit", "early", "answers before it has read the request's body: 413, 401 …", kEarly, "C3 C4",
     &early},
}};

}  // namespace

std::span<const FaultPreset> unfit_presets() {
  return kPresets;
}

}  // namespace badgate::fault_backends
