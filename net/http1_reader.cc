#include "net/http1_reader.h"

#include <algorithm>
#include <utility>

namespace badgate::net::http1 {

namespace {

// A peer of the proxy takes larger heads than the proxy, and any Host.
constexpr RequestRules peer_rules = {
    .client_header_buffer_size = 1024,
    .large_client_header_buffers = 16,
    .large_client_header_buffer_size = 65536,
    .underscores_in_headers = true,
    .ignore_invalid_headers = false,
    .merge_slashes = true,
    .check_host = false,
};
constexpr std::uint64_t max_response_head = 1 << 20;  // interim responses included
constexpr std::size_t max_interim = 64;

}  // namespace

std::string_view to_string(Reading reading) {
  switch (reading) {
    case Reading::reading:
      return "reading";
    case Reading::complete:
      return "complete";
    case Reading::cut:
      return "cut";
    case Reading::empty:
      return "empty";
    case Reading::not_http:
      return "not HTTP";
    case Reading::invalid:
      break;
  }
  return "invalid";
}

void BodyReader::start(Framing framing) {
  framing_ = framing;
  left_ = framing.kind == Framing::Kind::length ? framing.length : 0;
  const bool empty = framing.kind == Framing::Kind::none ||
                     (framing.kind == Framing::Kind::length && framing.length == 0);
  if (empty) reading_ = Reading::complete;
}

std::size_t BodyReader::feed(std::string_view bytes) {
  if (reading_ != Reading::reading) return 0;
  switch (framing_.kind) {
    case Framing::Kind::none:
      return 0;
    case Framing::Kind::chunked:
      return feed_chunked(bytes);
    case Framing::Kind::until_close:
      add(bytes);
      return bytes.size();
    case Framing::Kind::length:
      break;
  }
  bytes = bytes.substr(0, static_cast<std::uint64_t>(left_));
  add(bytes);
  left_ -= static_cast<std::int64_t>(bytes.size());
  if (left_ == 0) reading_ = Reading::complete;
  return bytes.size();
}

std::size_t BodyReader::feed_chunked(std::string_view bytes) {
  std::size_t consumed = 0;
  for (;;) {
    const auto step = chunks_.next(bytes.substr(consumed));
    consumed += step.consumed;
    if (step.state == ChunkedDecoder::State::data) {
      add(step.data);
      continue;
    }
    if (step.state == ChunkedDecoder::State::done) reading_ = Reading::complete;
    if (step.state == ChunkedDecoder::State::invalid) reading_ = Reading::invalid;
    return consumed;
  }
}

void BodyReader::add(std::string_view data) {
  if (data.empty()) return;
  size_ += data.size();
  hash_.add(data);
  if (sink_) sink_(data);
}

void BodyReader::finish_on_eof() {
  if (reading_ != Reading::reading) return;
  const bool by_close = framing_.kind == Framing::Kind::until_close;
  reading_ = by_close ? Reading::complete : Reading::cut;
}

RequestReader::RequestReader(BodySink sink)
    : sink_(std::move(sink)), parser_(peer_rules), body_(sink_) {}

void RequestReader::reset() {
  *this = RequestReader(std::move(sink_));
}

std::size_t RequestReader::feed(std::string_view bytes) {
  if (reading_ != Reading::reading) return 0;
  std::size_t consumed = 0;
  if (!has_head()) {
    const auto step = parser_.feed(bytes);
    consumed = step.consumed;
    if (step.state == RequestParser::State::error) reading_ = Reading::invalid;
    if (step.state != RequestParser::State::done) return consumed;
    body_.start(parser_.head().framing());
  }
  consumed += body_.feed(bytes.substr(consumed));
  reading_ = body_.reading();
  return consumed;
}

void RequestReader::finish_on_eof() {
  if (reading_ == Reading::reading) reading_ = parser_.idle() ? Reading::empty : Reading::cut;
}

ResponseReader::ResponseReader(bool head_request, BodySink sink)
    : sink_(std::move(sink)), head_request_(head_request), body_(sink_) {}

void ResponseReader::reset(bool head_request) {
  *this = ResponseReader(head_request, std::move(sink_));
}

std::size_t ResponseReader::feed(std::string_view bytes) {
  std::size_t consumed = 0;
  while (!has_head_ && !raw_ && reading_ == Reading::reading && consumed < bytes.size()) {
    consumed += feed_head(bytes.substr(consumed));
  }
  if (raw_ && reading_ == Reading::reading) {
    body_.add(bytes.substr(consumed));
    consumed = bytes.size();
  } else if (has_head_ && reading_ == Reading::reading) {
    consumed += body_.feed(bytes.substr(consumed));
    reading_ = body_.reading();
  }
  bytes_ += consumed;
  return consumed;
}

std::size_t ResponseReader::feed_head(std::string_view bytes) {
  const auto [state, consumed] = parser_.feed(bytes);
  head_bytes_ += consumed;
  switch (state) {
    case ResponseParser::State::need_more:
      break;
    case ResponseParser::State::done:
      take_head();
      break;
    case ResponseParser::State::not_http:
      raw_ = true;
      body_.add(parser_.partial_status_line());
      break;
    case ResponseParser::State::invalid:
      reading_ = Reading::invalid;
      break;
  }
  const bool too_large = head_bytes_ > max_response_head || interim_.size() > max_interim;
  if (!has_head_ && !raw_ && too_large) reading_ = Reading::invalid;
  return consumed;
}

void ResponseReader::take_head() {
  const int status = parser_.head().status;
  if (status >= 100 && status < 200 && status != 101) {
    interim_.push_back(status);
    parser_.reset();
    return;
  }
  has_head_ = true;
  if (status != 101) framing_ = parser_.head().framing(head_request_);
  body_.start(framing_);
  reading_ = body_.reading();
}

void ResponseReader::finish_on_eof() {
  if (reading_ != Reading::reading) return;
  if (raw_) {
    reading_ = Reading::not_http;
  } else if (has_head_) {
    body_.finish_on_eof();
    reading_ = body_.reading();
  } else {
    reading_ = bytes_ == 0 ? Reading::empty : Reading::cut;
  }
}

bool ResponseReader::reusable() const {
  return reading_ == Reading::complete && framing_.kind != Framing::Kind::until_close &&
         head().status != 101 && !head().connection_close;
}

}  // namespace badgate::net::http1
