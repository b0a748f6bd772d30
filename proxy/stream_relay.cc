#include "proxy/stream_relay.h"

#include <cerrno>

#include "proxy/ssl_log.h"

namespace badgate::proxy {

StreamRelay::StreamRelay(Request& request, Client& client, UpstreamSocket& upstream,
                         BodyFilter& filter, EventPipe::Buffer head)
    : request_(request),
      client_(client),
      upstream_(upstream),
      filter_(filter),
      buffer_(std::move(head)),
      preread_size_(buffer_.end - buffer_.begin) {}

Relay::Verdict StreamRelay::on_upstream(bool timed_out) {
  if (!started_) {
    started_ = true;
    // What came with the head goes out at once, and so does the head alone.
    if (preread_size_ == 0) {
      buffer_.begin = buffer_.end = 0;
      if (client_.output.flush() == ClientOutput::Result::error) {
        client_.error = true;
        return Verdict::client_failed;
      }
    } else {
      buffer_.end = buffer_.begin;
      if (!filter(preread_size_)) return Verdict::broken;
      return on_client(false);
    }
  }
  client_.log.set_action("reading upstream");
  if (timed_out) {
    client_.log.connection_error(Level::error, ETIMEDOUT, "upstream timed out");
    return Verdict::cut;
  }
  return process(false);
}

Relay::Verdict StreamRelay::on_client(bool timed_out) {
  client_.log.set_action("sending to client");
  if (timed_out) {
    client_.log.connection_error(Level::info, ETIMEDOUT, "client timed out");
    return Verdict::client_failed;
  }
  return process(true);
}

Relay::Verdict StreamRelay::process(bool do_write) {
  do_write = do_write || filter_.length() == 0;
  while (true) {
    if (do_write) {
      const Verdict verdict = write();
      if (verdict != Verdict::going) return verdict;
    }
    const std::size_t size = buffer_.space();
    if (size == 0 || !upstream_.readable) break;
    const auto got = upstream_.connection.read(buffer_.memory.from(buffer_.end));
    upstream_.note(got);
    if (got.state == net::Transfer::State::again) break;
    if (got.state == net::Transfer::State::end) upstream_.eof = true;
    if (got.state == net::Transfer::State::error) {
      upstream_.error = true;
      upstream_.error_code = got.code;
      log_failed_call(client_.log, upstream_.connection, request_.cycle->rules, Level::error,
                      got.code, "recv()", "SSL_read()");
    }
    if (got.bytes > 0 && !filter(got.bytes)) return Verdict::broken;
    do_write = true;
  }
  set_timers();
  return Verdict::going;
}

Relay::Verdict StreamRelay::write() {
  if (!pieces_.empty() || client_.output.buffered()) {
    std::vector<BodyPiece> batch;
    batch.reserve(pieces_.size());
    for (const auto piece : pieces_) {
      batch.push_back({.memory = piece});
      handed_ += piece.size();
    }
    pieces_.clear();
    if (client_.output.send_body(batch, ClientOutput::Push::flush) == ClientOutput::Result::error) {
      client_.error = true;
      return Verdict::client_failed;
    }
  }
  if (!all_written()) return Verdict::going;
  if (filter_.length() == 0 || (upstream_.eof && filter_.length() == -1)) {
    return Verdict::complete;
  }
  if (upstream_.eof) {
    client_.log.write(Level::error, "upstream prematurely closed connection");
    return Verdict::cut;
  }
  upstream_.ended_early = filter_.failed();
  if (upstream_.error || filter_.failed()) return Verdict::cut;
  buffer_.begin = buffer_.end = 0;
  return Verdict::going;
}

// The next `size` bytes behind buffer_.end have come.
bool StreamRelay::filter(std::size_t size) {
  read_length_ += size;
  const std::string_view bytes(buffer_.memory.data() + buffer_.end, size);
  buffer_.end += size;
  return filter_.feed(bytes, pieces_, client_.log);
}

void StreamRelay::set_timers() {
  if (client_.output.buffered() && !client_.output.writable()) {
    client_.write_timer.set(request_.location->send_timeout);
  } else {
    client_.write_timer.cancel();
  }
  if (wants_upstream() && !upstream_.readable) {
    upstream_.read_timer.set(request_.pass_settings().read_timeout);
  } else {
    upstream_.read_timer.cancel();
  }
}

}  // namespace badgate::proxy
