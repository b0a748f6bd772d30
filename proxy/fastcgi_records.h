// FastcgiRecords: where in the row of records that a FastCGI server sends the next byte stands
// (ngx_http_fastcgi_process_record). The head's reader hands it on to the body's. It keeps no
// bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "net/fastcgi.h"
#include "proxy/request_log.h"

namespace badgate::proxy {

struct FastcgiRecords {
  enum class State : std::uint8_t {
    version,
    type,
    request_id_hi,
    request_id_lo,
    content_length_hi,
    content_length_lo,
    padding_length,
    reserved,
    data,
    padding,
  };
  enum class Read { again, header, invalid };

  State state = State::version;
  net::fastcgi::Type type = net::fastcgi::Type::stdout_data;
  std::size_t length = 0;   // of the data that are missing
  std::size_t padding = 0;  // … and of what follows them

  bool in_header() const { return state < State::data; }
  // Takes bytes of a record's header from the front of `bytes`. `header`: it is complete, the
  // state is `data`; `invalid`: logged.
  Read read_header(std::string_view& bytes, RequestLog& log);
  // Takes the data, as much as there is; then the state is `padding`.
  std::string_view take_data(std::string_view& bytes);
  // Takes data of an stderr record and logs them, without what ends them (ngx_http_fastcgi_
  // process_header and the filters do the same). Returns what was logged.
  std::string_view log_stderr(std::string_view& bytes, RequestLog& log);
  // Takes the padding. False: `bytes` are used up; the state may be `version` all the same.
  bool skip_padding(std::string_view& bytes);
};

}  // namespace badgate::proxy
