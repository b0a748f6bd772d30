// Session: the end of a request: error pages, what is left to send or to hear, the access log, and
// what becomes of the connection (ngx_http_finalize_request and what it calls).
#include <fmt/core.h>

#include <cerrno>
#include <utility>

#include "proxy/access_record.h"
#include "proxy/error_page.h"
#include "proxy/response_head.h"
#include "proxy/session.h"

namespace badgate::proxy {
namespace {

using namespace std::chrono_literals;
constexpr net::Duration kLingeringTime = 30s;    // lingering_time
constexpr net::Duration kLingeringTimeout = 5s;  // lingering_timeout
constexpr std::size_t kLingeringTurn = 1 << 20;  // bytes heard before the others get their turn

}  // namespace

void Session::finalize(int rc) {
  if (phase_ == Phase::closed) return;
  if (rc == kError || rc == 408 || rc == 444 || rc == 499 || client_.error) return terminate(rc);
  if (rc >= 300) {
    client_.read_timer.cancel();
    client_.write_timer.cancel();
    const int outcome = special_response(rc);
    if (outcome != kDone) finalize(outcome);
    return;
  }
  if (client_.output.buffered()) {
    // ngx_http_set_write_handler
    phase_ = Phase::writing;
    client_.write_timer.set(request_->location->send_timeout);
    return;
  }
  client_.read_timer.cancel();
  client_.write_timer.cancel();
  request_->complete = true;
  finish_connection();
}

// ngx_http_terminate_request
void Session::terminate(int rc) {
  if (rc > 0 && (request_->status == 0 || client_.output.sent() == 0)) request_->status = rc;
  if (upstream_) upstream_->abandon();
  client_.output.discard();
  close_request(rc);
}

// ngx_http_special_response_handler. Returns what it comes to: kOk or kError; kDone: the request
// goes on elsewhere.
int Session::special_response(int status) {
  auto& request = *request_;
  request.err_status = status;
  if (!request.error_page && !request.location->error_pages.empty() && request.uri_changes != 0) {
    if (!request.location->recursive_error_pages) request.error_page = true;
    if (const ErrorPageConf* page = request.location->find_error_page(status)) {
      const auto flags = error_page(status, cycle_->settings.nginx_version);
      if (flags.closes_connection) request.keepalive = false;
      if (flags.no_lingering) request.lingering_close = false;
      return go_to_error_page(*page, status);
    }
  }
  return send_error_page(status);
}

int Session::send_error_page(int status) {
  const auto& head = parser_.head();
  std::optional<std::string_view> agent;
  if (const auto* header = net::http1::find_header(head.headers, "User-Agent")) {
    agent = header->value;
  }
  const bool http_09 = request_->version < net::http1::version_10;
  auto page = error_page(status, request_->cycle->settings.nginx_version, agent, http_09);
  if (page.closes_connection) request_->keepalive = false;
  if (page.no_lingering) request_->lingering_close = false;
  if (!discard_body()) request_->keepalive = false;
  ResponseMeta meta;
  meta.status = page.status;
  meta.content_type = page.content_type;
  meta.content_length = static_cast<std::int64_t>(page.body.size());
  meta.location = std::exchange(redirect_, {});
  request_->err_status = page.status;
  return send_response(std::move(meta), page.body);
}

// A response of the proxy's own. Returns what it comes to.
int Session::send_response(ResponseMeta meta, std::string_view body) {
  auto text = compose_response_head(*request_, client_, std::move(meta), worker_.loop);
  if (!request_->header_only) text += body;
  if (client_.output.send_head(std::move(text), ClientOutput::Push::flush) ==
      ClientOutput::Result::error) {
    client_.error = true;
    return kError;
  }
  return kOk;
}

// ---- a body that nobody wants: ngx_http_discard_request_body

// False: it cannot even be read over.
bool Session::discard_body() {
  const auto& head = parser_.head();
  if (phase_ != Phase::head || discarded_) return true;  // it was read, as far as it was wanted
  if (!head.chunked && head.content_length.value_or(0) <= 0) return true;
  discarded_ = true;
  request_->body_reader.begin(head, 0, false);
  const auto progress =
      request_->body_reader.read(client_.connection, client_.input, worker_.scratch(),
                                 kLingeringTurn, client_.log, [](std::string_view) {});
  if (progress.state == ClientBody::State::error) return progress.client_gone;
  // nginx counts down what is left; a server that is asked for the error page hears of that.
  if (head.content_length) {
    const auto left =
        *head.content_length - static_cast<std::int64_t>(request_->body_reader.received());
    parser_.head().content_length = std::max<std::int64_t>(left, 0);
  }
  discarding_ = progress.state != ClientBody::State::complete;
  if (!discarding_) request_->lingering_close = false;
  return true;
}

void Session::read_discarded() {
  if (phase_ == Phase::discarding && worker_.loop.now() >= lingering_until_) {
    discarding_ = false;
    request_->lingering_close = false;
    return finalize(kError);
  }
  const auto progress =
      request_->body_reader.read(client_.connection, client_.input, worker_.scratch(),
                                 kLingeringTurn, client_.log, [](std::string_view) {});
  switch (progress.state) {
    case ClientBody::State::error:
      client_.error = true;
      return finalize(kError);
    case ClientBody::State::complete:
      discarding_ = false;
      request_->lingering_close = false;
      if (phase_ == Phase::discarding) finish_connection();
      return;
    case ClientBody::State::again:
    case ClientBody::State::full:
      if (phase_ == Phase::discarding) {
        client_.read_timer.set(
            std::min<net::Duration>(lingering_until_ - worker_.loop.now(), kLingeringTimeout));
      }
      return;
  }
}

// ---- the client while it should be silent

// ngx_http_upstream_rd_check_broken_connection, ngx_http_test_reading
void Session::check_client() {
  if (!client_.connection.peer_closed()) {
    client_.pipelined = true;
    watch_closed_ = true;
    return;
  }
  client_.eof = true;
  const int error = client_.connection.take_error();
  if (phase_ == Phase::upstream) return upstream_->client_closed(error);
  client_.error = true;
  client_.log.write(Level::info, "client prematurely closed connection", error);
  finalize(499);
}

// ---- after the response: ngx_http_finalize_connection

void Session::finish_connection() {
  const auto& settings = *request_->location;
  if (discarding_) {
    phase_ = Phase::discarding;
    lingering_until_ = worker_.loop.now() + kLingeringTime;
    client_.read_timer.set(kLingeringTimeout);
    return;
  }
  if (client_.eof) return close_request(0);
  if (request_->reading_body) {
    request_->keepalive = false;
    request_->lingering_close = true;
  }
  if (request_->keepalive && !request_->cycle->exiting &&
      settings.keepalive_timeout > net::Duration::zero()) {
    return set_keepalive();
  }
  const bool more = !client_.input.empty() || client_.pipelined || any_pipelined_;
  if (request_->lingering_close || more || (client_.readable && client_.connection.has_input())) {
    return set_lingering();
  }
  close_request(0);
}

// ngx_http_set_keepalive
void Session::set_keepalive() {
  client_.log.set_action("closing request");
  const auto timeout = request_->location->keepalive_timeout;
  end_request();
  watch_closed_ = false;
  phase_ = Phase::keepalive;
  idle_since_ = worker_.next_idle();
  if (!client_.input.empty()) {
    client_.log.set_action("reading client pipelined request line");
    any_pipelined_ = true;
    // Not from inside here: a long row of pipelined requests would pile up on the stack.
    soon_ = worker_.loop.soon([this] {
      begin_request(true);
      const std::string input = std::move(client_.input);
      parse(input);
      update_watch();
    });
    return;
  }
  client_.log.set_action("keepalive");
  client_.read_timer.set(timeout);
}

// ngx_http_set_lingering_close
void Session::set_lingering() {
  lingering_until_ = worker_.loop.now() + kLingeringTime;
  phase_ = Phase::lingering;
  watch_closed_ = false;
  client_.input.clear();
  // What is heard from now on is thrown away, and need not be decrypted.
  client_.connection.close_notify();
  client_.connection.stop_tls();
  client_.connection.shutdown_write();
  client_.read_timer.set(kLingeringTimeout);
}

void Session::read_lingering() {
  const auto now = worker_.loop.now();
  if (now >= lingering_until_) return close_request(0);
  for (std::size_t heard = 0; heard < kLingeringTurn;) {
    const auto got = client_.connection.read(worker_.scratch());
    if (got.state == net::Transfer::State::again) break;
    if (got.state != net::Transfer::State::done) return close_request(0);
    heard += got.bytes;
  }
  client_.read_timer.set(std::min<net::Duration>(lingering_until_ - now, kLingeringTimeout));
}

// ---- the record

// ngx_http_free_request
void Session::end_request() {
  log_access();
  client_.log.end_request();
  client_.output.discard();
  request_->slots.clear();
  worker_.retire(std::exchange(request_, nullptr), std::exchange(upstream_, nullptr));
}

void Session::log_access() {
  const auto record = access_record(*request_, client_, worker_.loop);
  request_->cycle->access_log.write(record);
  if (worker_.on_event) {
    Event event{.kind = Event::Kind::response_finished, .at = {}};
    event.connection = client_.log.connection();
    event.detail = fmt::format("{:03}", record.status);
    event.bytes = record.bytes_sent - std::min(record.bytes_sent, record.header_size);
    worker_.emit(std::move(event));
  }
}

void Session::close_request(int rc) {
  if (request_) {
    if (rc > 0 && (request_->status == 0 || client_.output.sent() == 0)) request_->status = rc;
    if (upstream_) upstream_->abandon();
    log_access();
  }
  close();
}

// The upstream and the request stay until the session goes: this may be called from inside them.
void Session::close() {
  if (phase_ == Phase::closed) return;
  phase_ = Phase::closed;
  if (request_) request_->slots.clear();
  place_.reset();
  client_.read_timer.cancel();
  client_.write_timer.cancel();
  soon_.cancel();
  if (!client_.error) client_.connection.close_notify();
  client_.connection.close();
  on_closed_(*this);
}

}  // namespace badgate::proxy
