// HttpUpstream: HTTP/1 to an upstream: the request that is sent, and how the response head is read
// (ngx_http_proxy_module.c).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proxy/http_body_filter.h"
#include "proxy/upstream_protocol.h"

namespace badgate::proxy {

class HttpUpstream final : public UpstreamProtocol {
 public:
  explicit HttpUpstream(const Request& request);

  net::Result<std::string> create_request(const Client& client,
                                          const net::Loop& loop) const override;
  void append_body(std::string& out, std::string_view piece) const override;
  void append_body_end(std::string& out) const override;
  std::string_view schema() const override;
  std::string_view uri() const override { return uri_; }

  void reset() override;
  Header process_header(std::string_view bytes, std::size_t& consumed, RequestLog& log,
                        UpstreamState& state) override;

  int status() const override { return raw_ ? 9 : parser_.head().status; }
  bool raw() const override { return raw_; }
  std::size_t raw_before() const override {
    return raw_ ? parser_.partial_status_line().size() : 0;
  }
  bool may_upgrade() const override { return true; }
  bool keepalive() const override;
  BodyFilter& begin_body(BodyFilter::Relay relay) override;

 private:
  bool adds_missing() const override { return false; }
  std::string_view method() const;
  std::optional<std::uint64_t> body_length() const;
  bool is_set(std::string_view name) const;
  void append_set_headers(std::string& out, const Client& client, const net::Loop& loop) const;

  bool head_request_;
  bool chunked_request_;
  std::string uri_;
  bool raw_ = false;
  std::optional<HttpBodyFilter> body_;
};

}  // namespace badgate::proxy
