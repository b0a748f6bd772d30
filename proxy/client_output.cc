#include "proxy/client_output.h"

#include <sys/uio.h>

#include <array>

#include "net/http1_writer.h"
#include "proxy/ssl_log.h"

namespace badgate::proxy {
namespace {

constexpr std::uint64_t kPostpone = 1460;             // postpone_output
constexpr std::size_t kFilePiece = 64 * 1024;         // output_buffers 2 32k
constexpr std::size_t kMaxPieces = 64;                // nginx's NGX_IOVS_PREALLOCATE
constexpr std::uint64_t kMaxWrite = 2 * 1024 * 1024;  // sendfile_max_chunk: others get their turn

}  // namespace

void ClientOutput::begin() {
  discard();
  chunked_ = false;
  sent_ = 0;
  body_written_ = 0;
}

void ClientOutput::discard() {
  out_.clear();
  front_done_ = 0;
  pending_ = 0;
  buffered_ = false;
}

void ClientOutput::add_owned(std::string text, bool body) {
  if (text.empty()) return;
  Slice slice;
  slice.size = text.size();
  slice.owned = std::move(text);
  slice.body = body;
  pending_ += slice.size;
  out_.push_back(std::move(slice));
}

void ClientOutput::add_piece(const BodyPiece& piece) {
  Slice slice;
  slice.body = true;
  slice.borrowed = piece.memory;
  slice.file = piece.file;
  slice.file_at = piece.file_at;
  slice.size = piece.file != nullptr ? piece.file_size : piece.memory.size();
  if (slice.size == 0) return;
  pending_ += slice.size;
  out_.push_back(std::move(slice));
}

ClientOutput::Result ClientOutput::send_head(std::string head, Push push) {
  add_owned(std::move(head));
  return write(push);
}

ClientOutput::Result ClientOutput::send_body(std::span<const BodyPiece> pieces, Push push) {
  std::uint64_t size = 0;
  for (const auto& piece : pieces)
    size += piece.file != nullptr ? piece.file_size : piece.memory.size();
  if (chunked_ && size > 0) {
    std::string head;
    net::http1::append_chunk_header(head, size);
    add_owned(std::move(head));
  }
  for (const auto& piece : pieces)
    add_piece(piece);
  if (chunked_ && size > 0) add_owned(std::string(net::http1::crlf));
  return write(push);
}

ClientOutput::Result ClientOutput::finish() {
  if (chunked_) add_owned(std::string(net::http1::last_chunk));
  return write(Push::flush);
}

ClientOutput::Result ClientOutput::flush() {
  return write(Push::flush);
}

ClientOutput::Result ClientOutput::send() {
  return write(Push::flush);
}

ClientOutput::Result ClientOutput::write(Push push) {
  if (failed_) return Result::error;
  if (push == Push::postpone && pending_ < kPostpone) {
    return buffered_ ? Result::again : Result::done;
  }
  const Result result = write_out();
  buffered_ = result == Result::again;
  return result;
}

ClientOutput::Result ClientOutput::write_out() {
  std::uint64_t written = 0;
  while (!out_.empty()) {
    if (!writable_) return Result::again;
    if (out_.front().file != nullptr && !load_file_slice()) return Result::error;
    std::array<iovec, kMaxPieces> pieces;
    std::size_t count = 0;
    std::size_t total = 0;
    for (const auto& slice : out_) {
      if (count == kMaxPieces || slice.file != nullptr) break;
      std::string_view bytes = slice.owned.empty() ? slice.borrowed : slice.owned;
      if (count == 0) bytes.remove_prefix(front_done_);
      pieces[count++] = {const_cast<char*>(bytes.data()), bytes.size()};
      total += bytes.size();
    }
    const auto moved = client_.writev(std::span(pieces).first(count));
    if (moved.state == net::Transfer::State::error) {
      log_failed_call(log_, client_, Rules{}, Level::info, moved.code, "writev()", "SSL_write()");
      return fail();
    }
    consume(moved.bytes);
    if (moved.bytes < total) writable_ = false;
    written += moved.bytes;
    // The socket is still writable: the loop will call again, after the others.
    if (written >= kMaxWrite && !out_.empty()) return Result::again;
  }
  return Result::done;
}

bool ClientOutput::load_file_slice() {
  Slice& front = out_.front();
  Slice part;
  part.body = true;
  part.owned.resize(std::min<std::uint64_t>(front.size, kFilePiece));
  const auto n = front.file->read_at(front.file_at, part.owned);
  if (!n || *n == 0) {
    log_.connection_error(Level::crit, n ? 0 : n.error().code, "pread() failed");
    fail();
    return false;
  }
  part.owned.resize(*n);
  part.size = *n;
  front.file_at += *n;
  front.size -= *n;
  if (front.size == 0) out_.pop_front();
  out_.push_front(std::move(part));
  return true;
}

void ClientOutput::consume(std::size_t bytes) {
  sent_ += bytes;
  pending_ -= bytes;
  while (bytes > 0) {
    Slice& front = out_.front();
    const std::size_t left = front.size - front_done_;
    const std::size_t taken = std::min(left, bytes);
    if (front.body) body_written_ += taken;
    bytes -= taken;
    front_done_ += taken;
    if (taken < left) return;
    out_.pop_front();
    front_done_ = 0;
  }
}

ClientOutput::Result ClientOutput::fail() {
  failed_ = true;
  discard();
  return Result::error;
}

}  // namespace badgate::proxy
