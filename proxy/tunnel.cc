#include "proxy/tunnel.h"

#include <algorithm>
#include <cerrno>

namespace badgate::proxy {
namespace {

constexpr int kRounds = 64;  // buffers passed on at once; then the others get their turn

// Moves `way`'s bytes on by `taken`; an empty buffer is filled from its start again.
void consume(EventPipe::Buffer& buffer, std::size_t taken) {
  buffer.begin += taken;
  if (buffer.begin == buffer.end) buffer.begin = buffer.end = 0;
}

}  // namespace

Tunnel::Tunnel(Request& request, Client& client, UpstreamSocket& upstream,
               LazyTimer& upstream_write_timer, EventPipe::Buffer response)
    : request_(request),
      client_(client),
      upstream_(upstream),
      upstream_write_timer_(upstream_write_timer) {
  down_.buffer = std::move(response);
  const std::size_t early = client_.input.size();
  up_.buffer.memory = Memory(std::max<std::size_t>(request_.pass_settings().buffer_size, early));
  std::copy(client_.input.begin(), client_.input.end(), up_.buffer.memory.data());
  up_.buffer.end = early;
  client_.input.clear();
}

Tunnel::Verdict Tunnel::start() {
  client_.log.set_action("proxying upgraded connection");
  down_.blocked = true;
  if (!flush_head()) return Verdict::failed;
  return settle(pass_down(true) && pass_up(true));
}

Tunnel::Verdict Tunnel::client_ready(net::Ready ready) {
  if (ready.write && !flush_head()) return Verdict::failed;
  return settle((!ready.write || pass_down(false)) && (!ready.read || pass_up(true)));
}

Tunnel::Verdict Tunnel::upstream_ready(net::Ready ready) {
  if (ready.write) up_.blocked = false;
  return settle((!ready.read || pass_down(true)) && (!ready.write || pass_up(false)));
}

// The response's head goes before everything else.
bool Tunnel::flush_head() {
  const auto result = client_.output.flush();
  down_.blocked = result == ClientOutput::Result::again;
  if (result != ClientOutput::Result::error) return true;
  client_.error = true;
  return false;
}

Tunnel::Verdict Tunnel::upstream_timed_out() {
  client_.log.connection_error(Level::info, ETIMEDOUT, "upstream timed out");
  return Verdict::upstream_timed_out;
}

Tunnel::Verdict Tunnel::client_timed_out() {
  client_.log.connection_error(Level::info, ETIMEDOUT, "client timed out");
  return Verdict::client_timed_out;
}

bool Tunnel::pass_up(bool read) {
  for (int round = 0; round < kRounds; ++round) {
    if (!write_up()) return false;
    if (!read || !up_.open()) return true;
    const auto got = read_from(client_.connection, up_, Level::info);
    if (got.state != net::Transfer::State::done) {
      client_.readable = false;
      client_.eof = up_.ended;
      return true;
    }
  }
  return write_up();
}

bool Tunnel::pass_down(bool read) {
  for (int round = 0; round < kRounds; ++round) {
    if (!write_down()) return false;
    if (!read || !down_.open()) return true;
    const auto got = read_from(upstream_.connection, down_, Level::error);
    if (got.state != net::Transfer::State::done) return true;
    received_ += got.bytes;
  }
  return write_down();
}

net::Transfer Tunnel::read_from(net::Connection& from, Direction& way, Level level) {
  const auto got = from.read(way.buffer.memory.from(way.buffer.end));
  if (got.state == net::Transfer::State::done) way.buffer.end += got.bytes;
  way.ended = got.state == net::Transfer::State::end || got.state == net::Transfer::State::error;
  if (got.state == net::Transfer::State::error) {
    client_.log.connection_error(level, got.code, "recv() failed");
  }
  return got;
}

net::Transfer Tunnel::write_to(net::Connection& to, Direction& way, Level level) {
  auto& buffer = way.buffer;
  if (way.empty() || way.blocked) return {};
  const auto moved = to.write({buffer.memory.data() + buffer.begin, buffer.end - buffer.begin});
  if (moved.state == net::Transfer::State::error) {
    client_.log.connection_error(level, moved.code, "send() failed");
    return moved;
  }
  consume(buffer, moved.bytes);
  way.blocked = !way.empty();
  return moved;
}

bool Tunnel::write_up() {
  const auto moved = write_to(upstream_.connection, up_, Level::error);
  sent_ += moved.bytes;
  return moved.state != net::Transfer::State::error;
}

bool Tunnel::write_down() {
  const auto moved = write_to(client_.connection, down_, Level::info);
  client_.output.count_sent(moved.bytes);
  return moved.state != net::Transfer::State::error;
}

Tunnel::Verdict Tunnel::settle(bool good) {
  if (!good) return Verdict::failed;
  if ((down_.ended && down_.empty()) || (up_.ended && up_.empty()) || (down_.ended && up_.ended)) {
    return Verdict::over;
  }
  const auto& settings = request_.pass_settings();
  const auto arm = [](LazyTimer& timer, bool wanted, net::Duration time) {
    wanted ? timer.set(time) : timer.cancel();
  };
  arm(upstream_write_timer_, up_.blocked, settings.send_timeout);
  arm(upstream_.read_timer, down_.open() || down_.ended, settings.read_timeout);
  arm(client_.write_timer, down_.blocked, request_.location->send_timeout);
  return Verdict::going;
}

}  // namespace badgate::proxy
