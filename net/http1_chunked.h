// ChunkedDecoder: a chunked body, read as ngx_http_parse_chunked does, which is the same in 1.22.1
// and 1.28.3. Chunk extensions and trailers are read over, bare LF ends a line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace badgate::net::http1 {

class ChunkedDecoder {
 public:
  enum class State {
    need_more,  // all bytes are consumed
    data,       // `data` is a piece of the body; call again with what is left
    done,       // the body has ended; bytes after `consumed` are not its
    invalid,    // nginx: "… sent invalid chunked response" or "… body"
  };
  struct Step {
    State state = State::need_more;
    std::size_t consumed = 0;
    std::string_view data;  // within the bytes given
  };

  Step next(std::string_view bytes);

  // The fewest bytes that can end the body from here: nginx's ctx->length, by which its buffered
  // proxying decides whether a buffer that is not full is worth passing on.
  std::int64_t least_remaining() const;

  void reset() { *this = ChunkedDecoder(); }

 private:
  // Where the next byte stands; "…_cr" is after a CR there.
  enum class Place : std::uint8_t {
    start,  // before a chunk size
    size,
    extension,
    extension_cr,
    data,
    after_data,
    after_data_cr,
    trailer,  // at the start of a line after the last chunk
    trailer_end_cr,
    trailer_line,
    trailer_line_cr,
    done,
    invalid,
  };

  Step take_data(std::string_view bytes, std::size_t at);
  std::size_t skip_text(std::string_view bytes, std::size_t at) const;
  Place step(unsigned char c);
  Place size_step(unsigned char c);
  Place after_size() const;

  Place place_ = Place::start;
  std::int64_t size_ = 0;  // of the chunk, as far as read; then what is left of it
};

}  // namespace badgate::net::http1
