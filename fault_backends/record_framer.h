// RecordFramer: puts what the application says into FastCGI records, as php-fpm does
// (main/fastcgi.c, fcgi_write and fcgi_end_request), or as a RecordShape says instead.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "net/fastcgi.h"

namespace badgate::fault_backends {

// What the records of a response are like, and what is wrong with them.
struct RecordShape {
  enum class Break {
    none,
    version,       // `value` in place of 1
    type,          // `value` in place of the right one
    id_high,       // of the request id: `value`
    id_low,        // of the request id: `value`
    length_long,   // `value` bytes more than there are
    length_short,  // `value` bytes fewer than there are
    cut_header,    // after `value` bytes of the header there is nothing more
    cut_content,   // the same of the content
    cut_padding,   // the header tells of padding, and nothing of it comes
  };
  enum class ErrAt { before, header, body, end };

  Break what = Break::none;
  std::uint32_t value = 0;
  std::uint64_t number = 1;  // which record of the response is broken, from 1
  std::size_t record_bytes = net::fastcgi::max_content;  // of the application, in one record
  std::optional<std::uint8_t> padding;  // of each record; otherwise up to eight bytes
  std::string err;                      // said on STDERR …
  ErrAt err_at = ErrAt::before;  // … before STDOUT, within the header, behind it, at the end
  bool empty_stdout_first = false;
  bool empty_stdout_last = false;
  bool no_stdout = false;
  bool stdout_after_end = false;
  bool no_end = false;
  std::uint32_t app_status = 0;
  net::fastcgi::ProtocolStatus status = net::fastcgi::ProtocolStatus::request_complete;
};

class RecordFramer {
 public:
  // `header_size`: how many of the application's bytes are its header.
  RecordFramer(std::uint16_t request_id, RecordShape shape, std::uint64_t header_size);

  // All append to `out`; after a cut nothing does.
  void add(std::string& out, std::string_view bytes);
  void end(std::string& out);
  bool ended() const { return ended_; }

 private:
  using Type = net::fastcgi::Type;
  void begin(std::string& out);
  void say_err(std::string& out);
  void record(std::string& out, Type type, std::string_view content);
  void broken_record(std::string& out, net::fastcgi::Header header, std::string_view content);

  std::uint16_t request_id_;
  RecordShape shape_;
  std::uint64_t err_offset_ = std::numeric_limits<std::uint64_t>::max();  // in what it says
  std::uint64_t said_ = 0;
  std::uint64_t records_ = 0;
  bool begun_ = false;
  bool ended_ = false;
  bool cut_ = false;
};

}  // namespace badgate::fault_backends
