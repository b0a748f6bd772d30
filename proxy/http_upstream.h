// HttpUpstream: what is HTTP/1 about an upstream: the request that is sent, and how the response
// head is read (ngx_http_proxy_module.c). No sockets, no time; upstream.h does the rest for any
// protocol.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/http1_response.h"
#include "proxy/body_filter.h"
#include "proxy/request.h"
#include "proxy/response_head.h"

namespace badgate::proxy {

class HttpUpstream {
 public:
  explicit HttpUpstream(const Request& request);

  // The head of the request; its body follows as it is, or chunked.
  std::string create_request(const Client& client, const net::Loop& loop) const;
  const std::string& uri() const { return uri_; }  // as sent, for the log
  bool chunked_request() const { return chunked_request_; }

  // A new attempt: nothing has been read.
  void reset();

  enum class Header { need_more, done, invalid };
  // The next bytes of the response. Logs what nginx logs; `state` gets the status. When done,
  // `consumed` says where in `bytes` the body begins.
  Header process_header(std::string_view bytes, std::size_t& consumed, RequestLog& log,
                        UpstreamState& state);

  // After Header::done.
  int status() const { return raw_ ? 9 : parser_.head().status; }  // as $status says it
  bool raw() const { return raw_; }  // no status line: everything is body, as in HTTP/0.9
  // How many bytes before those of the last process_header() are body, too.
  std::size_t raw_before() const { return raw_ ? parser_.partial_status_line().size() : 0; }
  bool keepalive() const;  // the connection may be kept, before a body was read
  BodyFilter body_filter(BodyFilter::Relay relay) const;
  // Whether the response is relayed through buffers: X-Accel-Buffering may change the setting.
  bool buffering() const;
  // Where the response says that the request goes on, and what of it the client gets all the same.
  std::optional<std::string> accel_redirect() const;
  net::http1::HeaderList kept_headers() const;
  std::string content_type() const;
  const net::http1::Header* authenticate() const;  // null: the response does not say it
  // What the client is told. May be called once.
  ResponseMeta take_meta();

 private:
  std::string_view method() const;
  std::optional<std::uint64_t> body_length() const;
  bool is_set(std::string_view name) const;
  void append_set_headers(std::string& out, const Client& client, const net::Loop& loop) const;

  const Request& request_;
  bool head_request_;
  bool chunked_request_;
  std::string uri_;
  net::http1::ResponseParser parser_;
  std::size_t notes_logged_ = 0;
  bool raw_ = false;
};

}  // namespace badgate::proxy
