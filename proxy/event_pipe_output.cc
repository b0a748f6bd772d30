// The second half of EventPipe: to the client, or to the temporary file.
#include <fmt/core.h>

#include <cerrno>

#include "proxy/event_pipe.h"

namespace badgate::proxy {
namespace {

constexpr int kMaxFlushes = 10;  // without progress

// nginx's default: twice the larger buffer.
std::size_t file_write_size(const PassSettings& settings) {
  return 2 * std::max(settings.buffer_size, settings.buffers.size);
}

}  // namespace

// ngx_event_pipe_write_to_downstream
void EventPipe::write_to_client() {
  int flushes = 0;
  while (true) {
    if (client_failed_) return drain();
    if (ended()) return write_rest();
    if (!client_.output.writable()) return;
    const bool full = busy_bytes() >= request_.location->busy_buffers;
    const bool handed = !full && hand_over(ClientOutput::Push::flush, false);
    if (!handed) {
      if (in_.empty() && !full) return;
      // What is on its way fills the client's share: push it out first.
      if (client_.output.flush() == ClientOutput::Result::error) client_failed_ = true;
      if (++flushes > kMaxFlushes) return;
    }
    collect_written();
  }
}

// Reading is over: everything goes out, and what is little may wait for the end of the response.
void EventPipe::write_rest() {
  if (hand_over(ClientOutput::Push::postpone, true)) collect_written();
  if (client_failed_) drain();
}

// Gives the output what is in the file and then whole buffers, `all` of them or as many as may be
// on their way at the same time. False: nothing was given.
bool EventPipe::hand_over(ClientOutput::Push push, bool all) {
  auto& batch = worker_.batch;
  batch.clear();
  if (file_ && file_->size() > file_handed_) {
    const auto size = file_->size() - file_handed_;
    batch.push_back({.file = &*file_, .file_at = file_handed_, .file_size = size});
    file_handed_ += size;
    handed_ += size;
    busy_.push_back({nullptr, handed_, true});
  }
  std::size_t busy = busy_bytes();
  bool new_buffer = true;
  while (!in_.empty()) {
    const Piece& piece = in_.front();
    if (new_buffer && !all) {
      if (busy + piece.buffer->memory.size() > request_.location->busy_buffers) break;
      busy += piece.buffer->memory.size();
    }
    new_buffer = piece.last;
    batch.push_back({.memory = piece.bytes});
    handed_ += piece.bytes.size();
    busy_.push_back({piece.buffer, handed_, piece.last});
    in_.pop_front();
  }
  if (batch.empty()) return false;
  if (client_.output.send_body(batch, push) == ClientOutput::Result::error) {
    client_.error = true;
    client_failed_ = true;
  }
  return true;
}

std::size_t EventPipe::busy_bytes() const {
  std::size_t bytes = 0;
  const Buffer* before = nullptr;
  for (const auto& busy : busy_) {
    if (busy.buffer == nullptr || busy.buffer == before) continue;
    bytes += busy.buffer->memory.size();
    before = busy.buffer;
  }
  return bytes;
}

void EventPipe::collect_written() {
  while (!busy_.empty() && busy_.front().until <= client_.output.body_written()) {
    const Busy busy = busy_.front();
    busy_.pop_front();
    if (busy.buffer != nullptr && busy.last) add_free(*busy.buffer);
  }
}

void EventPipe::drain() {
  client_.output.discard();
  for (const auto& busy : busy_)
    if (busy.buffer != nullptr && busy.last) add_free(*busy.buffer);
  for (const auto& piece : in_)
    if (piece.last) add_free(*piece.buffer);
  busy_.clear();
  in_.clear();
}

// ngx_event_pipe_write_chain_to_temp_file
EventPipe::Saved EventPipe::save_to_file() {
  const auto& settings = request_.pass_settings();
  const std::uint64_t saved = file_ ? file_->size() : 0;
  if (saved >= settings.max_temp_file_size) return Saved::nothing;
  std::vector<iovec> pieces;
  std::size_t size = 0;
  std::size_t taken = 0;
  bool new_buffer = true;
  for (const auto& piece : in_) {
    if (new_buffer && (size + piece.bytes.size() > file_write_size(settings) ||
                       saved + size + piece.bytes.size() > settings.max_temp_file_size)) {
      break;
    }
    new_buffer = piece.last;
    pieces.push_back({const_cast<char*>(piece.bytes.data()), piece.bytes.size()});
    size += piece.bytes.size();
    ++taken;
  }
  if (taken == 0) return Saved::nothing;
  if (!file_ && !open_file()) return Saved::failed;
  if (const auto written = file_->append(pieces); !written) {
    client_.log.write(Level::crit, "pwritev() to a temporary file failed", written.error().code);
    return Saved::failed;
  }
  for (; taken > 0; --taken) {
    if (in_.front().last) add_free(*in_.front().buffer);
    in_.pop_front();
  }
  return Saved::done;
}

bool EventPipe::open_file() {
  const auto& folder = request_.pass_settings().temp_path;
  const auto number = worker_.next_temp_file();
  // nginx's name of the file; ours has none.
  const auto name = folder.empty()
                        ? fmt::format("{}/{}/{:02}/{:010}", request_.location->temp_folder(),
                                      number % 10, number / 10 % 100, number)
                        : fmt::format("{}/{:010}", folder, number);
  auto file = TempFile::create(folder);
  if (!file) {
    client_.log.write(Level::crit, fmt::format("open() \"{}\" failed", name), file.error().code);
    return false;
  }
  file_ = std::move(*file);
  client_.log.write(Level::warn,
                    fmt::format("an upstream response is buffered to a temporary file {}", name));
  return true;
}

}  // namespace badgate::proxy
