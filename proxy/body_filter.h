// BodyFilter: finds the body in what an upstream sends after the head, and where it ends (the
// input_filter of nginx's upstream modules). http_body_filter.h and fastcgi_body_filter.h are the
// two there are. It keeps no bytes.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "proxy/request_log.h"

namespace badgate::proxy {

class BodyFilter {
 public:
  enum class Relay { buffered, streamed };

  virtual ~BodyFilter() = default;

  // Appends to `pieces` the parts of `bytes` that are body. False: what came breaks the protocol
  // (logged), and nothing more can be done.
  virtual bool feed(std::string_view bytes, std::vector<std::string_view>& pieces,
                    RequestLog& log) = 0;

  // The fewest bytes that are missing; 0: the body is complete; -1: until the upstream closes.
  std::int64_t length() const { return length_; }
  // The response is over, whatever else may come (nginx's upstream_done).
  bool done() const { return done_; }
  // The upstream has ended the response before its end (nginx's upstream_error; logged).
  bool failed() const { return failed_; }
  // The body has ended so that the connection may be kept.
  bool keepalive() const { return keepalive_; }

 protected:
  std::int64_t length_ = -1;
  bool done_ = false;
  bool failed_ = false;
  bool keepalive_ = false;
};

}  // namespace badgate::proxy
