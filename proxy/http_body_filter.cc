#include "proxy/http_body_filter.h"

namespace badgate::proxy {

using net::http1::ChunkedDecoder;
using net::http1::Framing;

HttpBodyFilter::HttpBodyFilter(Framing framing, bool may_keep, Relay relay)
    : chunked_(framing.kind == Framing::Kind::chunked), may_keep_(may_keep), relay_(relay) {
  switch (framing.kind) {
    case Framing::Kind::none:
      length_ = 0;
      break;
    case Framing::Kind::length:
      length_ = framing.length;
      break;
    case Framing::Kind::chunked:
      length_ = 3;  // "0" LF LF
      break;
    case Framing::Kind::until_close:
      length_ = -1;
      break;
  }
  keepalive_ = length_ == 0 && may_keep;
}

bool HttpBodyFilter::feed(std::string_view bytes, std::vector<std::string_view>& pieces,
                          RequestLog& log) {
  if (bytes.empty() || done_) return true;
  if (length_ == 0) {
    log.write(Level::warn, chunked_ ? "upstream sent data after final chunk"
                                    : "upstream sent more data than specified in "
                                      "\"Content-Length\" header");
    keepalive_ = false;
    done_ = relay_ == Relay::buffered;
    return true;
  }
  if (chunked_) return feed_chunked(bytes, pieces, log);
  feed_plain(bytes, pieces, log);
  return true;
}

void HttpBodyFilter::feed_plain(std::string_view bytes, std::vector<std::string_view>& pieces,
                                RequestLog& log) {
  if (length_ == -1) {
    pieces.push_back(bytes);
    return;
  }
  const auto left = static_cast<std::uint64_t>(length_);
  pieces.push_back(bytes.substr(0, left));
  if (bytes.size() > left) {
    log.write(Level::warn, "upstream sent more data than specified in \"Content-Length\" header");
    if (relay_ == Relay::buffered) {
      done_ = true;
    } else {
      length_ = 0;
    }
    return;
  }
  length_ -= static_cast<std::int64_t>(bytes.size());
  if (length_ == 0) keepalive_ = may_keep_;
}

bool HttpBodyFilter::feed_chunked(std::string_view bytes, std::vector<std::string_view>& pieces,
                                  RequestLog& log) {
  while (true) {
    const auto step = chunks_.next(bytes);
    bytes.remove_prefix(step.consumed);
    switch (step.state) {
      case ChunkedDecoder::State::data:
        pieces.push_back(step.data);
        continue;
      case ChunkedDecoder::State::need_more:
        length_ = chunks_.least_remaining();
        return true;
      case ChunkedDecoder::State::done:
        length_ = 0;
        keepalive_ = may_keep_;
        if (!bytes.empty()) {
          log.write(Level::warn, "upstream sent data after final chunk");
          keepalive_ = false;
        }
        return true;
      case ChunkedDecoder::State::invalid:
        log.write(Level::error, "upstream sent invalid chunked response");
        return false;
    }
  }
}

}  // namespace badgate::proxy
