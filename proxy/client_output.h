// ClientOutput: what is on its way to a client: response head and body, framed in chunks if need
// be, held back and written as nginx's write filter does it (ngx_http_write_filter_module.c). It
// borrows the connection, and the memory of body pieces until they are written.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>

#include "net/connection.h"
#include "proxy/request_log.h"
#include "proxy/temp_file.h"

namespace badgate::proxy {

// A piece of a body: memory, or a range of a temporary file.
struct BodyPiece {
  std::string_view memory;
  const TempFile* file = nullptr;
  std::uint64_t file_at = 0;
  std::uint64_t file_size = 0;
};

class ClientOutput {
 public:
  enum class Result {
    done,   // the kernel has taken all that was not postponed
    again,  // it has not: call `send` again when the socket is writable
    error,  // logged; the connection is of no more use
  };
  // What little output is held back for.
  enum class Push {
    postpone,  // until there are postpone_output (1460) bytes
    flush,     // nothing: write it now
  };

  // Both must outlive it.
  ClientOutput(net::Connection& client, RequestLog& log) : client_(client), log_(log) {}

  // A new response: its counters begin at 0.
  void begin();

  Result send_head(std::string head, Push push);
  void set_chunked(bool chunked) { chunked_ = chunked; }
  // One call is one chunk. `memory` must stay good until body_written() has passed it.
  Result send_body(std::span<const BodyPiece> pieces, Push push);
  // Ends the body, with the last chunk if it is chunked, and flushes.
  Result finish();
  Result flush();  // all that was postponed
  Result send();   // goes on with what `again` left

  // Drops what was not written: nothing more is to be sent.
  void discard();

  // Bytes that went past this to the client ("100 Continue").
  void count_sent(std::size_t bytes) { sent_ += bytes; }

  bool writable() const { return writable_; }
  void set_writable() { writable_ = true; }
  bool buffered() const { return buffered_; }  // unwritten output waits for the socket
  bool failed() const { return failed_; }

  std::uint64_t sent() const { return sent_; }                  // all bytes of this response
  std::uint64_t body_written() const { return body_written_; }  // of the pieces, without framing

 private:
  struct Slice {
    std::string owned;
    std::string_view borrowed;
    const TempFile* file = nullptr;
    std::uint64_t file_at = 0;
    std::uint64_t size = 0;
    bool body = false;
  };

  void add_owned(std::string text, bool body = false);
  void add_piece(const BodyPiece& piece);
  bool load_file_slice();  // false: it could not be read
  void consume(std::size_t bytes);
  Result write(Push push);
  Result write_out();
  Result fail();

  net::Connection& client_;
  RequestLog& log_;
  std::deque<Slice> out_;
  std::size_t front_done_ = 0;  // bytes of the first slice that are written
  std::uint64_t pending_ = 0;   // bytes in out_
  bool chunked_ = false;
  bool writable_ = true;
  bool buffered_ = false;
  bool failed_ = false;
  std::uint64_t sent_ = 0;
  std::uint64_t body_written_ = 0;
};

}  // namespace badgate::proxy
