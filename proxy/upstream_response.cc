// UpstreamRequest: the response, its head and the start of its relay
// (ngx_http_upstream_process_header, ngx_http_upstream_send_response).
#include <fmt/core.h>

#include <cstring>

#include "proxy/event_pipe.h"
#include "proxy/ssl_log.h"
#include "proxy/stream_relay.h"
#include "proxy/upstream.h"

namespace badgate::proxy {

void UpstreamRequest::on_read_timeout() {
  if (ended_) return;
  failure_ = "timeout";
  if (tunnel_) {
    handle(tunnel_->upstream_timed_out());
  } else if (relay_) {
    handle(relay_->on_upstream(true));
  } else {
    client_.log.set_action("reading response header from upstream");
    next(Reason::timeout);
  }
  if (!ended_) update_watch();
  callbacks_.settle();
}

void UpstreamRequest::on_write_timeout() {
  if (ended_) return;
  failure_ = "timeout";
  if (tunnel_) {
    handle(tunnel_->upstream_timed_out());
  } else {
    next(Reason::timeout);
  }
  if (!ended_) update_watch();
  callbacks_.settle();
}

void UpstreamRequest::process_header() {
  client_.log.set_action("reading response header from upstream");
  if (!request_sent_ && !test_connect()) return next(Reason::error);
  if (buffer_.memory.empty()) {
    buffer_.memory = worker_.buffers.take(request_.pass_settings().buffer_size);
  }
  bool again = false;
  while (!receive_header(again)) {
    if (ended_ || again) return;
  }
  request_.states.back().header_time = attempt_time();
  if (worker_.on_event) {
    emit(Event::Kind::upstream_header, fmt::format("{:03}", protocol_.status()));
  }
  keepalive_ = protocol_.keepalive();
  if (protocol_.status() >= 300 && (try_next_for_status() || intercept())) return;
  if (const auto uri = protocol_.accel_redirect()) {
    request_.kept_headers = protocol_.kept_headers();
    request_.kept_content_type = protocol_.content_type();
    finalize(kDone);
    return callbacks_.redirect(*uri);
  }
  send_response();
}

// One read. True: the head is complete. `again`: the rest comes later, or another attempt has
// begun.
bool UpstreamRequest::receive_header(bool& again) {
  const auto got = connection_->connection.read(buffer_.memory.from(buffer_.end));
  socket_->note(got);
  switch (got.state) {
    case net::Transfer::State::done:
      // It was to speak TLS. Since 1.28.2 and 1.29.5, and in what distributions keep up to date.
      if (request_.pass->ssl && connection_->connection.tls() == nullptr) {
        failure_ = "plain text before the TLS handshake";
        client_.log.write(Level::error, "upstream prematurely sent response");
        break;
      }
      return parse_header(got.bytes, again);
    case net::Transfer::State::again:
      again = true;
      return false;
    case net::Transfer::State::end:
      failure_ = "FIN";
      socket_->eof = true;
      client_.log.write(Level::error, "upstream prematurely closed connection");
      break;
    case net::Transfer::State::error:
      failure_ = fmt::format("{} {}", got.code, std::strerror(got.code));
      socket_->error = true;
      log_failed_call(client_.log, connection_->connection, request_.cycle->rules, Level::error,
                      got.code, "recv()", "SSL_read()");
      break;
  }
  again = true;
  next(Reason::error);
  return false;
}

bool UpstreamRequest::parse_header(std::size_t size, bool& again) {
  auto& state = request_.states.back();
  state.bytes_received += size;
  response_received_ = true;
  const std::string_view bytes(buffer_.memory.data() + buffer_.end, size);
  std::size_t consumed = 0;
  const auto header = protocol_.process_header(bytes, consumed, client_.log, state);
  // What looked like a status line, and was none, is body too.
  buffer_.begin = buffer_.end + consumed - protocol_.raw_before();
  buffer_.end += size;
  switch (header) {
    case HttpUpstream::Header::done:
      return true;
    case HttpUpstream::Header::need_more:
      if (protocol_.forgets()) buffer_.begin = buffer_.end = 0;
      if (buffer_.end < buffer_.memory.size()) return false;
      client_.log.write(Level::error, "upstream sent too big header");
      break;
    case HttpUpstream::Header::invalid:
      break;
  }
  again = true;
  next(Reason::invalid_header);
  return false;
}

// ngx_http_upstream_test_next
bool UpstreamRequest::try_next_for_status() {
  const auto reason = reason_of_status(protocol_.status());
  if (!reason) return false;
  const auto& settings = request_.pass_settings();
  if (!response_is_refused({.reason = *reason,
                            .allowed = settings.next_upstream,
                            .tries_left = selection_->tries(),
                            .request_sent = request_sent_,
                            .method = request_.head->method,
                            .body_streamed = request_.streams_body,
                            .elapsed = worker_.loop.now() - first_started_,
                            .timeout = settings.next_upstream_timeout,
                            .client_gone = client_.error})) {
    return false;
  }
  next(*reason);
  return true;
}

// ngx_http_upstream_intercept_errors
bool UpstreamRequest::intercept() {
  const auto& location = *request_.location;
  if (!request_.pass_settings().intercept_errors) return false;
  const int status = protocol_.status();
  if (location.find_error_page(status) == nullptr) return false;
  if (const auto* header = protocol_.authenticate(); header != nullptr && status == 401)
    request_.kept_headers.push_back(*header);
  finalize(status);
  return true;
}

void UpstreamRequest::send_response() {
  const bool raw = protocol_.raw();
  if (raw) request_.version = net::http1::version_9;
  // ngx_http_proxy_process_header: whether the header was passed on is not asked.
  const bool upgrade =
      protocol_.may_upgrade() && protocol_.status() == 101 && request_.head->upgrade;
  if (upgrade) request_.keepalive = false;
  auto meta = protocol_.take_meta();
  if (meta.content_type.empty()) meta.content_type = request_.kept_content_type;
  auto head = compose_response_head(request_, client_, std::move(meta), worker_.loop);
  const auto push = request_.header_only ? ClientOutput::Push::flush : ClientOutput::Push::postpone;
  if (client_.output.send_head(std::move(head), push) == ClientOutput::Result::error) {
    client_.error = true;
    return finalize(kError);
  }
  if (upgrade) return start_tunnel();
  if (request_.header_only) return finalize(kOk);
  start_relay();
}

void UpstreamRequest::start_tunnel() {
  write_blocked_ = false;
  tunnel_ = std::make_unique<Tunnel>(request_, client_, *socket_, write_timer_, std::move(buffer_));
  handle(tunnel_->start());
}

void UpstreamRequest::handle(Tunnel::Verdict verdict) {
  switch (verdict) {
    case Tunnel::Verdict::going:
      return;
    case Tunnel::Verdict::over:
      return finalize(kOk);
    case Tunnel::Verdict::failed:
      return finalize(kError);
    case Tunnel::Verdict::upstream_timed_out:
      return finalize(504);
    case Tunnel::Verdict::client_timed_out:
      return finalize(408);
  }
}

void UpstreamRequest::start_relay() {
  write_blocked_ = false;
  if (protocol_.buffering()) {
    relay_ = std::make_unique<EventPipe>(worker_, request_, client_, *socket_,
                                         protocol_.begin_body(BodyFilter::Relay::buffered),
                                         std::move(buffer_));
  } else {
    relay_ = std::make_unique<StreamRelay>(request_, client_, *socket_,
                                           protocol_.begin_body(BodyFilter::Relay::streamed),
                                           std::move(buffer_));
  }
  handle(relay_->on_upstream(false));
}

void UpstreamRequest::handle(Relay::Verdict verdict) {
  switch (verdict) {
    case Relay::Verdict::going:
      return;
    case Relay::Verdict::complete:
      return finalize(kOk);
    case Relay::Verdict::cut:
      emit(Event::Kind::upstream_failed, socket_->error
                                             ? fmt::format("error: {} {}", socket_->error_code,
                                                           std::strerror(socket_->error_code))
                                         : socket_->eof         ? "error: FIN"
                                         : socket_->ended_early ? "error: end of the response"
                                                                : "timeout");
      return finalize(502);
    case Relay::Verdict::broken:
    case Relay::Verdict::client_failed:
      return finalize(kError);
  }
}

}  // namespace badgate::proxy
