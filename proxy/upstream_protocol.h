// UpstreamProtocol: what one protocol to upstreams is about: the request that is sent, and how the
// response's head and body are read. http_upstream.h and fastcgi_upstream.h are the two there are.
// No sockets, no time; upstream.h does the rest for either. What a head means to a client is the
// same for both, and is here (ngx_http_upstream_process_headers).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/http1_response.h"
#include "net/result.h"
#include "proxy/body_filter.h"
#include "proxy/request.h"
#include "proxy/response_head.h"

namespace badgate::proxy {

class UpstreamProtocol {
 public:
  virtual ~UpstreamProtocol() = default;

  // What is sent before the request's body. The Error is what nginx logs at level alert, and the
  // client gets 500.
  virtual net::Result<std::string> create_request(const Client& client,
                                                  const net::Loop& loop) const = 0;
  // The next piece of the body as it is sent, and what is sent behind the last one.
  virtual void append_body(std::string& out, std::string_view piece) const = 0;
  virtual void append_body_end(std::string& out) const = 0;

  // "http://", and what is behind the server's name in the log.
  virtual std::string_view schema() const = 0;
  virtual std::string_view uri() const = 0;

  // A new attempt: nothing has been read.
  virtual void reset() = 0;

  enum class Header { need_more, done, invalid };
  // The next bytes of the response. Logs what nginx logs; `state` gets the status. When done,
  // `consumed` says where in `bytes` the body begins.
  virtual Header process_header(std::string_view bytes, std::size_t& consumed, RequestLog& log,
                                UpstreamState& state) = 0;
  // After Header::need_more: whether what has been read may be forgotten, to make room for more.
  virtual bool forgets() const { return false; }

  // After Header::done.
  virtual int status() const { return parser_.head().status; }  // as $status says it
  // No status line: everything is body, as in HTTP/0.9; also so many bytes before those of the last
  // process_header().
  virtual bool raw() const { return false; }
  virtual std::size_t raw_before() const { return 0; }
  // Whether 101 may make a tunnel of the connection.
  virtual bool may_upgrade() const { return false; }
  // The connection may be kept, before a body was read.
  virtual bool keepalive() const = 0;
  // The filter of the response's body, which lives as long as this. May be called once for each
  // response.
  virtual BodyFilter& begin_body(BodyFilter::Relay relay) = 0;

  // Whether the response is relayed through buffers: X-Accel-Buffering may change the setting.
  bool buffering() const;
  // Where the response says that the request goes on, and what of it the client gets all the same.
  std::optional<std::string> accel_redirect() const;
  net::http1::HeaderList kept_headers() const;
  std::string content_type() const;
  const net::http1::Header* authenticate() const;  // null: the response does not say it
  // What the client is told. May be called once.
  ResponseMeta take_meta();

 protected:
  UpstreamProtocol(const Request& request, net::http1::ResponseParser::Form form)
      : request_(request), parser_(request.cycle->response_rules, form) {}
  UpstreamProtocol(const UpstreamProtocol&) = default;

  // Whether nginx says its own Server and Date where a response that may say them does not: its
  // proxy module takes care that it does not (ngx_http_proxy_process_header).
  virtual bool adds_missing() const { return true; }
  // Logs what the parser has noted since the last time.
  void log_notes(RequestLog& log);

  const Request& request_;
  net::http1::ResponseParser parser_;
  std::size_t notes_logged_ = 0;
};

}  // namespace badgate::proxy
