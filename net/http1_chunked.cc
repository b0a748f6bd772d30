#include "net/http1_chunked.h"

#include <algorithm>
#include <limits>

namespace badgate::net::http1 {

namespace {

constexpr std::int64_t max_size = std::numeric_limits<std::int64_t>::max();

int hex_digit(unsigned char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const int letter = c | 0x20;
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

}  // namespace

ChunkedDecoder::Step ChunkedDecoder::next(std::string_view bytes) {
  std::size_t at = 0;
  while (place_ != Place::done && place_ != Place::invalid && at < bytes.size()) {
    if (place_ == Place::data) return take_data(bytes, at);
    at = skip_text(bytes, at);
    if (at < bytes.size()) place_ = step(static_cast<unsigned char>(bytes[at++]));
  }
  // Refused even before the size is over: nginx leaves room to add the bytes that end the body.
  if (size_ > max_size - 5) place_ = Place::invalid;
  if (place_ == Place::invalid) return {State::invalid, at, {}};
  return {place_ == Place::done ? State::done : State::need_more, at, {}};
}

ChunkedDecoder::Step ChunkedDecoder::take_data(std::string_view bytes, std::size_t at) {
  const std::size_t left = bytes.size() - at;
  const std::size_t taken =
      static_cast<std::uint64_t>(size_) < left ? static_cast<std::size_t>(size_) : left;
  size_ -= static_cast<std::int64_t>(taken);
  if (size_ == 0) place_ = Place::after_data;
  return {State::data, at + taken, bytes.substr(at, taken)};
}

// Extensions and trailers mean nothing up to their line end.
std::size_t ChunkedDecoder::skip_text(std::string_view bytes, std::size_t at) const {
  if (place_ != Place::extension && place_ != Place::trailer_line) return at;
  return std::min(bytes.find_first_of("\r\n", at), bytes.size());
}

ChunkedDecoder::Place ChunkedDecoder::step(unsigned char c) {
  const bool lf = c == '\n';
  switch (place_) {
    case Place::start:
      size_ = hex_digit(c);
      return size_ < 0 ? Place::invalid : Place::size;
    case Place::size:
      return size_step(c);
    case Place::extension:
      return lf ? after_size() : c == '\r' ? Place::extension_cr : Place::extension;
    case Place::extension_cr:
      return lf ? after_size() : Place::invalid;
    case Place::after_data:
      return lf ? Place::start : c == '\r' ? Place::after_data_cr : Place::invalid;
    case Place::after_data_cr:
      return lf ? Place::start : Place::invalid;
    case Place::trailer:
      return lf ? Place::done : c == '\r' ? Place::trailer_end_cr : Place::trailer_line;
    case Place::trailer_end_cr:
      return lf ? Place::done : Place::invalid;
    case Place::trailer_line:
      return lf ? Place::trailer : c == '\r' ? Place::trailer_line_cr : Place::trailer_line;
    case Place::trailer_line_cr:
      return lf ? Place::trailer : Place::invalid;
    default:
      return place_;
  }
}

ChunkedDecoder::Place ChunkedDecoder::size_step(unsigned char c) {
  // Checked whatever follows, so that 16 digits are too many unless they begin with zeros.
  if (size_ > max_size / 16) return Place::invalid;
  if (const int digit = hex_digit(c); digit >= 0) {
    size_ = size_ * 16 + digit;
    return Place::size;
  }
  switch (c) {
    case '\r':
      return Place::extension_cr;
    case '\n':
      return after_size();
    case ';':
    case ' ':
    case '\t':
      return Place::extension;
    default:
      return Place::invalid;
  }
}

ChunkedDecoder::Place ChunkedDecoder::after_size() const {
  return size_ == 0 ? Place::trailer : Place::data;
}

// With the shortest line ends: LF "0" LF LF after data.
std::int64_t ChunkedDecoder::least_remaining() const {
  constexpr std::int64_t last = 3;  // "0" LF LF
  switch (place_) {
    case Place::start:
      return last;
    case Place::size:
    case Place::extension:
    case Place::extension_cr:
      return size_ == 0 ? 2 : 1 + size_ + 1 + last;
    case Place::data:
      return size_ + 1 + last;
    case Place::after_data:
    case Place::after_data_cr:
      return 1 + last;
    case Place::trailer_line:
    case Place::trailer_line_cr:
      return 2;
    case Place::trailer:
    case Place::trailer_end_cr:
      return 1;
    case Place::done:
    case Place::invalid:
      break;
  }
  return 0;
}

}  // namespace badgate::net::http1
