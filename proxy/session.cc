#include "proxy/session.h"

#include <cerrno>

namespace badgate::proxy {

Session::Session(Worker& worker, net::Connection connection, const net::Address& listening,
                 std::size_t address, Places::Place place, std::function<void(Session&)> on_closed)
    : worker_(worker),
      on_closed_(std::move(on_closed)),
      cycle_(worker.cycle),
      address_(cycle_->addresses[address]),
      local_(listening),
      client_(
          worker.loop, std::move(connection),
          RequestLog(worker.loop, worker.next_connection(), {}, listening.to_string()),
          [this] { on_read_timeout(); }, [this] { on_write_timeout(); }),
      parser_(address_.default_server().request_rules),
      idle_since_(worker.next_idle()),
      place_(std::move(place)),
      accepted_(worker.loop.now()) {}

Session::~Session() = default;

void Session::start() {
  client_.log.set_client(client_.connection.peer().host());
  client_.log.use(cycle_->error_log);
  phase_ = address_.ssl ? Phase::handshaking : Phase::waiting;
  client_.log.set_action(address_.ssl ? "SSL handshaking" : "waiting for request");
  if (local_.is_wildcard()) local_ = client_.connection.local();
  client_.local_host = local_.host();
  client_.local_port = local_.port();
  Event event{.kind = Event::Kind::client_accepted, .at = {}};
  event.connection = client_.log.connection();
  worker_.emit(event);
  client_.connection.on_ready([this](net::Ready ready) { on_ready(ready); });
  client_.read_timer.set(address_.default_server().settings.client_header_timeout);
  update_watch();
}

void Session::on_ready(net::Ready ready) {
  if (ready.read || ready.closed) {
    client_.readable = true;
    client_.ending = ready.closed;
    on_readable();
  }
  if (ready.write && phase_ != Phase::closed) on_writable();
  update_watch();
}

void Session::on_readable() {
  switch (phase_) {
    case Phase::handshaking:
      return read_hello();
    case Phase::waiting:
    case Phase::head:
    case Phase::keepalive:
      return read_head();
    case Phase::body:
      return read_body(kBodyTurn);
    case Phase::upstream:
      if (upstream_->tunnelling()) return upstream_->client_readable();
      if (upstream_->wants_client_body()) return upstream_->client_body_readable();
      return check_client();
    case Phase::delayed:
      return check_client();
    case Phase::writing:
      return discarding_ ? read_discarded() : check_client();
    case Phase::discarding:
      return read_discarded();
    case Phase::lingering:
      return read_lingering();
    case Phase::closed:
      return;
  }
}

void Session::on_writable() {
  if (phase_ == Phase::handshaking) return read_hello();
  client_.output.set_writable();
  if (phase_ == Phase::upstream) return upstream_->client_writable();
  if (phase_ != Phase::writing) return;
  // ngx_http_writer
  const auto result = client_.output.send();
  if (result == ClientOutput::Result::error) {
    client_.error = true;
    return finalize(kError);
  }
  if (result == ClientOutput::Result::again) {
    client_.write_timer.set(request_->location->send_timeout);
    return;
  }
  finalize(kOk);
}

void Session::on_read_timeout() {
  switch (phase_) {
    case Phase::handshaking:
    case Phase::waiting:
    case Phase::head:
      note_partial_line();
      client_.log.write(Level::info, "client timed out", ETIMEDOUT);
      close_request(phase_ == Phase::head ? 408 : 0);
      break;
    case Phase::body:
      finalize(408);
      break;
    case Phase::upstream:
      upstream_->client_body_timed_out();
      break;
    case Phase::writing:
    case Phase::discarding:
      client_.error = true;
      finalize(kError);
      break;
    case Phase::keepalive:
    case Phase::lingering:
      close_request(0);
      break;
    case Phase::delayed:
    case Phase::closed:
      break;
  }
  update_watch();
}

void Session::on_write_timeout() {
  if (phase_ == Phase::upstream) {
    upstream_->client_write_timed_out();
  } else if (phase_ == Phase::delayed) {
    end_delay();
  } else if (phase_ == Phase::writing) {
    client_.log.write(Level::info, "client timed out", ETIMEDOUT);
    finalize(408);
  }
  update_watch();
}

// Level-triggered reading as long as all that can come is wanted or would be news. Once the client
// has sent something that must wait, only its closing is watched for.
void Session::update_watch() {
  if (phase_ == Phase::closed) return;
  if (phase_ == Phase::upstream && upstream_->tunnelling()) {
    return client_.connection.watch(upstream_->client_interest());
  }
  net::Ready interest;
  switch (phase_) {
    case Phase::handshaking:
      interest = {.read = true};
      if (client_.connection.tls() != nullptr) interest = client_.connection.handshake_interest();
      return client_.connection.watch(interest);
    case Phase::upstream:
      if (request_->reading_body && !upstream_->ended() && !request_->header_sent) {
        interest.read = upstream_->wants_client_body();
        interest.closed =
            !upstream_->request_sent() && !request_->pass_settings().ignore_client_abort;
      } else if (!request_->pass_settings().ignore_client_abort) {
        interest.read = !watch_closed_;
        interest.closed = watch_closed_;
      }
      break;
    case Phase::delayed:
    case Phase::writing:
      interest.read = !watch_closed_;
      interest.closed = watch_closed_;
      break;
    default:
      interest.read = true;
      break;
  }
  interest.write = client_.output.buffered();
  client_.connection.watch(interest);
}

void Session::shut_down() {
  if (!request_) return close();
  client_.error = true;
  terminate(0);
}

void Session::close_idle() {
  if (idle()) close();
}

}  // namespace badgate::proxy
