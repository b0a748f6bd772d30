// HttpBodyFilter: the body of an HTTP/1 response (ngx_http_proxy_copy_filter,
// ngx_http_proxy_chunked_filter and their non_buffered twins).
#pragma once

#include "net/http1_chunked.h"
#include "net/http1_message.h"
#include "proxy/body_filter.h"

namespace badgate::proxy {

class HttpBodyFilter final : public BodyFilter {
 public:
  // `may_keep`: the upstream has not said that it will close.
  HttpBodyFilter(net::http1::Framing framing, bool may_keep, Relay relay);

  bool feed(std::string_view bytes, std::vector<std::string_view>& pieces,
            RequestLog& log) override;

 private:
  void feed_plain(std::string_view bytes, std::vector<std::string_view>& pieces, RequestLog& log);
  bool feed_chunked(std::string_view bytes, std::vector<std::string_view>& pieces, RequestLog& log);

  bool chunked_;
  bool may_keep_;
  Relay relay_;
  net::http1::ChunkedDecoder chunks_;
};

}  // namespace badgate::proxy
