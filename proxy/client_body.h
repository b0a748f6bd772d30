// ClientBody: reads a request's body from the client, unframes it and hands it on. It keeps no
// bytes: what belongs to the next request is left in the input, what is not asked for in the
// kernel (ngx_http_request_body.c).
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "net/connection.h"
#include "net/http1_chunked.h"
#include "net/http1_reader.h"
#include "net/http1_request.h"
#include "proxy/request_log.h"

namespace badgate::proxy {

class ClientBody {
 public:
  enum class State {
    complete,
    again,  // nothing more to read now
    full,   // the limit of this call was reached; there may be more
    error,  // see `status`
  };
  struct Progress {
    State state = State::again;
    int status = 0;            // of the refusal
    bool client_gone = false;  // the connection ended or broke
    bool lingering = false;    // the client is to be heard out
  };

  // `max_size`: client_max_body_size; 0: no limit. `max_size` bounds chunked bodies; others were
  // judged by their Content-Length. `counted`: it is part of $request_length.
  void begin(const net::http1::RequestHead& head, std::uint64_t max_size, bool counted = true);

  // Reads at most about `limit` bytes of body. First from `input`, then from `client` by way of
  // `scratch`. What follows the body stays in (or is put into) `input`.
  Progress read(net::Connection& client, std::string& input, std::span<char> scratch,
                std::size_t limit, RequestLog& log, const net::http1::BodySink& sink);

  bool chunked() const { return chunked_; }
  bool complete() const { return complete_; }
  std::uint64_t received() const { return received_; }  // bytes of body so far
  std::uint64_t wire() const { return wire_; }          // and with chunk heads, as $request_length

 private:
  // Takes what is the body's from the front of `bytes` and returns how much that was.
  std::size_t feed(std::string_view bytes, const net::http1::BodySink& sink, RequestLog& log,
                   Progress& progress);
  std::size_t feed_chunked(std::string_view bytes, const net::http1::BodySink& sink,
                           RequestLog& log, Progress& progress);
  bool fits(std::uint64_t chunk, RequestLog& log, Progress& progress) const;

  bool chunked_ = false;
  bool complete_ = true;
  bool counted_ = true;
  std::uint64_t rest_ = 0;  // of a body with a length
  std::uint64_t max_size_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t wire_ = 0;
  net::http1::ChunkedDecoder chunks_;
};

}  // namespace badgate::proxy
