#include "proxy/upstream.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstring>

#include "net/tls.h"

namespace badgate::proxy {
namespace {

// ngx_event_connect_peer: what a synchronous failure of connect(2) is logged as.
Level connect_level(int error) {
  switch (error) {
    case ECONNREFUSED:
    case EAGAIN:
    case ECONNRESET:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
      return Level::error;
    default:
      return Level::crit;
  }
}

using Protocols = std::variant<std::monostate, HttpUpstream, FastcgiUpstream>;

UpstreamProtocol& begin_protocol(Protocols& protocols, Request& request) {
  if (request.pass->protocol == ProxyPass::Protocol::http)
    return protocols.emplace<HttpUpstream>(request);
  const auto& location = *request.location;
  request.fastcgi = location.fastcgi_split.names(request.head->path, location.fastcgi_index);
  return protocols.emplace<FastcgiUpstream>(request);
}

}  // namespace

UpstreamRequest::UpstreamRequest(Worker& worker, Request& request, Client& client,
                                 Callbacks callbacks)
    : worker_(worker),
      request_(request),
      client_(client),
      callbacks_(std::move(callbacks)),
      protocol_(begin_protocol(its_protocol_, request)),
      read_timer_(worker.loop, [this] { on_read_timeout(); }),
      write_timer_(worker.loop, [this] { on_write_timeout(); }) {}

UpstreamRequest::~UpstreamRequest() {
  worker_.buffers.give_back(std::move(buffer_.memory));
}

void UpstreamRequest::start() {
  auto head = protocol_.create_request(client_, worker_.loop);
  if (!head) {
    client_.log.write(Level::alert, head.error().message);
    return finalize(500);
  }
  head_ = std::move(*head);
  // A redirect is told by a state without a peer (ngx_http_upstream_init_request).
  if (!request_.states.empty()) request_.states.emplace_back().response_time = net::Duration{};
  if (request_.location->upstream != nullptr) return begin(*request_.location->upstream);
  find_upstream();
}

// ---- connecting: ngx_http_upstream_connect

void UpstreamRequest::connect() {
  client_.log.set_action("connecting to upstream");
  if (!request_.states.empty() && !request_.states.back().response_time) {
    request_.states.back().response_time = attempt_time();
  }
  request_.states.emplace_back();
  attempt_started_ = worker_.loop.now();
  failure_.clear();
  sent_ = 0;

  const Server* server = selection_->get(worker_.loop.wall());
  const std::string& peer = selection_->peer_name();
  client_.log.set_upstream(protocol_.schema(), peer, protocol_.uri());
  if (server == nullptr) {
    request_.states.back().peer = peer;
    client_.log.write(Level::error, "no live upstreams");
    return next(Reason::no_live);
  }
  peer_held_ = true;
  cached_ = false;
  if (!open(*server)) return;
  request_.states.back().peer = peer;
  begin_attempt();
  if (connection_->connection.connecting()) {
    write_timer_.set(request_.pass_settings().connect_timeout);
    return update_watch();
  }
  established();
  if (!ended_) update_watch();
}

// Takes a kept connection or begins a new one. False: it could not, and that has been dealt with.
bool UpstreamRequest::open(const Server& server) {
  if (auto kept = upstream_->pool.take(server.address)) {
    connection_ = std::move(*kept);
    cached_ = true;
    emit(Event::Kind::upstream_reused);
    return true;
  }
  auto place = take_place();
  if (!place) return false;
  emit(Event::Kind::upstream_connect);
  auto connection = net::Connection::connect(worker_.loop, server.address,
                                             {.bind = request_.pass_settings().bind});
  if (!connection) {
    open_failed(connection.error());
    return false;
  }
  worker_.next_connection();
  connection_ = KeptConnection{std::move(*connection), worker_.loop.now(), 0, std::move(place)};
  return true;
}

// ngx_event_connect_peer: first a descriptor, then a connection.
std::optional<Places::Place> UpstreamRequest::take_place() {
  if (worker_.places.out_of_descriptors()) {
    open_failed({"socket", EMFILE});
    return std::nullopt;
  }
  auto place = worker_.take_place();
  if (!place) {
    client_.log.write(Level::alert,
                      fmt::format("{} worker_connections are not enough", worker_.places.limit()));
    finalize(500);
  }
  return place;
}

void UpstreamRequest::open_failed(const net::Error& error) {
  failure_ = fmt::format("{} {}", error.code, std::strerror(error.code));
  if (error.message != "connect") {
    // Nothing of the server's: nginx gives up.
    const bool bind = error.message == "bind";
    const std::string what =
        bind ? fmt::format("bind({}) failed", request_.pass_settings().bind->host())
             : error.message + "() failed";
    client_.log.write(bind ? Level::crit : Level::alert, what, error.code);
    return finalize(500);
  }
  auto& state = request_.states.back();
  state.peer = selection_->peer_name();
  client_.log.write(connect_level(error.code), fmt::format("connect() to {} failed", state.peer),
                    error.code);
  next(Reason::error);
}

void UpstreamRequest::begin_attempt() {
  ++connection_->requests;
  connection_->connection.on_ready([this](net::Ready ready) { on_ready(ready); });
  socket_.emplace(UpstreamSocket{connection_->connection, read_timer_});
  if (request_sent_ || response_received_) protocol_.reset();
  keepalive_ = false;
  handshaking_ = false;
  request_sent_ = false;
  request_body_sent_ = false;
  response_received_ = false;
  write_blocked_ = false;
  buffer_.begin = buffer_.end = 0;
}

void UpstreamRequest::on_ready(net::Ready ready) {
  if (ended_ || !connection_) return;
  if (tunnel_) {
    handle(tunnel_->upstream_ready(ready));
    if (!ended_) update_watch();
    return callbacks_.settle();
  }
  const auto attempt = request_.states.size();
  if (handshaking_) {
    shake_hands();
  } else if (ready.read) {
    socket_->set_readable();
    if (relay_) {
      handle(relay_->on_upstream(false));
    } else {
      process_header();
    }
  }
  // Reading may have ended this attempt and begun another one.
  const bool same = !ended_ && connection_ && attempt == request_.states.size();
  if (ready.write && same && !request_body_sent_ && !handshaking_) {
    if (relay_) {
      write_blocked_ = false;  // the response is on its way: the rest of the request is dropped
    } else {
      established();
    }
  }
  if (!ended_) update_watch();
  callbacks_.settle();
}

// ---- another attempt or the end: ngx_http_upstream_next

void UpstreamRequest::next(Reason reason) {
  auto& log = client_.log;
  if (peer_held_) {
    peer_held_ = false;
    request_.states.back().bytes_sent = sent_;
    emit(Event::Kind::upstream_failed, reason == Reason::timeout || failure_.empty()
                                           ? std::string(to_string(reason))
                                           : fmt::format("{}: {}", to_string(reason), failure_));
    if (selection_->free(peer_state_of(reason), worker_.loop.wall())) {
      log.write(Level::warn, "upstream server temporarily disabled");
    }
    log.forget_address();
  }
  if (reason == Reason::timeout) log.write(Level::error, "upstream timed out", ETIMEDOUT);
  if (earns_extra_try(reason, cached_)) selection_->add_try();
  const auto& settings = request_.pass_settings();
  const auto decision = decide_next({.reason = reason,
                                     .allowed = settings.next_upstream,
                                     // nginx asks the next one behind a response under way, too,
                                     // and then gives up: "header already sent".
                                     .tries_left = relay_ ? 0 : selection_->tries(),
                                     .request_sent = request_sent_,
                                     .method = request_.head->method,
                                     .body_streamed = request_.streams_body,
                                     .elapsed = worker_.loop.now() - first_started_,
                                     .timeout = settings.next_upstream_timeout,
                                     .client_gone = client_.error});
  if (decision.attempt_status != 0) request_.states.back().status = decision.attempt_status;
  if (!decision.try_next) return finalize(decision.status);
  emit(Event::Kind::next_upstream);
  close_connection();
  connect();
}

void UpstreamRequest::close_connection() {
  read_timer_.cancel();
  write_timer_.cancel();
  socket_.reset();
  if (connection_) connection_->connection.close();
  connection_.reset();
}

// ---- the end: ngx_http_upstream_finalize_request

void UpstreamRequest::finalize(int rc) {
  if (ended_) return;
  ended_ = true;
  lookup_.reset();
  record_attempt();
  free_peer();
  if (connection_) connection_->connection.close_notify();
  close_connection();
  if (rc == kDone) return;
  client_.log.set_action("sending to client");
  finish_client(rc);
}

void UpstreamRequest::record_attempt() {
  if (request_.states.empty()) return;
  auto& state = request_.states.back();
  if (state.response_time) return;
  state.response_time = attempt_time();
  if (relay_) {
    state.bytes_received += relay_->read_after_head();
    state.response_length = relay_->read_length();
    emit(Event::Kind::upstream_done, {}, relay_->read_length());
  }
  if (tunnel_) {
    state.bytes_received += tunnel_->received();
    sent_ += tunnel_->sent();
    emit(Event::Kind::upstream_done, {}, tunnel_->received());
  }
  if (connection_) state.bytes_sent = sent_;
}

// ngx_http_upstream_free_keepalive_peer, and the balancer's.
void UpstreamRequest::free_peer() {
  if (!peer_held_) return;
  peer_held_ = false;
  if (connection_ && socket_ && relay_) keepalive_ = relay_->keepalive();
  if (connection_ && socket_ && keepalive_ && request_body_sent_ && !socket_->eof &&
      !socket_->error && !request_.cycle->exiting) {
    const bool silent = socket_->drained;
    socket_.reset();
    if (net::Tls* tls = connection_->connection.tls()) tls->on_session(nullptr);
    upstream_->pool.keep(std::move(*connection_), silent);
    connection_.reset();
  }
  selection_->free(PeerState::ok, worker_.loop.wall());
}

// What the client still gets; then the session goes on.
void UpstreamRequest::finish_client(int rc) {
  if (!request_.header_sent || rc == 408 || rc == 499) return callbacks_.end(rc);
  const bool flush = rc >= 300;
  if (flush) rc = kError;
  if (request_.header_only || client_.error) return callbacks_.end(rc);
  auto result = ClientOutput::Result::done;
  if (rc == kOk) {
    result = client_.output.finish();
  } else if (flush) {
    request_.keepalive = false;
    result = client_.output.flush();
    rc = kOk;
  }
  if (result == ClientOutput::Result::error) {
    client_.error = true;
    rc = kError;
  }
  callbacks_.end(rc);
}

void UpstreamRequest::abandon() {
  finalize(kDone);
}

// ---- the client's side

// ngx_http_upstream_check_broken_connection
void UpstreamRequest::client_closed(int error) {
  if (ended_) return;
  client_.error = true;
  emit(Event::Kind::client_closed);
  constexpr std::string_view text =
      "epoll_wait() reported that client prematurely closed connection";
  if (!connection_) {
    client_.log.write(Level::info, text, error);
  } else {
    client_.log.write(Level::info, fmt::format("{}, so upstream connection is closed too", text),
                      error);
  }
  finalize(499);
}

void UpstreamRequest::client_writable() {
  if (ended_) return;
  if (relay_) handle(relay_->on_client(false));
  if (tunnel_) handle(tunnel_->client_ready({.write = true}));
  if (!ended_) update_watch();
}

void UpstreamRequest::client_readable() {
  handle(tunnel_->client_ready({.read = true}));
  if (!ended_) update_watch();
}

void UpstreamRequest::client_write_timed_out() {
  if (ended_) return;
  if (tunnel_) return handle(tunnel_->client_timed_out());
  if (relay_) handle(relay_->on_client(true));
}

// ---- sockets and events

void UpstreamRequest::update_watch() {
  if (!connection_) return;
  auto& connection = connection_->connection;
  net::Ready interest;
  if (connection.connecting()) {
    interest.write = true;
  } else if (tunnel_) {
    interest = tunnel_->upstream_interest();
  } else if (handshaking_) {
    interest = connection.handshake_interest();
  } else {
    interest.read = relay_ ? relay_->wants_upstream() : true;
    interest.write = write_blocked_ && !relay_;
  }
  connection.watch(interest);
}

void UpstreamRequest::emit(Event::Kind kind, std::string detail, std::uint64_t bytes) const {
  if (!worker_.on_event) return;
  Event event{.kind = kind, .at = {}};
  event.connection = client_.log.connection();
  const Server* server = selection_ ? selection_->current() : nullptr;
  if (server != nullptr) event.server = server->address;
  event.detail = std::move(detail);
  event.bytes = bytes;
  worker_.emit(std::move(event));
}

}  // namespace badgate::proxy
