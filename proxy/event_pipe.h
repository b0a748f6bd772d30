// EventPipe: the buffered relay, after ngx_event_pipe.c. A fixed number of buffers is filled from
// the upstream; full ones go to the client when it takes them, else to a temporary file. What is
// in a buffer that is not full yet is passed on only when the body or the connection ends; a reset
// or a timeout loses it.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "proxy/body_filter.h"
#include "proxy/memory.h"
#include "proxy/queue.h"
#include "proxy/relay.h"
#include "proxy/request.h"
#include "proxy/temp_file.h"
#include "proxy/worker.h"

namespace badgate::proxy {

class EventPipe final : public Relay {
 public:
  // A buffer as it is filled: bytes from `begin` to `end` are not filtered yet.
  struct Buffer {
    Memory memory;
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t space() const { return memory.size() - end; }
  };

  // `head`: the buffer in which the head was read; from `begin` on it is body. All references
  // must outlive the pipe.
  EventPipe(Worker& worker, Request& request, Client& client, UpstreamSocket& upstream,
            BodyFilter& filter, Buffer head);
  ~EventPipe() override;

  Verdict on_upstream(bool timed_out) override;
  Verdict on_client(bool timed_out) override;
  bool wants_upstream() const override { return !ended() && !upstream_.readable; }
  bool keepalive() const override { return filter_.keepalive(); }
  std::uint64_t read_length() const override { return read_length_; }
  std::uint64_t read_after_head() const override { return read_length_ - preread_size_; }

 private:
  // A part of a buffer that is body and not yet on its way.
  struct Piece {
    Buffer* buffer;
    std::string_view bytes;
    bool last;  // of its buffer
  };
  // One that is on its way: done when the output has written `until` bytes of body.
  struct Busy {
    Buffer* buffer;  // null: from the temporary file
    std::uint64_t until;
    bool last;
  };
  enum class Saved { done, nothing, failed };

  bool ended() const { return eof_ || error_ || done_; }
  bool run(bool do_write);  // false: broken
  void set_timers();
  Verdict verdict();

  bool read_upstream();  // false: broken
  bool next_chain(bool& stop);
  bool receive(std::size_t& size);
  bool distribute(std::size_t size);
  bool finish_reading();
  bool filter(Buffer& buffer);
  void add_free(Buffer& buffer);
  void allocate();

  void write_to_client();
  void write_rest();
  bool hand_over(ClientOutput::Push push, bool all);
  std::size_t busy_bytes() const;
  void collect_written();
  void drain();

  Saved save_to_file();
  bool open_file();

  Worker& worker_;
  Request& request_;
  Client& client_;
  UpstreamSocket& upstream_;
  BodyFilter& filter_;

  std::vector<std::unique_ptr<Buffer>> buffers_;
  std::size_t allocated_ = 0;
  std::vector<Buffer*> free_;  // the first may be partly filled
  Buffer* preread_;            // null once it was looked at
  std::size_t preread_size_;
  std::vector<Buffer*> chain_;  // what a read fills
  Queue<Piece> in_;
  Queue<Busy> busy_;
  std::uint64_t handed_ = 0;  // bytes of body given to the output

  std::optional<TempFile> file_;
  std::uint64_t file_handed_ = 0;  // bytes of the file given to the output

  std::uint64_t read_length_ = 0;
  bool read_ = false;              // something was read in this round
  bool upstream_blocked_ = false;  // no buffer was free, but the client can take some
  bool eof_ = false;
  bool error_ = false;
  bool done_ = false;
  bool client_failed_ = false;
};

}  // namespace badgate::proxy
