// ResponseStream: a Response as bytes, piece by piece, with the counts that faults are triggered
// by. It stores the header and at most one line of chunk framing; a body of any size is never
// whole.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "fault_backends/response.h"

namespace badgate::fault_backends {

class ResponseStream {
 public:
  enum class Part {
    header,  // up to the empty line; of a raw response: all of it
    frame,   // chunk sizes and line ends
    body,    // the body's own bytes
    after,   // behind the response
    end
  };

  explicit ResponseStream(Response response);

  Part part() const { return part_; }
  // The next bytes of this part: at least 1, but for `end`. Valid until `advance`.
  std::string_view peek() const;
  void advance(std::size_t sent);  // at most what `peek` gave

  std::uint64_t header_size() const { return header_.size(); }
  std::uint64_t header_sent() const { return header_sent_; }
  bool header_complete() const { return part_ != Part::header; }
  std::uint64_t body_size() const { return body_size_; }
  std::uint64_t body_sent() const { return body_sent_; }
  std::uint64_t chunks_sent() const { return chunks_sent_; }
  bool chunked() const { return chunked_; }
  bool whole() const { return body_sent_ == body_size_; }  // at the end: it was not cut
  const Response& response() const { return response_; }

 private:
  void begin_body();
  void begin_chunk();
  void end_of_text();
  void finish();
  void show(Part part, std::string text);

  Response response_;
  std::string header_;
  std::uint64_t header_sent_ = 0;
  Part part_ = Part::header;
  std::string text_;  // of `frame` and `after`
  std::size_t text_at_ = 0;
  bool chunked_ = false;
  std::uint64_t body_size_ = 0;
  std::uint64_t body_cut_ = 0;
  std::uint64_t body_sent_ = 0;
  std::uint64_t chunk_left_ = 0;
  bool last_shown_ = false;
  std::uint64_t chunks_sent_ = 0;
};

}  // namespace badgate::fault_backends
