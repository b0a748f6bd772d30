// Session: asking which faults strike at a point, and doing what they say.
#include <fmt/core.h>
#include <sys/ioctl.h>

#include <algorithm>

#include "fault_backends/network_fault.h"
#include "fault_backends/session.h"
#include "net/text.h"

namespace badgate::fault_backends {

// Asks every fault that is due here, one after the other, and does what those say that strike.
// False if the phase cannot go on: it has to wait, or it is another one now.
bool Session::pass() {
  const Phase phase = phase_;
  while (true) {
    auto& pending = exchange_ ? exchange_->pending : accept_pending_;
    const auto next = std::find_if(pending.begin(), pending.end(),
                                   [&](std::size_t i) { return due(plan_->faults()[i].point); });
    if (next == pending.end()) return true;
    const auto fault = *next;
    pending.erase(next);
    if (!strikes(fault)) continue;
    perform(fault);
    if (waiting_ || phase_ != phase) return false;
  }
}

// Whether the connection has come to this point, and not beyond it.
bool Session::due(const Point& point) const {
  const ResponseStream* stream =
      phase_ == Phase::writing && exchange_->stream ? &*exchange_->stream : nullptr;
  switch (point.kind) {
    case Point::Kind::accept:
      return phase_ == Phase::accepted;
    case Point::Kind::handshake:
      return phase_ == Phase::handshaking;
    case Point::Kind::request_bytes:
      return phase_ == Phase::reading && point.offset <= exchange_->received;
    case Point::Kind::request_head:
      return phase_ == Phase::reading && reader_.has_head();
    case Point::Kind::request_read:
      return phase_ == Phase::application;
    case Point::Kind::header_bytes:
      return stream != nullptr && point.offset <= stream->header_sent();
    case Point::Kind::header_sent:
      return stream != nullptr && stream->header_complete();
    case Point::Kind::body_bytes:
      return stream != nullptr && stream->header_complete() && stream->body_size() > 0 &&
             point.offset <= stream->body_sent();
    case Point::Kind::chunk:
      return stream != nullptr && stream->header_complete() && stream->chunked() &&
             point.offset <= stream->chunks_sent();
    case Point::Kind::response_sent:
      return phase_ == Phase::sent;
    default:
      return false;  // before the connection, or while it is idle
  }
}

bool Session::any_due() const {
  return std::any_of(exchange_->pending.begin(), exchange_->pending.end(),
                     [&](std::size_t i) { return due(plan_->faults()[i].point); });
}

// A point that lies beyond the end: the user should know that the fault did nothing.
void Session::note_missed() {
  for (const auto i : exchange_->pending) {
    const Fault& fault = plan_->faults()[i];
    const bool of_request = fault.point.kind == Point::Kind::request_bytes;
    const bool counts = of_request || fault.point.kind == Point::Kind::header_bytes ||
                        fault.point.kind == Point::Kind::body_bytes ||
                        fault.point.kind == Point::Kind::chunk;
    if (!counts || of_request != (phase_ == Phase::reading)) continue;
    host_.record(fmt::format("request {}: {} had nothing to strike at {}, {} is too short",
                             exchange_->number, fault.name, fault.point.offset,
                             of_request ? "the request" : "the response"));
  }
}

bool Session::strikes(std::size_t fault) {
  switch (plan_->faults()[fault].point.kind) {
    case Point::Kind::accept:
    case Point::Kind::handshake:
      return plan_->strikes(fault, number_, false, loop_.now());
    case Point::Kind::idle:
      return plan_->strikes(fault, last_request_, true, loop_.now());
    default:
      return plan_->strikes(fault, exchange_->number, exchange_->reused, loop_.now());
  }
}

net::Duration Session::draw(std::size_t fault) {
  const Action& action = plan_->faults()[fault].action;
  return action.sigma > 0 ? plan_->rng(fault).lognormal(action.time, action.sigma) : action.time;
}

void Session::perform(std::size_t index) {
  const auto plan = plan_;  // outlives whatever the action does to this session
  const Fault& fault = plan->faults()[index];
  switch (fault.action.kind) {
    case Action::Kind::close:
      end(Ending::close, fault.name);
      break;
    case Action::Kind::drain:
      end(Ending::drain, fault.name);
      break;
    case Action::Kind::reset:
      end(Ending::reset, fault.name);
      break;
    case Action::Kind::stall:
      end(Ending::stall, fault.name);
      break;
    case Action::Kind::delay: {
      const auto time = draw(index);
      record(fmt::format("waits {}", net::format_duration(time)), fault.name);
      wait_for(time);
      break;
    }
    case Action::Kind::drip:
      pace(fault);
      break;
    case Action::Kind::send:
      send_raw(fault);
      break;
    case Action::Kind::drop:
      lose_packets(fault);
      break;
    case Action::Kind::exit:
      host_.exit(fmt::format("{}, connection {}, {}", fault.name, number_, progress()),
                 fault.action.time);
      break;
    case Action::Kind::child_dies:
      child_dies(fault);
      break;
    case Action::Kind::master_dies:
      record("the master is killed", fault.name);
      host_.fpm()->kill_master();
      break;
    case Action::Kind::tunnel:
      open_tunnel(fault);
      break;
    case Action::Kind::alter:
      host_.record(
          fmt::format("request {}: the response is altered ({})", exchange_->number, fault.name));
      exchange_->alterations.push_back(index);
      break;
    default:
      break;  // those of a backend that does not listen, and of the network
  }
}

void Session::pace(const Fault& fault) {
  const Point::Kind kind = fault.point.kind;
  Pace pace{.bytes = std::max<std::uint64_t>(fault.action.bytes, 1), .time = fault.action.time};
  pace.budget = pace.bytes;
  pace.of_header = kind == Point::Kind::header_bytes;
  const bool reads = kind == Point::Kind::request_bytes || kind == Point::Kind::request_head;
  (reads ? read_pace_ : write_pace_) = pace;
  record(fmt::format("{} {} bytes each {}", reads ? "reads" : "sends", pace.bytes,
                     net::format_duration(pace.time)),
         fault.name);
}

// Whether there is something left of this moment's share; otherwise waits for the next one.
bool Session::pace_allows(std::optional<Pace>& pace) {
  if (!pace || pace->budget > 0) return true;
  pace->budget = pace->bytes;
  wait_for(pace->time);
  return false;
}

void Session::send_raw(const Fault& fault) {
  Response response;
  response.raw = fault.action.data;
  response.ending = fault.action.ending;
  response.cause = fault.name;
  record(fmt::format("sends {} bytes in place of the response", fault.action.data.size()),
         fault.name);
  if (!exchange_) exchange_ = Exchange();
  exchange_->stream.emplace(std::move(response));
  phase_ = Phase::writing;
}

// In a network that drops, what we sent would not arrive either: nothing is sent any more.
void Session::lose_packets(const Fault& fault) {
  const auto dropped = drop_packets(connection_);
  cut_off_ = dropped.has_value();
  record(dropped ? fmt::format("{} {}", *dropped, progress())
                 : fmt::format("packets cannot be dropped: {}", dropped.error().message),
         fault.name);
  phase_ = Phase::stalled;
  watch_peer();
  waiting_ = true;
}

// The child of a PHP-FPM that works on this connection.
void Session::child_dies(const Fault& fault) {
  const auto signal = static_cast<int>(fault.action.bytes);
  if (fault.action.time <= net::Duration{}) {
    die(signal, fault.name);
    return;
  }
  watch_peer();
  waiting_ = true;
  timer_ = loop_.after(fault.action.time, [this, signal, name = fault.name] { die(signal, name); });
}

void Session::die(int signal, const std::string& why) {
  host_.fpm()->child_dies(number_, signal);
  end(Ending::close, why);
}

// ---- ends

void Session::end(Ending ending, const std::string& why) {
  const auto when = progress();
  switch (ending) {
    case Ending::keep:
      return;
    case Ending::close:
      take_kept_byte();
      record(fmt::format("{} sent {}", close_now(), when), why);
      finish();
      return;
    case Ending::reset:
      record(fmt::format("{} sent {}", reset_now(), when), why);
      finish();
      return;
    case Ending::drain:
      take_kept_byte();
      connection_.shutdown_write();
      record(fmt::format("FIN sent {}", when), why);
      if (exchange_) exchange_->slots.clear();
      phase_ = Phase::draining;
      return;
    case Ending::stall:
      record(fmt::format("nothing more {}", when), why);
      phase_ = Phase::stalled;
      watch_peer();
      waiting_ = true;
      return;
  }
}

std::string Session::close_now() {
  const auto left = unread();
  connection_.close();
  // How many they are, with a large request, is the kernel's to decide: another number in each run.
  return left == 0 ? "FIN" : "RST (the kernel's: unread bytes)";
}

std::string Session::reset_now() {
  const bool is_unix = connection_.local().is_unix();
  const bool told = !is_unix || unread() > 0;
  connection_.reset();
  return told ? "RST" : "FIN (a unix socket knows no RST)";
}

std::string Session::kill() {
  if (phase_ == Phase::over) return {};
  take_kept_byte();
  const auto when = progress();
  auto what = cut_off_ ? fmt::format("connection {}: {}", number_,
                                     vanish(connection_) ? "gone without a word" : "RST sent")
                       : fmt::format("connection {}: {} sent {}", number_, close_now(), when);
  finish();
  return what;
}

void Session::finish() {
  if (phase_ == Phase::over) return;
  phase_ = Phase::over;
  waiting_ = true;
  timer_.cancel();
  idle_timer_.cancel();
  call_.reset();
  if (cut_off_) vanish(connection_);
  connection_.close();
  if (exchange_) exchange_->slots.clear();
  host_.over(number_);
}

std::size_t Session::unread() const {
  int bytes = 0;
  if (::ioctl(connection_.fd(), FIONREAD, &bytes) != 0 || bytes < 0) return 0;
  return static_cast<std::size_t>(bytes);
}

// Where in the life of the connection it is, for people.
std::string Session::progress() const {
  if (phase_ == Phase::accepted) return "on accept";
  if (phase_ == Phase::handshaking) return "in the TLS handshake";
  if (phase_ == Phase::tunnel) return "in the tunnel";
  if (!exchange_) return requests_ == 0 ? "before a request" : "while idle";
  if (const auto& stream = exchange_->stream) {
    if (!stream->header_complete() && !stream->response().raw) {
      return fmt::format("after {} of {} header bytes", stream->header_sent(),
                         stream->header_size());
    }
    if (stream->part() == ResponseStream::Part::end && stream->whole()) return "after the response";
    return fmt::format("after {} of {} body bytes", stream->body_sent(), stream->body_size());
  }
  if (phase_ == Phase::reading) return fmt::format("after {} request bytes", exchange_->received);
  return fmt::format("after reading request {}", exchange_->number);
}

void Session::record(const std::string& what, const std::string& why) {
  host_.record(fmt::format("connection {}: {} ({})", number_, what, why));
}

}  // namespace badgate::fault_backends
