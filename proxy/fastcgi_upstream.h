// FastcgiUpstream: FastCGI to an upstream: the records that are sent, and how the response's head
// is read out of those that come (ngx_http_fastcgi_module.c).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proxy/fastcgi_body_filter.h"
#include "proxy/fastcgi_records.h"
#include "proxy/upstream_protocol.h"

namespace badgate::proxy {

class FastcgiUpstream final : public UpstreamProtocol {
 public:
  explicit FastcgiUpstream(const Request& request)
      : UpstreamProtocol(request, net::http1::ResponseParser::Form::cgi) {}

  net::Result<std::string> create_request(const Client& client,
                                          const net::Loop& loop) const override;
  void append_body(std::string& out, std::string_view piece) const override;
  void append_body_end(std::string& out) const override;
  std::string_view schema() const override { return "fastcgi://"; }
  std::string_view uri() const override { return {}; }

  void reset() override;
  Header process_header(std::string_view bytes, std::size_t& consumed, RequestLog& log,
                        UpstreamState& state) override;
  bool forgets() const override { return forgets_; }
  // Whether it is, END_REQUEST says.
  bool keepalive() const override { return false; }
  BodyFilter& begin_body(BodyFilter::Relay relay) override;

 private:
  // What a piece of the response has come to: nothing yet: go on with the next one.
  using Outcome = std::optional<Header>;

  Outcome read_record(std::string_view& bytes, RequestLog& log);
  Outcome read_stderr(std::string_view& bytes, RequestLog& log);
  Outcome read_stdout(std::string_view& bytes, RequestLog& log);

  FastcgiRecords records_;
  bool any_stdout_ = false;
  bool forgets_ = false;
  std::optional<FastcgiBodyFilter> body_;
};

}  // namespace badgate::proxy
