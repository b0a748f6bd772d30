// Request and Client: one request and the connection it came on, as session.h, upstream.h and the
// relays work on them. Plain state; who changes what is said at each member.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "net/connection.h"
#include "net/http1_request.h"
#include "proxy/client_body.h"
#include "proxy/client_output.h"
#include "proxy/cycle.h"
#include "proxy/fastcgi_split.h"
#include "proxy/lazy_timer.h"
#include "proxy/request_body.h"
#include "proxy/request_log.h"
#include "proxy/upstream_state.h"
#include "proxy/zones.h"

namespace badgate::proxy {

// A client's connection. Owned by its Session.
struct Client {
  net::Connection connection;
  RequestLog log;
  ClientOutput output;
  std::string input;           // read and not yet parsed
  LazyTimer read_timer;        // header, body, keepalive, lingering
  LazyTimer write_timer;       // send_timeout
  bool error = false;          // nginx's c->error: nothing more can be sent
  bool eof = false;            // the client has closed its side
  bool pipelined = false;      // it sent something while its request was worked on
  bool readable = false;       // nginx's read->ready: not known to be empty
  bool ending = false;         // nginx's read->pending_eof: it is known to have closed
  std::uint64_t requests = 0;  // begun on the connection
  std::string local_host;      // the address that it connected to, as Address::host()
  std::uint16_t local_port = 0;

  Client(net::Loop& loop, net::Connection the_connection, RequestLog the_log,
         std::function<void()> on_read_timeout, std::function<void()> on_write_timeout)
      : connection(std::move(the_connection)),
        log(std::move(the_log)),
        output(connection, log),
        read_timer(loop, std::move(on_read_timeout)),
        write_timer(loop, std::move(on_write_timeout)) {}
};

struct Request {
  std::shared_ptr<Cycle> cycle;
  // By the Host and the path; until they are known those of the address's default server.
  const ServerConf* server = nullptr;
  const LocationConf* location = nullptr;
  // What proxy_pass comes to: the location's, or `own_pass`, if that has variables.
  const ProxyPass* pass = nullptr;
  std::unique_ptr<const ProxyPass> own_pass;
  const net::http1::RequestHead* head = nullptr;  // the session's parser has it
  FastcgiNames fastcgi;                           // with fastcgi_pass
  net::TimePoint started;
  bool parsed = false;     // the head is complete
  bool pipelined = false;  // $pipe: it began in the bytes that the one before it came in

  ClientBody body_reader;
  RequestBody body;           // what was read before the request is passed on
  bool streams_body = false;  // nginx's request_body_no_buffering
  bool reading_body = false;  // … and it has not come completely

  // Its way through the locations.
  unsigned uri_changes = 11;  // redirects inside of the proxy that are left, and one
  bool internal = false;      // it was redirected
  bool valid_unparsed_uri = true;
  bool error_page = false;           // an error_page was used
  bool rate_limited = false;         // limit_req was asked
  bool connections_limited = false;  // limit_conn was asked
  std::vector<ConnectionZone::Slot> slots;
  std::vector<std::shared_ptr<void>> past;  // upstream requests before a redirect
  net::http1::HeaderList kept_headers;      // of a response with X-Accel-Redirect …
  std::string kept_content_type;            // … where the next one has none

  // The response.
  int err_status = 0;  // nginx's: in place of the status of what is sent
  int status = 0;
  int version = 0;  // the client's; version_9 once raw bytes are passed on
  bool keepalive = false;
  bool lingering_close = false;
  bool header_sent = false;
  bool header_only = false;  // the response has no body
  bool complete = false;     // $request_completion
  std::uint64_t header_size = 0;
  net::http1::HeaderList sent_headers;

  UpstreamStates states;

  const PassSettings& pass_settings() const { return location->pass_settings(); }
};

}  // namespace badgate::proxy
