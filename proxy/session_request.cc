// Session: from the first byte of a request to its being passed on
// (ngx_http_wait_request_handler, ngx_http_process_request_line,
// ngx_http_read_client_request_body).
#include <fmt/core.h>

#include <cerrno>
#include <utility>

#include "net/http1_uri.h"
#include "proxy/access_record.h"
#include "proxy/session.h"
#include "proxy/ssl_log.h"

namespace badgate::proxy {

void Session::read_head() {
  const auto got = client_.connection.read(worker_.scratch());
  if (got.state == net::Transfer::State::again) return;
  if (got.state != net::Transfer::State::done) return head_ended(got);
  if (got.bytes < worker_.scratch().size() && !client_.ending) client_.readable = false;
  const std::string_view bytes(worker_.scratch().data(), got.bytes);
  if (phase_ != Phase::head) begin_request(false);
  parse(bytes);
}

// The connection ended where a request, or more of it, was waited for.
void Session::head_ended(const net::Transfer& got) {
  auto& log = client_.log;
  const bool fin = got.state == net::Transfer::State::end;
  if (phase_ == Phase::keepalive) {
    if (fin) {
      log.write_bare(Level::info,
                     fmt::format("client {} closed keepalive connection", log.client()));
    } else if (got.code != ECONNRESET) {
      log_failed_call(log, client_.connection, cycle_->rules, Level::info, got.code, "recv()",
                      "SSL_read()");
    }
    return close();
  }
  note_partial_line();
  if (!fin) {
    log_failed_call(log, client_.connection, cycle_->rules, Level::info, got.code, "recv()",
                    "SSL_read()");
  } else {
    log.write(Level::info, phase_ == Phase::waiting ? "client closed connection"
                                                    : "client prematurely closed connection");
  }
  if (phase_ == Phase::waiting) return close();
  client_.error = true;
  finalize(400);
}

// The logs show as much of the request line as has come.
void Session::note_partial_line() {
  if (phase_ == Phase::head && parser_.head().request_line.empty()) {
    parser_.head().request_line = parser_.partial_line();
  }
}

// ngx_http_create_request. `pipelined`: its first bytes have come with the last one's.
void Session::begin_request(bool pipelined) {
  if (phase_ == Phase::keepalive) client_.read_timer.cancel();
  phase_ = Phase::head;
  ++client_.requests;
  notes_logged_ = 0;
  discarded_ = false;
  parser_.reset(pipelined);
  request_ = std::make_shared<Request>();
  request_->cycle = cycle_;
  request_->server = &address_.default_server();
  request_->location = &request_->server->own;
  request_->head = &parser_.head();
  request_->version = parser_.head().version;
  request_->started = worker_.loop.now();
  request_->pipelined = pipelined;
  client_.output.begin();
  client_.pipelined = false;
  watch_closed_ = false;
  client_.log.use(cycle_->error_log);
  client_.log.begin_request(parser_.head(), request_->server->settings.server_name());
}

// `bytes` may be client_.input's; what is left of them ends up there.
void Session::parse(std::string_view bytes) {
  const auto step = parser_.feed(bytes);
  client_.input.assign(bytes.substr(step.consumed));
  client_.log.set_action(parser_.action());
  log_notes();
  switch (step.state) {
    case net::http1::RequestParser::State::need_more:
      if (!client_.read_timer.armed()) {
        client_.read_timer.set(request_->server->settings.client_header_timeout);
      }
      return;
    case net::http1::RequestParser::State::error:
      return refuse_head();
    case net::http1::RequestParser::State::done:
      return process_request();
  }
}

void Session::log_notes() {
  for (; notes_logged_ < parser_.notes().size(); ++notes_logged_)
    client_.log.write(Level::info, parser_.notes()[notes_logged_].text);
}

void Session::refuse_head() {
  const auto& error = parser_.error();
  if (!error.note.text.empty()) {
    const Level level = error.note.level == net::http1::LogLevel::error  ? Level::error
                        : error.note.level == net::http1::LogLevel::warn ? Level::warn
                                                                         : Level::info;
    client_.log.write(level, error.note.text);
  }
  choose_server();
  request_->version = parser_.head().version;
  request_->lingering_close = error.lingering_close;
  client_.read_timer.cancel();
  finalize(error.status);
}

// ngx_http_set_virtual_server
void Session::choose_server() {
  const ServerConf& server = address_.find(parser_.head().host);
  if (&server == request_->server) return;
  request_->server = &server;
  request_->location = &server.own;
  client_.log.begin_request(parser_.head(), server.settings.server_name());
}

// ngx_http_process_request, ngx_http_handler
void Session::process_request() {
  const auto& head = parser_.head();
  client_.read_timer.cancel();
  if (address_.ssl && client_.connection.tls() == nullptr) {
    client_.log.write(Level::info, "client sent plain HTTP request to HTTPS port");
    return finalize(497);
  }
  client_.log.set_action({});
  choose_server();
  request_->parsed = true;
  request_->version = head.version;
  request_->keepalive = head.keepalive;
  request_->lingering_close = head.chunked || head.content_length.value_or(0) > 0;
  if (worker_.on_event) {
    Event event{.kind = Event::Kind::request_received, .at = {}};
    event.connection = client_.log.connection();
    event.detail = head.request_line;
    worker_.emit(std::move(event));
  }
  choose_location();
}

// ngx_http_core_find_config_phase
void Session::choose_location() {
  const auto& head = parser_.head();
  const auto found = request_->server->find(head.path);
  const auto& location = *found.location;
  if (location.internal && !request_->internal) {
    request_->location = &location;
    return finalize(404);
  }
  enter_location(location);
  if (!discarded_ && body_too_large()) {
    parser_.head().expect_continue = false;
    static_cast<void>(discard_body());
    return finalize(413);
  }
  if (!found.redirect) return run_phases();
  redirect_ = net::http1::escape_uri(location.path);
  if (!head.args.empty()) redirect_ += "?" + head.args;
  finalize(301);
}

// ngx_http_update_location_config
void Session::enter_location(const LocationConf& location) {
  request_->location = &location;
  request_->pass = &location.pass;
  request_->keepalive = request_->keepalive && location.keepalive_timeout > net::Duration::zero() &&
                        client_.requests < location.keepalive_requests &&
                        worker_.loop.now() - accepted_ <= std::chrono::hours(1);
}

// The phases after the location is known: rewrite, preaccess, content.
void Session::run_phases() {
  const auto& location = *request_->location;
  if (location.returned.status != 0) {
    const int rc = answer_return();
    if (rc != kDone) finalize(rc);
    return;
  }
  const bool limited = !location.rate_limits.empty() || !location.connection_limits.empty();
  if (limited && !within_limits()) return;
  start_body();
}

// ngx_http_proxy_eval
bool Session::evaluate_pass() {
  const auto record = access_record(*request_, client_, worker_.loop);
  auto pass = request_->location->pass_variables->evaluate(record, cycle_->rules.join_headers);
  if (!pass) {
    client_.log.write(Level::error, pass.error().message);
    return false;
  }
  request_->own_pass = std::make_unique<const ProxyPass>(std::move(*pass));
  request_->pass = request_->own_pass.get();
  return true;
}

bool Session::body_too_large() {
  const auto max = request_->location->client_max_body_size;
  const auto length = parser_.head().content_length.value_or(0);
  if (max == 0 || length <= 0 || static_cast<std::uint64_t>(length) <= max) return false;
  client_.log.write(Level::error,
                    fmt::format("client intended to send too large body: {} bytes", length));
  return true;
}

// ngx_http_read_client_request_body
void Session::start_body() {
  const auto& head = parser_.head();
  const auto& settings = *request_->location;
  if (settings.pass_variables && !evaluate_pass()) return finalize(500);
  // A redirect does not read it again.
  if (phase_ != Phase::head || discarded_) return start_upstream();
  request_->body_reader.begin(head, settings.client_max_body_size);
  if (head.expect_continue && !send_continue()) return finalize(500);
  if (request_->body_reader.complete()) return start_upstream();
  const auto& passing = settings.pass_settings();
  const bool framed = !head.chunked || !settings.fastcgi_pass.empty() ||
                      settings.upstream_version == net::http1::version_11;
  const bool streams = !passing.request_buffering && passing.pass_request_body && framed;
  const auto buffer = body_buffer();
  request_->body.begin(buffer, settings.client_body_temp_path);
  phase_ = Phase::body;
  request_->streams_body = streams;
  read_body(streams ? buffer : kBodyTurn);
}

// How much of the body nginx holds in memory: what fitted into the buffer of the head, and one
// buffer beside it; or all of a body that is not more than a quarter larger than that. Of a body
// that is not buffered so much is read before a server is asked.
std::size_t Session::body_buffer() const {
  const auto& head = parser_.head();
  const auto& server = request_->server->settings;
  const std::size_t head_buffer = head.length <= server.client_header_buffer_size
                                      ? server.client_header_buffer_size
                                      : server.large_client_header_buffers.size;
  const auto preread =
      std::min(client_.input.size(), head_buffer - std::min(head_buffer, head.length));
  const auto size = request_->location->client_body_buffer_size;
  const auto length =
      static_cast<std::uint64_t>(std::max<std::int64_t>(head.content_length.value_or(0), 0));
  const bool fits = !head.chunked && length < preread + size + size / 4;
  return fits ? static_cast<std::size_t>(length) : preread + size;
}

// ngx_http_test_expect
bool Session::send_continue() {
  parser_.head().expect_continue = false;
  constexpr std::string_view text = "HTTP/1.1 100 Continue\r\n\r\n";
  const auto moved = client_.connection.write(text);
  if (moved.state == net::Transfer::State::error) {
    client_.log.connection_error(Level::info, moved.code, "send() failed");
  }
  client_.output.count_sent(moved.bytes);
  if (moved.bytes == text.size()) return true;
  client_.error = true;
  return false;
}

void Session::read_body(std::size_t turn) {
  int refusal = 0;
  const auto progress =
      request_->body_reader.read(client_.connection, client_.input, worker_.scratch(), turn,
                                 client_.log, [&](std::string_view bytes) {
                                   if (refusal == 0 && !store_body(bytes)) refusal = 500;
                                 });
  if (progress.state == ClientBody::State::error) {
    refusal = progress.status;
    client_.error = client_.error || progress.client_gone;
    if (progress.lingering) request_->lingering_close = true;
  }
  if (refusal != 0) return finalize(refusal);
  switch (progress.state) {
    case ClientBody::State::complete:
      client_.read_timer.cancel();
      request_->streams_body = false;  // there is nothing left to stream
      if (!store_body({})) return finalize(500);
      return start_upstream();
    case ClientBody::State::again:
    case ClientBody::State::full:
    case ClientBody::State::error:
      client_.read_timer.set(request_->location->client_body_timeout);
      if (!request_->streams_body) return;
      request_->reading_body = true;
      return start_upstream();
  }
}

// Without bytes: that was all.
bool Session::store_body(std::string_view bytes) {
  auto& body = request_->body;
  const bool was_in_file = body.file() != nullptr;
  const auto stored = bytes.empty() ? body.finish() : body.append(bytes);
  if (!was_in_file && (body.file() != nullptr || !stored)) body_file_ = worker_.next_temp_file();
  if (!stored) {
    const auto& error = stored.error();
    client_.log.write(Level::crit,
                      fmt::format("{}() \"{}\" failed", error.message, body_file_name()),
                      error.code);
    return false;
  }
  if (!was_in_file && body.file() != nullptr) {
    client_.log.write(Level::warn,
                      "a client request body is buffered to a temporary file " + body_file_name());
  }
  return true;
}

// What nginx would have called it; ours has no name.
std::string Session::body_file_name() const {
  const auto& folder = request_->location->client_body_temp_path;
  return fmt::format("{}/{:010}", folder.empty() ? "client_body_temp" : folder, body_file_);
}

void Session::start_upstream() {
  phase_ = Phase::upstream;
  if (!client_.input.empty()) watch_closed_ = false;
  if (upstream_) request_->past.push_back(std::exchange(upstream_, nullptr));
  upstream_ = std::allocate_shared<UpstreamRequest>(
      PoolAllocator<UpstreamRequest>(worker_.upstream_requests), worker_, *request_, client_,
      UpstreamRequest::Callbacks{
          .end = [this](int rc) { finalize(rc); },
          .redirect = [this](const std::string& uri) { accel_redirect(uri); },
          .settle = [this] { update_watch(); }});
  upstream_->start();
  update_watch();
}

}  // namespace badgate::proxy
