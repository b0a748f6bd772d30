// The family `healthy`: nothing is wrong. For servers that change their answer on the way, and to
// have something to compare with.
#include <array>
#include <functional>
#include <utility>
#include <vector>

#include "fault_backends/presets.h"
#include "fault_backends/response.h"

namespace badgate::fault_backends {
namespace {

std::vector<Fault> answering(std::function<void(Response&, net::Rng&)> alter,
                             std::uint64_t body_to_keep = 0) {
  Action action{.kind = Action::Kind::alter, .bytes = body_to_keep, .alter = std::move(alter)};
  return {{.point = {Point::Kind::request_read}, .action = std::move(action)}};
}

std::vector<Fault> echo(const FaultValues&) {
  return answering(
      [](Response& response, net::Rng&) {
        if (response.asked.body_kept) {
          response.set_body(response.asked.body);
        } else {
          response = make_error(413, response.asked);
        }
      },
      kEchoLimit);
}

constexpr std::array kBody{
    size_field<&FaultValues::size>("size", "100", "bytes of the body"),
};

template <Answer::Framing Framing>
std::vector<Fault> framed(const FaultValues& v) {
  const auto size = v.size.value_or(100);
  const auto chunk = v.bytes.value_or(4096);
  return answering([size, chunk](Response& response, net::Rng&) {
    response.chunk_bytes = static_cast<std::size_t>(chunk);
    response.framing = Framing;
    response.set_body(size);
  });
}

constexpr std::array kChunks{
    size_field<&FaultValues::size>("size", "100", "bytes of the body"),
    amount_field<&FaultValues::bytes>("chunk_size", "4k", "bytes of each chunk"),
};

constexpr std::array<FaultPreset, 4> kPresets{{
    {"healthy", "echo", "answers with the request's body (up to 16m)", {}, "", &echo},
    {"healthy", "fixed", "a body with Content-Length", kBody, "", &framed<Answer::Framing::length>},
    {"healthy", "chunked", "a body in chunks", kChunks, "", &framed<Answer::Framing::chunked>},
    {"healthy", "close-delimited", "a body that ends with the connection", kBody, "F11",
     &framed<Answer::Framing::close>},
}};

}  // namespace

std::span<const FaultPreset> healthy_presets() {
  return kPresets;
}

}  // namespace badgate::fault_backends
