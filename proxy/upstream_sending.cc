// UpstreamRequest: sending the request (ngx_http_upstream_send_request and what it calls).
#include <fmt/core.h>

#include <cstring>

#include "proxy/ssl_log.h"
#include "proxy/upstream.h"

namespace badgate::proxy {
void UpstreamRequest::send_request(bool do_write) {
  auto& state = request_.states.back();
  // A connect that fails is noticed by nginx's read event, before it sets the time.
  const bool no_news = cached_ || connection_->connection.tls() != nullptr;
  if (no_news && !state.connect_time) state.connect_time = attempt_time();
  if (!request_sent_ && !test_connect()) return next(Reason::error);
  if (!state.connect_time) {
    state.connect_time = attempt_time();
    emit(Event::Kind::upstream_connected);
  }
  client_.log.set_action("sending request to upstream");
  int refusal = 0;
  const Sent sent =
      request_.streams_body ? send_streamed_body(refusal, do_write) : send_body(refusal, do_write);
  if (refusal != 0) return finalize(refusal);
  switch (sent) {
    case Sent::failed:
      return next(Reason::error);
    case Sent::again:
      if (write_blocked_) {
        write_timer_.set(request_.pass_settings().send_timeout);
      } else {
        write_timer_.cancel();  // waits for the client's body, which has its own timeout
      }
      return;
    case Sent::ok:
      return request_complete();
  }
}

void UpstreamRequest::request_complete() {
  write_timer_.cancel();
  if (request_body_sent_) return;
  request_body_sent_ = true;
  emit(Event::Kind::upstream_sent, {}, sent_);
  if (request_.header_sent) return;
  read_timer_.set(request_.pass_settings().read_timeout);
  if (socket_->readable) process_header();
}

// ngx_http_upstream_test_connect. A kept connection is not asked here: what it would say, its first
// write says.
bool UpstreamRequest::test_connect() {
  const int error = cached_ ? 0 : connection_->connection.take_error();
  if (error != 0) connect_failed(error);
  return error == 0;
}

void UpstreamRequest::connect_failed(int error) {
  request_sent_ = false;
  failure_ = fmt::format("{} {}", error, std::strerror(error));
  client_.log.set_action("connecting to upstream");
  client_.log.connection_error(Level::error, error, "connect() failed");
}

// ngx_http_upstream_send_request_body
UpstreamRequest::Sent UpstreamRequest::send_body(int& refusal, bool) {
  const bool pass_body = request_.pass_settings().pass_request_body;
  if (!request_sent_) {
    request_sent_ = true;
    out_ = head_;
    out_done_ = 0;
    file_at_ = 0;
    const bool in_file = pass_body && request_.body.file() != nullptr;
    if (!in_file && pass_body) protocol_.append_body(out_, request_.body.memory());
    if (!in_file) protocol_.append_body_end(out_);
  }
  Sent sent = write_out();
  while (sent == Sent::ok && pass_body && request_.body.file() != nullptr &&
         file_at_ < request_.body.file()->size()) {
    if (!load_from_file()) {
      refusal = 500;
      return Sent::failed;
    }
    sent = write_out();
  }
  write_blocked_ = sent == Sent::again;
  return sent;
}

bool UpstreamRequest::load_from_file() {
  out_.clear();
  out_done_ = 0;
  const auto piece = worker_.scratch();
  const auto& file = *request_.body.file();
  const auto n = file.read_at(file_at_, piece);
  if (n && *n > 0) {
    file_at_ += *n;
    protocol_.append_body(out_, {piece.data(), *n});
    if (file_at_ >= file.size()) protocol_.append_body_end(out_);
    return true;
  }
  client_.log.write(Level::crit, "pread() failed", n ? 0 : n.error().code);
  return false;
}

UpstreamRequest::Sent UpstreamRequest::send_streamed_body(int& refusal, bool do_write) {
  if (!request_sent_) {
    request_sent_ = true;
    // What was read before a server was asked goes along with the head.
    out_ = head_;
    out_done_ = 0;
    take_client_body(request_.body.memory());
    do_write = true;
  }
  Sent sent = Sent::again;
  while (true) {
    if (do_write) {
      sent = write_out();
      if (sent == Sent::failed) return sent;
      write_blocked_ = sent == Sent::again;
      if (sent == Sent::ok && !request_.reading_body) break;
    }
    const bool more = request_.reading_body && read_client_body(refusal);
    if (refusal != 0) return Sent::again;
    if (!more) {
      sent = Sent::again;
      break;
    }
    do_write = true;
  }
  return sent;
}

bool UpstreamRequest::wants_client_body() const {
  return !ended_ && request_.reading_body && request_sent_ &&
         out_.size() - out_done_ < request_.location->client_body_buffer_size;
}

// ngx_http_read_unbuffered_request_body. True: there is more to write, perhaps only the end.
bool UpstreamRequest::read_client_body(int& refusal) {
  const auto& settings = *request_.location;
  if (!wants_client_body()) {
    client_.read_timer.cancel();
    return false;
  }
  const std::size_t before = out_.size();
  const auto progress = request_.body_reader.read(
      client_.connection, client_.input, worker_.scratch(), settings.client_body_buffer_size,
      client_.log, [this](std::string_view bytes) { take_client_body(bytes); });
  switch (progress.state) {
    case ClientBody::State::error:
      refusal = progress.status;
      client_.error = client_.error || progress.client_gone;
      request_.lingering_close = request_.lingering_close || progress.lingering;
      return false;
    case ClientBody::State::complete:
      protocol_.append_body_end(out_);
      request_.reading_body = false;
      client_.read_timer.cancel();
      return true;
    case ClientBody::State::again:
      client_.read_timer.set(settings.client_body_timeout);
      break;
    case ClientBody::State::full:
      break;
  }
  return out_.size() > before;
}

void UpstreamRequest::take_client_body(std::string_view bytes) {
  if (!bytes.empty()) protocol_.append_body(out_, bytes);
}

UpstreamRequest::Sent UpstreamRequest::write_out() {
  while (out_done_ < out_.size()) {
    const auto moved = connection_->connection.write(std::string_view(out_).substr(out_done_));
    if (moved.state == net::Transfer::State::again) return Sent::again;
    if (moved.state != net::Transfer::State::done && cached_ && sent_ == 0) {
      connect_failed(moved.code);
      return Sent::failed;
    }
    if (moved.state != net::Transfer::State::done) {
      failure_ = fmt::format("{} {}", moved.code, std::strerror(moved.code));
      log_failed_call(client_.log, connection_->connection, request_.cycle->rules, Level::error,
                      moved.code, "writev()", "SSL_write()");
      socket_->error = true;
      return Sent::failed;
    }
    out_done_ += moved.bytes;
    sent_ += moved.bytes;
  }
  out_.clear();
  out_done_ = 0;
  return Sent::ok;
}

void UpstreamRequest::client_body_readable() {
  if (ended_ || !connection_ || connection_->connection.connecting()) return;
  send_request(false);
  if (!ended_) update_watch();
}

void UpstreamRequest::client_body_timed_out() {
  if (!ended_) finalize(408);
}

}  // namespace badgate::proxy
