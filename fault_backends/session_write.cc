// Session: sending the response, up to each byte at which a fault has to be asked.
#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "fault_backends/session.h"

namespace badgate::fault_backends {
namespace {

using State = net::Transfer::State;
using Part = ResponseStream::Part;

constexpr std::size_t kOutbox = 64 * 1024;

// So that a fast reader of a large body cannot keep the loop from everyone else.
constexpr std::uint64_t kMaxWrittenPerTurn = 4 * 1024 * 1024;

}  // namespace

void Session::write_response() {
  if (!outbox_.empty()) {
    flush();
    return;
  }
  if (!pass()) return;
  if (exchange_->stream->part() == Part::end) {
    end_records();
    if (outbox_.empty()) response_complete();
    return;
  }
  if (write_pace_ && write_pace_->of_header && exchange_->stream->header_complete()) {
    write_pace_.reset();
  }
  if (pace_allows(write_pace_)) gather();
}

// Fills the outbox, up to where the next fault has to be asked.
void Session::gather() {
  if (!exchange_->framer) {
    gather_plain(outbox_);
    return;
  }
  std::string plain;
  gather_plain(plain);
  exchange_->framer->add(outbox_, plain);
  if (exchange_->stream->part() == Part::end && !any_due()) end_records();
}

void Session::end_records() {
  auto& framer = exchange_->framer;
  if (framer && !framer->ended()) framer->end(outbox_);
}

void Session::gather_plain(std::string& into) {
  ResponseStream& stream = *exchange_->stream;
  const bool header_only = write_pace_ && write_pace_->of_header;
  do {
    const auto piece = next_piece(into.size());
    if (piece.empty()) return;
    into += piece;
    if (write_pace_) write_pace_->budget -= piece.size();
    stream.advance(piece.size());
  } while (!any_due() && !(header_only && stream.header_complete()));
}

std::string_view Session::next_piece(std::size_t gathered) const {
  const ResponseStream& stream = *exchange_->stream;
  const auto piece = stream.peek();
  std::uint64_t limit = std::min(piece.size(), kOutbox - gathered);
  for (const auto i : exchange_->pending) {
    const Point& point = plan_->faults()[i].point;
    if (point.kind == Point::Kind::header_bytes && stream.part() == Part::header) {
      limit = std::min(limit, point.offset - stream.header_sent());
    } else if (point.kind == Point::Kind::body_bytes && stream.part() == Part::body) {
      limit = std::min(limit, point.offset - stream.body_sent());
    }
  }
  if (write_pace_) limit = std::min(limit, write_pace_->budget);
  return piece.substr(0, limit);
}

void Session::flush() {
  const auto transfer = connection_.write(outbox_);
  switch (transfer.state) {
    case State::done:
      outbox_.erase(0, transfer.bytes);
      written_this_turn_ += transfer.bytes;
      if (written_this_turn_ < kMaxWrittenPerTurn) return;
      [[fallthrough]];
    case State::again:
      watching_peer_ = false;
      connection_.watch({.write = true});
      waiting_ = true;
      return;
    default:
      host_.tell(fmt::format("connection {}: cannot send ({}: {}) {}", number_, transfer.code,
                             std::strerror(transfer.code), progress()));
      finish();
  }
}

void Session::response_complete() {
  const auto& stream = *exchange_->stream;
  exchange_->slots.clear();
  note_missed();
  if (const int code = peer_gone_ ? connection_.take_error() : 0; code != 0) {
    host_.tell(fmt::format("connection {}: the response is lost ({}: {})", number_, code,
                           std::strerror(code)));
    finish();
    return;
  }
  phase_ = Phase::sent;
  if (exchange_->number == 0 || !stream.whole()) return;  // nobody asked, or a part is missing
  ++host_.counts().responses;
  const auto first = stream.response().first_line();  // PHP says nothing of a 200
  host_.tell(fmt::format(
      "sends response {}: {}", exchange_->number,
      stream.response().raw
          ? fmt::format("{} bytes", stream.header_size())
          : fmt::format("{}, {} body bytes", first.empty() ? stream.response().status_line : first,
                        stream.body_sent())));
}

}  // namespace badgate::fault_backends
