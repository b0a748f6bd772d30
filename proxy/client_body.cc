#include "proxy/client_body.h"

#include <fmt/core.h>

#include <algorithm>

#include "proxy/ssl_log.h"

namespace badgate::proxy {
namespace {

// The end of a chunked body after the data of a chunk: LF "0" LF LF, as nginx counts it.
constexpr std::int64_t kChunkedTail = 4;

}  // namespace

void ClientBody::begin(const net::http1::RequestHead& head, std::uint64_t max_size, bool counted) {
  chunked_ = head.chunked;
  rest_ = head.chunked ? 0 : static_cast<std::uint64_t>(head.content_length.value_or(0));
  complete_ = !chunked_ && rest_ == 0;
  max_size_ = max_size;
  counted_ = counted;
  received_ = 0;
  wire_ = 0;
  chunks_.reset();
}

ClientBody::Progress ClientBody::read(net::Connection& client, std::string& input,
                                      std::span<char> scratch, std::size_t limit, RequestLog& log,
                                      const net::http1::BodySink& sink) {
  Progress progress;
  std::size_t total = 0;
  if (!input.empty()) {
    const std::size_t taken = feed(std::string_view(input).substr(0, limit), sink, log, progress);
    input.erase(0, taken);
    total += taken;
  }
  while (!complete_ && progress.state != State::error) {
    if (total >= limit) {
      progress.state = State::full;
      return progress;
    }
    std::size_t size = std::min(scratch.size(), limit - total);
    if (!chunked_) size = std::min<std::uint64_t>(size, rest_);
    const auto got = client.read(scratch.first(size));
    if (got.state == net::Transfer::State::again) return progress;
    if (got.state != net::Transfer::State::done) {
      if (got.state == net::Transfer::State::end) {
        log.write(Level::info, "client prematurely closed connection");
      } else {
        log_failed_call(log, client, Rules{}, Level::info, got.code, "recv()", "SSL_read()");
      }
      return {.state = State::error, .status = 400, .client_gone = true};
    }
    total += got.bytes;
    const std::string_view bytes(scratch.data(), got.bytes);
    input += bytes.substr(feed(bytes, sink, log, progress));
    // A read that did not fill its buffer has emptied the socket.
    if (got.bytes < size && progress.state != State::error && !complete_) return progress;
  }
  if (complete_) progress.state = State::complete;
  return progress;
}

std::size_t ClientBody::feed(std::string_view bytes, const net::http1::BodySink& sink,
                             RequestLog& log, Progress& progress) {
  if (complete_) return 0;
  if (chunked_) return feed_chunked(bytes, sink, log, progress);
  const std::size_t taken = std::min<std::uint64_t>(bytes.size(), rest_);
  sink(bytes.substr(0, taken));
  rest_ -= taken;
  received_ += taken;
  if (counted_) wire_ += taken;
  complete_ = rest_ == 0;
  return taken;
}

std::size_t ClientBody::feed_chunked(std::string_view bytes, const net::http1::BodySink& sink,
                                     RequestLog& log, Progress& progress) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    const auto step = chunks_.next(bytes.substr(at));
    at += step.consumed;
    switch (step.state) {
      case net::http1::ChunkedDecoder::State::data: {
        const auto tail = std::max<std::int64_t>(chunks_.least_remaining() - kChunkedTail, 0);
        const auto chunk = step.data.size() + static_cast<std::uint64_t>(tail);
        if (!fits(chunk, log, progress)) return at;
        sink(step.data);
        received_ += step.data.size();
        continue;
      }
      case net::http1::ChunkedDecoder::State::done:
        complete_ = true;
        break;
      case net::http1::ChunkedDecoder::State::invalid:
        log.write(Level::error, "client sent invalid chunked body");
        progress = {.state = State::error, .status = 400};
        break;
      case net::http1::ChunkedDecoder::State::need_more:
        break;
    }
    break;
  }
  if (counted_ && progress.state != State::error) wire_ += at;
  return at;
}

bool ClientBody::fits(std::uint64_t chunk, RequestLog& log, Progress& progress) const {
  if (max_size_ == 0 || received_ + chunk <= max_size_) return true;
  log.write(Level::error, fmt::format("client intended to send too large chunked body: {}+{} bytes",
                                      received_, chunk));
  progress = {.state = State::error, .status = 413, .lingering = true};
  return false;
}

}  // namespace badgate::proxy
