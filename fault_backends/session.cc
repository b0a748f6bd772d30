#include "fault_backends/session.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "fault_backends/fpm_script.h"
#include "fault_backends/network_fault.h"

namespace badgate::fault_backends {

Session::Session(Host& host, net::Connection connection, std::uint64_t number)
    : host_(host),
      loop_(host.loop()),
      connection_(std::move(connection)),
      number_(number),
      plan_(host.plan()),
      reader_(host.settings().protocol, [this](std::string_view bytes) {
        const auto limit = host_.settings().answer.echo ? kEchoLimit : plan_->body_to_keep();
        if (exchange_->body.size() + bytes.size() <= limit) {
          exchange_->body += bytes;
        } else {
          exchange_->body_kept = false;
        }
      }) {
  connection_.on_ready([this](net::Ready) { on_ready(); });
  for (std::size_t i = 0; i < plan_->faults().size(); ++i) {
    const auto kind = plan_->faults()[i].point.kind;
    if (kind == Point::Kind::accept || kind == Point::Kind::handshake) accept_pending_.push_back(i);
  }
}

Session::~Session() {
  if (cut_off_) vanish(connection_);
}

void Session::begin() {
  advance();
}

void Session::advance() {
  while (!waiting_)
    step();
}

void Session::resume() {
  if (phase_ == Phase::over || phase_ == Phase::stalled) return;
  waiting_ = false;
  written_this_turn_ = 0;
  advance();
}

void Session::step() {
  switch (phase_) {
    case Phase::accepted:
      if (!settles_first() && pass()) {
        phase_ = expects_hello() ? Phase::handshaking : Phase::reading;
      }
      break;
    case Phase::handshaking:
      shake_hands();
      break;
    case Phase::reading:
      read_request();
      break;
    case Phase::admitting:
      admit();
      break;
    case Phase::application:
      if (pass()) phase_ = Phase::calling;
      break;
    case Phase::calling:
      call();
      break;
    case Phase::serving:
      serve();
      break;
    case Phase::answering:
      answer();
      break;
    case Phase::writing:
      write_response();
      break;
    case Phase::sent:
      after_response();
      break;
    case Phase::tunnel:
      talk();
      break;
    case Phase::draining:
      drain();
      break;
    case Phase::stalled:
    case Phase::over:
      waiting_ = true;
      break;
  }
}

// A reset on accept comes when the client has noticed that it is connected, as it does between two
// processes: in the same turn the client would see its connect fail.
bool Session::settles_first() {
  const auto resets = [&](std::size_t i) {
    const Fault& fault = plan_->faults()[i];
    return fault.point.kind == Point::Kind::accept && fault.action.kind == Action::Kind::reset;
  };
  if (settled_ || std::none_of(accept_pending_.begin(), accept_pending_.end(), resets)) {
    return false;
  }
  settled_ = true;
  wait_for({});
  return true;
}

// ---- the application

void Session::admit() {
  auto& pools = exchange_->pools;
  if (pools.empty()) {
    work();
    return;
  }
  WorkerPool& pool = *pools.front();
  pools.erase(pools.begin());
  WorkerPool::Slot slot;
  const auto before = pool.waiting();
  const auto entry = pool.enter(slot, [this] { timer_ = loop_.soon([this] { resume(); }); });
  if (entry == WorkerPool::Entry::granted || entry == WorkerPool::Entry::queued) {
    exchange_->slots.push_back(std::move(slot));
  }
  switch (entry) {
    case WorkerPool::Entry::granted:
      break;
    case WorkerPool::Entry::queued:
      host_.tell(
          fmt::format("request {} waits for a worker, {} before it", exchange_->number, before));
      watch_peer();
      waiting_ = true;
      break;
    case WorkerPool::Entry::full:
      host_.record(
          fmt::format("request {} is turned away: {} workers are busy and {} requests wait",
                      exchange_->number, pool.busy(), before));
      exchange_->error_status = pool.workers().overflow_status;
      phase_ = Phase::answering;
      if (exchange_->error_status == 0) end(Ending::close, "overload: queue full");
      break;
    case WorkerPool::Entry::out_of_memory:
      host_.exit(fmt::format("out of memory at request {}: {} requests of {} bytes, limit {}",
                             exchange_->number, pool.busy() + before + 1,
                             pool.workers().memory_per_request, pool.workers().memory_limit),
                 pool.workers().restart_after);
      break;
  }
}

void Session::work() {
  ++host_.counts().executed;
  host_.tell(fmt::format("executes request {}", exchange_->number));
  phase_ = Phase::application;
}

void Session::call() {
  phase_ = Phase::serving;
  const Settings& settings = host_.settings();
  if (!settings.calls) return;
  host_.tell(fmt::format("request {} asks {}", exchange_->number, settings.calls_name));
  watch_peer();
  waiting_ = true;
  call_.emplace(loop_, *settings.calls, settings.calls_timeout, [this](std::string why_not) {
    call_.reset();
    const auto& name = host_.settings().calls_name;
    if (why_not.empty()) {
      host_.tell(fmt::format("request {} has its answer from {}", exchange_->number, name));
    } else {
      host_.record(
          fmt::format("request {} has no answer from {}: {}", exchange_->number, name, why_not));
      exchange_->error_status = host_.settings().calls_failed_status;
    }
    resume();
  });
}

void Session::serve() {
  phase_ = Phase::answering;
  auto time = host_.draw_service_time() + exchange_->extra_service;
  if (FpmPool* fpm = host_.fpm()) time += compute_time(fpm->settings());
  if (time > net::Duration{}) wait_for(time);
}

Asked Session::asked() {
  const auto* fastcgi = reader_.fastcgi();
  const auto param = [&](std::string_view name) {
    return fastcgi == nullptr ? std::string() : std::string(fastcgi->param(name));
  };
  const bool php = host_.fpm() != nullptr;
  auto script = param("SCRIPT_FILENAME");
  return {.method = std::string(reader_.method()),
          .uri = std::string(reader_.uri()),
          .protocol = host_.settings().protocol,
          .php = php,
          .script = php ? path_of_script(script) : std::move(script),
          .script_name = param("SCRIPT_NAME"),
          .http10 = reader_.http10(),
          .keepalive = reader_.keepalive(),
          .body = std::move(exchange_->body),
          .body_kept = exchange_->body_kept};
}

void Session::answer() {
  Exchange& exchange = *exchange_;
  Response response;
  if (exchange.error_status != 0) {
    response = make_error(exchange.error_status, asked());
  } else {
    response = make_response(host_.settings().answer, asked());
    if (host_.settings().answer.echo && !response.asked.body_kept) {
      response = make_error(413, response.asked);
    }
    if (FpmPool* fpm = host_.fpm()) run_script(response, *fpm);
    for (const auto i : exchange.alterations) {
      const auto ending = response.ending;
      plan_->faults()[i].action.alter(response, plan_->rng(i));
      if (response.ending != ending) response.cause = plan_->faults()[i].name;
    }
  }
  begin_response(std::move(response));
}

// What is sent raw is not put into records either: it is what comes from something else there.
void Session::begin_response(Response response) {
  if (const auto* request = reader_.fastcgi(); request != nullptr && !response.raw)
    exchange_->framer.emplace(request->request_id(), response.records, response.head().size());
  exchange_->stream.emplace(std::move(response));
  phase_ = Phase::writing;
}

void Session::after_response() {
  if (!pass()) return;
  const Response& response = exchange_->stream->response();
  if (response.ending != Ending::keep) {
    connection_.close_notify();
    end(response.ending, std::string(response.cause));
    return;
  }
  exchange_.reset();
  reader_.reset();
  write_pace_.reset();
  read_pace_.reset();
  phase_ = Phase::reading;
}

// ---- waiting

void Session::on_ready() {
  if (!watching_peer_) {
    resume();
    return;
  }
  if (connection_.peer_closed()) peer_left();
}

// An application does not see that its client has left: it works on and finds out when it writes.
void Session::peer_left() {
  if (peer_gone_) return;
  peer_gone_ = true;
  host_.tell(fmt::format("connection {}: the peer has closed it", number_));
  connection_.watch({});
  if (phase_ == Phase::stalled) finish();
}

void Session::watch_peer() {
  watching_peer_ = true;
  connection_.watch(peer_gone_ ? net::Ready{} : net::Ready{.closed = true});
}

void Session::wait_for(net::Duration time) {
  watch_peer();
  waiting_ = true;
  timer_ = loop_.after(time, [this] { resume(); });
}

}  // namespace badgate::fault_backends
