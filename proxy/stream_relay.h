// StreamRelay: the unbuffered relay (proxy_buffering off): what was read is written before more is
// read, through the one buffer that the head came in
// (ngx_http_upstream_process_non_buffered_request).
#pragma once

#include <vector>

#include "proxy/body_filter.h"
#include "proxy/event_pipe.h"
#include "proxy/relay.h"
#include "proxy/request.h"

namespace badgate::proxy {

class StreamRelay final : public Relay {
 public:
  // `head`: as for EventPipe. All references must outlive the relay.
  StreamRelay(Request& request, Client& client, UpstreamSocket& upstream, BodyFilter& filter,
              EventPipe::Buffer head);

  Verdict on_upstream(bool timed_out) override;
  Verdict on_client(bool timed_out) override;
  bool wants_upstream() const override { return !upstream_.eof && !upstream_.error && !blocked(); }
  bool keepalive() const override { return filter_.keepalive(); }
  std::uint64_t read_length() const override { return read_length_; }
  std::uint64_t read_after_head() const override { return read_length_ - preread_size_; }

 private:
  Verdict process(bool do_write);
  Verdict write();
  bool filter(std::size_t size);
  bool all_written() const { return client_.output.body_written() >= handed_; }
  bool blocked() const { return buffer_.space() == 0; }
  void set_timers();

  Request& request_;
  Client& client_;
  UpstreamSocket& upstream_;
  BodyFilter& filter_;
  EventPipe::Buffer buffer_;
  std::size_t preread_size_;
  std::vector<std::string_view> pieces_;
  std::uint64_t handed_ = 0;
  std::uint64_t read_length_ = 0;
  bool started_ = false;
};

}  // namespace badgate::proxy
