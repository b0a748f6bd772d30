#include "proxy/event_pipe.h"

#include <sys/uio.h>

#include <array>
#include <cerrno>

#include "proxy/ssl_log.h"

namespace badgate::proxy {
namespace {

constexpr std::size_t kMaxChain = 32;  // buffers filled with one system call
constexpr std::size_t kAllocateAtOnce = 4;

// A head that fills its buffer to the last byte leaves no room to read into: nginx then reads 0
// bytes as soon as there is something, and takes that for the end.
net::Transfer read_nothing(const net::Connection& connection) {
  if (!connection.has_input()) return {.state = net::Transfer::State::again};
  return {.state = net::Transfer::State::end};
}

}  // namespace

EventPipe::EventPipe(Worker& worker, Request& request, Client& client, UpstreamSocket& upstream,
                     BodyFilter& filter, Buffer head)
    : worker_(worker), request_(request), client_(client), upstream_(upstream), filter_(filter) {
  // The bytes behind the head count as if they were read now.
  preread_size_ = head.end - head.begin;
  head.end = head.begin;
  buffers_.push_back(std::make_unique<Buffer>(std::move(head)));
  preread_ = buffers_.back().get();
}

EventPipe::~EventPipe() {
  for (const auto& buffer : buffers_)
    worker_.buffers.give_back(std::move(buffer->memory));
}

Relay::Verdict EventPipe::on_upstream(bool timed_out) {
  client_.log.set_action("reading upstream");
  if (timed_out) {
    error_ = true;
    client_.log.connection_error(Level::error, ETIMEDOUT, "upstream timed out");
  } else if (!run(false)) {
    return Verdict::broken;
  }
  return verdict();
}

Relay::Verdict EventPipe::on_client(bool timed_out) {
  client_.log.set_action("sending to client");
  if (timed_out) {
    client_failed_ = true;
    client_.log.connection_error(Level::info, ETIMEDOUT, "client timed out");
  } else if (!run(true)) {
    return Verdict::broken;
  }
  return verdict();
}

// ngx_http_upstream_process_request
Relay::Verdict EventPipe::verdict() {
  if (ended()) {
    if (done_ || (eof_ && filter_.length() == -1)) return Verdict::complete;
    if (eof_) client_.log.write(Level::error, "upstream prematurely closed connection");
    return Verdict::cut;
  }
  return client_failed_ ? Verdict::client_failed : Verdict::going;
}

// ngx_event_pipe
bool EventPipe::run(bool do_write) {
  while (true) {
    if (do_write) {
      client_.log.set_action("sending to client");
      write_to_client();
    }
    read_ = false;
    upstream_blocked_ = false;
    client_.log.set_action("reading upstream");
    if (!read_upstream()) return false;
    if (!read_ && !upstream_blocked_) break;
    do_write = true;
  }
  set_timers();
  return true;
}

void EventPipe::set_timers() {
  if (wants_upstream()) {
    upstream_.read_timer.set(request_.pass_settings().read_timeout);
  } else {
    upstream_.read_timer.cancel();
  }
  if (!client_.output.writable()) {
    client_.write_timer.set(request_.location->send_timeout);
  } else {
    client_.write_timer.cancel();
  }
}

// ---- from the upstream: ngx_event_pipe_read_upstream

bool EventPipe::read_upstream() {
  if (ended()) return true;
  while (!ended()) {
    std::size_t size = 0;
    if (preread_ != nullptr) {
      chain_.assign(1, std::exchange(preread_, nullptr));
      size = preread_size_;
      if (size > 0) read_ = true;
    } else {
      if (!upstream_.readable) break;
      bool stop = false;
      if (!next_chain(stop)) return false;
      if (stop || !receive(size)) break;
    }
    read_length_ += size;
    if (!distribute(size)) return false;
  }
  return finish_reading();
}

// Chooses the buffers to read into. False: broken. `stop`: there are none now.
bool EventPipe::next_chain(bool& stop) {
  if (free_.empty() && allocated_ < request_.pass_settings().buffers.number) allocate();
  if (free_.empty()) {
    if (client_.output.writable()) {
      upstream_blocked_ = true;
      stop = true;
      return true;
    }
    switch (save_to_file()) {
      case Saved::failed:
        return false;
      case Saved::nothing:
        stop = true;
        return true;
      case Saved::done:
        break;
    }
  }
  chain_.swap(free_);
  free_.clear();
  return true;
}

// Reads into the chain. False: nothing came; the chain is free again.
bool EventPipe::receive(std::size_t& size) {
  std::array<iovec, kMaxChain> into;
  std::size_t count = 0;
  std::size_t space = 0;
  for (Buffer* buffer : chain_) {
    if (count == kMaxChain) break;
    if (buffer->space() == 0) continue;
    into[count++] = {buffer->memory.data() + buffer->end, buffer->space()};
    space += buffer->space();
  }
  const auto got = space > 0 ? upstream_.connection.readv(std::span(into).first(count))
                             : read_nothing(upstream_.connection);
  upstream_.note(got);
  switch (got.state) {
    case net::Transfer::State::done:
      read_ = true;
      size = got.bytes;
      // A short read that completes the body: nginx does not ask the socket again.
      if (got.bytes < space && filter_.length() >= 0 &&
          static_cast<std::int64_t>(chain_.front()->end - chain_.front()->begin + got.bytes) >=
              filter_.length()) {
        upstream_.readable = false;
      }
      return true;
    case net::Transfer::State::again:
      break;
    case net::Transfer::State::end:
      upstream_.eof = true;
      eof_ = true;
      read_ = true;
      break;
    case net::Transfer::State::error:
      upstream_.error = true;
      upstream_.error_code = got.code;
      error_ = true;
      log_failed_call(client_.log, upstream_.connection, request_.cycle->rules, Level::error,
                      got.code, "readv()", "SSL_read()");
      break;
  }
  chain_.swap(free_);
  chain_.clear();
  return false;
}

// Full buffers are filtered, the others stay to be filled.
bool EventPipe::distribute(std::size_t size) {
  while (!chain_.empty() && size > 0) {
    Buffer& buffer = *chain_.front();
    const std::size_t space = buffer.space();
    if (size < space) {
      buffer.end += size;
      break;
    }
    buffer.end += space;
    size -= space;
    chain_.erase(chain_.begin());
    if (!filter(buffer)) return false;
  }
  free_.insert(free_.begin(), chain_.begin(), chain_.end());
  chain_.clear();
  return true;
}

bool EventPipe::finish_reading() {
  if (!free_.empty() && filter_.length() != -1) {
    Buffer& first = *free_.front();
    if (static_cast<std::int64_t>(first.end - first.begin) >= filter_.length()) {
      free_.erase(free_.begin());
      if (!filter(first)) return false;
    }
  }
  if (filter_.length() == 0 || filter_.done()) {
    done_ = true;
    read_ = true;
  }
  if ((eof_ || error_) && !free_.empty()) {
    Buffer& first = *free_.front();
    free_.erase(free_.begin());
    if (!filter(first)) return false;
  }
  return true;
}

bool EventPipe::filter(Buffer& buffer) {
  const std::string_view bytes(buffer.memory.data() + buffer.begin, buffer.end - buffer.begin);
  auto& pieces = worker_.pieces;
  pieces.clear();
  if (!filter_.feed(bytes, pieces, client_.log)) return false;
  if (filter_.done()) done_ = true;
  if (filter_.failed()) {
    error_ = true;
    eof_ = false;
    upstream_.ended_early = true;
  }
  if (pieces.empty()) {
    add_free(buffer);
    return true;
  }
  for (const auto piece : pieces)
    in_.push_back({&buffer, piece, false});
  in_.back().last = true;
  return true;
}

void EventPipe::allocate() {
  const auto& bufs = request_.pass_settings().buffers;
  for (std::size_t i = 0; i < kAllocateAtOnce && allocated_ < bufs.number; ++i, ++allocated_) {
    buffers_.push_back(std::make_unique<Buffer>());
    buffers_.back()->memory = worker_.buffers.take(bufs.size);
    free_.push_back(buffers_.back().get());
  }
}

// ngx_event_pipe_add_free_buf: before the others, but behind one that is partly filled.
void EventPipe::add_free(Buffer& buffer) {
  buffer.begin = 0;
  buffer.end = 0;
  const bool first_is_empty = free_.empty() || free_.front()->begin == free_.front()->end;
  free_.insert(first_is_empty ? free_.begin() : free_.begin() + 1, &buffer);
}

}  // namespace badgate::proxy
