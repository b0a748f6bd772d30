// FastcgiBodyFilter: the body of a FastCGI response: the data of its STDOUT records
// (ngx_http_fastcgi_input_filter and its non_buffered twin). What is in STDERR records is logged.
#pragma once

#include <cstdint>

#include "proxy/body_filter.h"
#include "proxy/fastcgi_records.h"

namespace badgate::proxy {

class FastcgiBodyFilter final : public BodyFilter {
 public:
  // `records`: where the head has ended. `rest`: the Content-Length; -1: none was said.
  FastcgiBodyFilter(FastcgiRecords records, std::int64_t rest, bool keep_conn, Relay relay);

  bool feed(std::string_view bytes, std::vector<std::string_view>& pieces,
            RequestLog& log) override;

 private:
  enum class Step { next, stop, broken };

  Step step(std::string_view& bytes, std::vector<std::string_view>& pieces, RequestLog& log);
  Step read_header(std::string_view& bytes, RequestLog& log);
  Step read_padding(std::string_view& bytes, RequestLog& log);
  Step read_stdout(std::string_view& bytes, std::vector<std::string_view>& pieces, RequestLog& log);
  Step end_too_early(std::string_view what, RequestLog& log);
  void finish();
  void note_length();

  FastcgiRecords records_;
  std::int64_t rest_;  // of the Content-Length
  bool keep_conn_;
  Relay relay_;
};

}  // namespace badgate::proxy
