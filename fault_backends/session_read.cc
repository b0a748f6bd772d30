// Session: reading requests, waiting for them, and throwing away what is not wanted.
#include <fmt/core.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "fault_backends/fpm_script.h"
#include "fault_backends/session.h"

namespace badgate::fault_backends {
namespace {

using State = net::Transfer::State;
constexpr std::size_t kReadSize = 64 * 1024;

}  // namespace

void Session::read_request() {
  if (!exchange_ && !await_request()) return;
  if (!pass()) return;
  using Reading = RequestReader::Reading;
  switch (reader_.reading()) {
    case Reading::complete:
      request_complete();
      break;
    case Reading::reading:
      read_some();
      break;
    case Reading::refused:
      refuse_request();
  }
}

// True once the first byte of a request is there.
bool Session::await_request() {
  take_kept_byte();
  if (speaks_fastcgi()) skip_stdin_end();
  // With TLS what the kernel holds need not be a request.
  if (carry_.empty() && (connection_.tls() != nullptr || unread() == 0)) {
    std::array<char, 1> nothing;
    const auto transfer = connection_.read(nothing);
    if (transfer.state == State::done) {
      carry_.assign(nothing.data(), 1);  // it arrived between the two calls
    } else if (transfer.state == State::again) {
      wait_idle();
      return false;
    } else {
      read_ended(transfer);
      return false;
    }
  }
  begin_exchange();
  return true;
}

// What php-fpm has left unread of the request before: its empty STDIN.
void Session::skip_stdin_end() {
  std::array<char, net::fastcgi::header_size> bytes;
  const auto seen = ::recv(connection_.fd(), bytes.data(), bytes.size(), MSG_PEEK | MSG_DONTWAIT);
  if (seen != static_cast<ssize_t>(bytes.size())) return;
  const auto header = net::fastcgi::parse_header({bytes.data(), bytes.size()});
  const bool ends = header->type == static_cast<std::uint8_t>(net::fastcgi::Type::stdin_data) &&
                    header->content_length == 0 && header->padding_length == 0;
  if (ends) (void)connection_.read(bytes);
}

void Session::begin_exchange() {
  idle_timer_.cancel();
  idle_pending_.clear();
  plan_ = host_.plan();
  exchange_ = Exchange();
  exchange_->number = last_request_ = host_.number_request();
  exchange_->reused = requests_++ > 0;
  for (std::size_t i = 0; i < plan_->faults().size(); ++i) {
    const auto kind = plan_->faults()[i].point.kind;
    if (kind >= Point::Kind::request_bytes && kind < Point::Kind::idle) {
      exchange_->pending.push_back(i);
    }
  }
}

void Session::request_complete() {
  Exchange& exchange = *exchange_;
  ++host_.counts().requests;
  const auto size = reader_.body_size();
  host_.tell(fmt::format("reads request {}: {} {}{} on connection {}", exchange.number,
                         reader_.method(), reader_.uri(),
                         size > 0 ? fmt::format(", {} body bytes,", size) : "", number_));
  note_missed();
  if (FpmPool* fpm = host_.fpm()) {
    fpm->request_begins(number_, {std::string(reader_.method()), std::string(reader_.uri()),
                                  path_of_script(reader_.fastcgi()->param("SCRIPT_FILENAME"))});
  }
  if (WorkerPool* pool = host_.workers()) exchange.pools.push_back(pool);
  std::erase_if(exchange.pending, [&](std::size_t i) {
    if (plan_->faults()[i].action.kind != Action::Kind::work) return false;
    if (!strikes(i)) return true;
    exchange.pools.push_back(&plan_->pool(i));
    exchange.extra_service += draw(i);
    return true;
  });
  phase_ = Phase::admitting;
}

void Session::refuse_request() {
  host_.tell(fmt::format("cannot read request {} on connection {}", exchange_->number, number_));
  if (const auto* request = reader_.fastcgi()) {
    end(Ending::close, request->error().empty() ? "aborted" : request->error());
    return;
  }
  Response response = make_error(400, {.keepalive = false});
  response.ending = Ending::drain;
  exchange_->pending.clear();
  exchange_->stream.emplace(std::move(response));
  phase_ = Phase::writing;
}

// How far may be read before a fault has to be asked.
std::size_t Session::read_limit() const {
  std::uint64_t limit = std::min(kReadSize, reader_.wanted());
  for (const auto i : exchange_->pending) {
    const Point& point = plan_->faults()[i].point;
    if (point.kind == Point::Kind::request_bytes) {
      limit = std::min(limit, point.offset - exchange_->received);
    } else if (point.kind == Point::Kind::request_head && !reader_.has_head()) {
      limit = 1;  // where the head ends is known only when it has been read
    }
  }
  if (read_pace_) limit = std::min(limit, read_pace_->budget);
  return static_cast<std::size_t>(limit);
}

void Session::read_some() {
  if (!pace_allows(read_pace_)) return;
  const auto limit = read_limit();
  if (!carry_.empty()) {
    const auto piece = std::string(carry_, 0, limit);
    carry_.erase(0, piece.size());
    feed(piece);
    return;
  }
  std::array<char, kReadSize> buffer;
  const auto into = std::span(buffer).first(limit);
  const auto transfer = keeps_last_byte() ? read_keeping_last(into) : connection_.read(into);
  switch (transfer.state) {
    case State::done:
      feed({buffer.data(), transfer.bytes});
      break;
    case State::again:
      watching_peer_ = false;
      connection_.watch({.read = true});
      waiting_ = true;
      break;
    default:
      read_ended(transfer);
  }
}

void Session::feed(std::string_view bytes) {
  const auto used = reader_.feed(bytes);
  exchange_->received += used;
  if (read_pace_) read_pace_->budget -= used;
  if (used < bytes.size()) carry_.insert(0, bytes.substr(used));
}

// The peer has closed or reset the connection, between requests or in the middle of one.
void Session::read_ended(const net::Transfer& transfer) {
  const auto how = transfer.state == State::end ? std::string("closes")
                                                : fmt::format("breaks ({}: {})", transfer.code,
                                                              std::strerror(transfer.code));
  if (exchange_) {
    host_.tell(fmt::format("connection {}: the peer {} after {} request bytes", number_, how,
                           exchange_->received));
  } else {
    host_.tell(fmt::format("connection {}: the peer {}", number_, how));
  }
  finish();
}

// ---- a unix socket knows no RST, but a peer whose bytes are left unread gets ECONNRESET. So where
// ---- a reset may come, the last byte of the request stays in the kernel until it is known.

bool Session::keeps_last_byte() const {
  if (speaks_fastcgi()) return false;  // the empty STDIN stays there
  if (connection_.tls() != nullptr || connection_.local().family() != AF_UNIX) return false;
  return std::any_of(plan_->faults().begin(), plan_->faults().end(), [](const Fault& fault) {
    return fault.action.kind == Action::Kind::reset || fault.action.kind == Action::Kind::alter ||
           fault.action.ending == Ending::reset;
  });
}

net::Transfer Session::read_keeping_last(std::span<char> into) {
  take_kept_byte();
  const auto seen = ::recv(connection_.fd(), into.data(), into.size(), MSG_PEEK);
  if (seen <= 1) {
    const auto transfer = connection_.read(into.first(1));
    return transfer;
  }
  kept_byte_ = true;
  auto transfer = connection_.read(into.first(static_cast<std::size_t>(seen) - 1));
  if (transfer.state == State::done) ++transfer.bytes;
  return transfer;
}

void Session::take_kept_byte() {
  if (!std::exchange(kept_byte_, false)) return;
  std::array<char, 1> byte;
  (void)connection_.read(byte);
}

// ---- idle

void Session::wait_idle() {
  watching_peer_ = false;
  connection_.watch({.read = true});
  waiting_ = true;
  if (requests_ == 0 || idle_timer_.armed()) return;
  plan_ = host_.plan();
  idle_since_ = loop_.now();
  idle_pending_.clear();
  for (std::size_t i = 0; i < plan_->faults().size(); ++i) {
    if (plan_->faults()[i].point.kind == Point::Kind::idle) idle_pending_.push_back(i);
  }
  std::stable_sort(idle_pending_.begin(), idle_pending_.end(), [&](std::size_t a, std::size_t b) {
    return plan_->faults()[a].action.time < plan_->faults()[b].action.time;
  });
  if (idle_pending_.empty()) return;
  idle_timer_ = loop_.at(idle_since_ + plan_->faults()[idle_pending_.front()].action.time,
                         [this] { idle_timer_fired(); });
}

void Session::idle_timer_fired() {
  const auto fault = idle_pending_.front();
  idle_pending_.erase(idle_pending_.begin());
  if (strikes(fault)) {
    if (plan_->faults()[fault].action.kind == Action::Kind::close) connection_.close_notify();
    perform(fault);
    if (phase_ != Phase::reading) {
      resume();
      return;
    }
  }
  if (idle_pending_.empty()) return;
  idle_timer_ = loop_.at(idle_since_ + plan_->faults()[idle_pending_.front()].action.time,
                         [this] { idle_timer_fired(); });
}

// ---- after our FIN

void Session::drain() {
  std::array<char, kReadSize> buffer;
  const auto transfer = connection_.read(buffer);
  if (transfer.state == State::done) return;
  if (transfer.state == State::again) {
    watching_peer_ = false;
    connection_.watch({.read = true});
    waiting_ = true;
    return;
  }
  finish();
}

}  // namespace badgate::fault_backends
