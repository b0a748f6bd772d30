// BodyFilter: finds the body in what an upstream sends after the head, and where it ends
// (ngx_http_proxy_copy_filter, ngx_http_proxy_chunked_filter and their non_buffered twins). It
// keeps no bytes.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "net/http1_chunked.h"
#include "net/http1_message.h"
#include "proxy/request_log.h"

namespace badgate::proxy {

class BodyFilter {
 public:
  enum class Relay { buffered, streamed };

  // `may_keep`: the upstream has not said that it will close.
  BodyFilter(net::http1::Framing framing, bool may_keep, Relay relay);

  // Appends to `pieces` the parts of `bytes` that are body. False: not a chunked body (logged).
  bool feed(std::string_view bytes, std::vector<std::string_view>& pieces, RequestLog& log);

  // The fewest bytes that are missing; 0: the body is complete; -1: until the upstream closes.
  std::int64_t length() const { return length_; }
  // More came than was announced, and the rest is not looked at (nginx's upstream_done).
  bool overrun() const { return overrun_; }
  // The body has ended so that the connection may be kept.
  bool keepalive() const { return keepalive_; }

 private:
  void feed_plain(std::string_view bytes, std::vector<std::string_view>& pieces, RequestLog& log);
  bool feed_chunked(std::string_view bytes, std::vector<std::string_view>& pieces, RequestLog& log);

  bool chunked_;
  bool may_keep_;
  Relay relay_;
  std::int64_t length_ = -1;
  bool overrun_ = false;
  bool keepalive_ = false;
  net::http1::ChunkedDecoder chunks_;
};

}  // namespace badgate::proxy
